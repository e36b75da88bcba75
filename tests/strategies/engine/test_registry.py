"""One module a condition: what the engine and the words take from the modules."""

from dataclasses import replace

import pytest

from strategies.engine.condition import Looks
from strategies.engine.conditions import BY_NUMBER, CONDITIONS, HIT
from strategies.engine.group import _LANES, LANE_BITS, reading_of
from strategies.wording.conditions import WORDS

# Decisions store these numbers: none may ever change.
NUMBERS = {
    "enabled": 1, "validity": 2, "execution_time": 3, "paid_time": 4, "order_status": 5,
    "single_amount": 6, "time_limit": 7, "label_printed": 8, "product": 9, "buyer_reason": 10,
    "buyer_guard": 11, "daily_cap": 12, "risk": 13,
}  # fmt: skip


def test_stored_numbers_stay() -> None:
    assert {condition.name: condition.number for condition in CONDITIONS} == NUMBERS
    assert HIT not in BY_NUMBER and max(BY_NUMBER) < 2**15


def test_e3_the_order_of_asking() -> None:
    assert [condition.name for condition in CONDITIONS] == [
        "enabled", "validity", "execution_time", "paid_time", "order_status", "single_amount",
        "time_limit", "label_printed", "risk", "product", "buyer_reason", "buyer_guard",
        "daily_cap",
    ]  # fmt: skip


def test_every_condition_has_words() -> None:
    assert list(WORDS) == [condition.name for condition in CONDITIONS]


def test_the_first_that_fails_is_read_from_a_lane() -> None:
    lane = _LANES[True]
    reading = reading_of(lane)
    for fails in range(1, 1 << len(lane)):
        first = next(condition for place, condition in enumerate(lane) if fails >> place & 1)
        assert reading[fails] == first.number
    assert reading[0] == HIT
    assert reading[-1] == NUMBERS["enabled"]


def test_there_is_room_for_sixteen_conditions_and_not_for_one_more() -> None:
    lane = [replace(_LANES[True][0], number=100 + place) for place in range(LANE_BITS)]
    reading = reading_of(lane)
    assert [reading[1 << place] for place in range(LANE_BITS)] == list(range(100, 116))
    assert reading[0b1010] == 101
    with pytest.raises(AssertionError):
        reading_of([*lane, lane[0]])


def test_a_lane_is_full_only_where_the_strategy_is_off() -> None:
    """Conditions on the same fact never fail together in a lane, so not all bits can be set."""
    for lane in _LANES.values():
        assert len({condition.looks_at for condition in lane}) < len(lane)
        assert all(condition.looks_at is not Looks.STATE for condition in lane)
