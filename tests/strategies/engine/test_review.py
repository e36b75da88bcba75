"""Findings on a rulebook are true, and complete for one strategy behind another (SPEC M5).

Held against trying tickets out: many moments, ages, amounts, reasons and goods around every edge.
"""

from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from strategies.engine import compile_rulebook
from strategies.engine.conditions import BY_NAME, STATELESS
from strategies.engine.facts import NO_FACTS, Facts
from strategies.engine.hours import DAY, HOUR, MINUTE, micros
from strategies.engine.regions import OTHER, runs
from strategies.engine.review import Finding, Shadowing, off_hours_gaps, review
from strategies.engine.rulebook import Rulebook
from strategies.engine.running import running, unchanged_since
from strategies.engine.vocabulary import PRE_SHIP, SCENARIO_INDEX, SCENARIOS
from tests.each import each
from tests.strategies.engine.generate import TIMES, shop
from tests.strategies.engine.test_properties import quick

GOODS = [(p, c) for p in ("p1", "p2", "p3", "?") for c in ("c1", "c2", "")]


def shop_now() -> st.SearchStrategy:
    """Nothing but the rules of now is reviewed."""
    return shop().map(lambda made: (*made[:2], {**made[2], "version": 2}))


def takes(rulebook: Rulebook, index: int, facts: Facts) -> bool:
    strategy = rulebook.strategies[index]
    kinds = SCENARIOS[SCENARIO_INDEX[strategy.scenario]].ticket_types
    return facts.type in kinds and all(
        condition.holds(strategy, facts, rulebook) for condition in STATELESS
    )


def tried_moments(zone: str, day: datetime) -> list[int]:
    """At and just before each of the generator's times, for three weeks."""
    found = set()
    for shift, text in product(range(-10, 11), TIMES):
        local = (day + timedelta(days=shift)).replace(hour=int(text[:2]), minute=int(text[3:]))
        for fold in (0, 1):
            at = micros(local.replace(tzinfo=ZoneInfo(zone), fold=fold))
            found |= {at, at - 1, at + 1_000_000, at - 1_000_000, at + 6 * HOUR, at + 30 * MINUTE}
    return sorted(found)


def times(rulebook: Rulebook, index: int, tried: list[Facts]) -> set[int]:
    """The tried combinations of moment and time of payment that suit the strategy."""
    strategy = rulebook.strategies[index]
    names = ("validity", "execution_time", "paid_time", "time_limit")
    return {
        place
        for place, facts in enumerate(tried)
        if all(BY_NAME[name].holds(strategy, facts, rulebook) for name in names)
    }


def rest(rulebook: Rulebook, index: int) -> list[set[Any]]:
    """The other facts that suit it, one by one."""
    strategy = rulebook.strategies[index]

    def suits(name: str, **facts: Any) -> bool:
        return BY_NAME[name].holds(strategy, NO_FACTS._replace(**facts), rulebook)

    goods = [(), *combinations(GOODS, 1), *combinations(GOODS, 2)]
    return [
        set(SCENARIOS[SCENARIO_INDEX[strategy.scenario]].ticket_types),
        {a for a in (1, 100, 101, 200, 201, 1000, 1001) if suits("single_amount", amount=a)},
        {
            s
            for s in SCENARIOS[SCENARIO_INDEX[strategy.scenario]].order_statuses
            if suits("order_status", order_status=s)
        },
        {r for r in ("a", "b", "c", "d") if suits("buyer_reason", reason=r)},
        {x for x in (None, 0) if suits("label_printed", label_printed_at=x)},
        {x for x in ((), ("risk",)) if suits("risk", ticket_labels=x)},
        {
            place
            for place, pairs in enumerate(goods)
            if suits("product", products=[p for p, _ in pairs], categories=[c for _, c in pairs])
        },
    ]


@quick
@given(shop_now(), st.randoms(use_true_random=False))
def test_what_is_pointed_out_is_true(scene, chance) -> None:
    """Moment and time of payment are tried together, every other fact by itself."""
    zone, day, content = scene
    rulebook = compile_rulebook(content)
    moments = tried_moments(zone, day)
    found = review(rulebook, since=moments[0])
    never = {f.strategy for f in found if f.finding is Finding.NEVER}
    behind = {f.strategy: f.others for f in found if f.finding is Finding.SHADOWED}
    ages = [None, 0, HOUR, HOUR + 1, 6 * HOUR + 1, DAY, DAY + 1, -5 * HOUR, -DAY, -3 * DAY]
    tried = [
        NO_FACTS._replace(
            applied_at=at,
            **dict.fromkeys(
                ("paid_at", "shipped_at", "delivered_at"), None if age is None else at - age
            ),
        )
        for at in chance.sample(moments, 25)
        for age in ages
    ]
    for index, strategy in enumerate(rulebook.strategies):
        if index not in never and len(behind.get(index, ())) != 1:
            continue
        status = SCENARIOS[SCENARIO_INDEX[strategy.scenario]].order_statuses[0]
        asked = [facts._replace(order_status=status) for facts in tried]
        when, other = times(rulebook, index, asked), rest(rulebook, index)
        if index in never:
            assert not when or not all(other)
            continue
        (before,) = behind[index]
        assert rulebook.strategies[before].enabled and before < index
        assert when <= times(rulebook, before, asked)
        for mine, theirs in zip(other, rest(rulebook, before), strict=True):
            assert mine <= theirs


@st.composite
def narrowed(draw, first: dict[str, Any]) -> dict[str, Any]:
    """A strategy that takes nothing that `first` does not."""
    changes: dict[str, Any] = {
        "single_amount_cap": draw(st.sampled_from([50, first["single_amount_cap"]])),
        "time_limit_hours": draw(st.sampled_from([1, first["time_limit_hours"]])),
        "skip_label_printed": draw(st.sampled_from([True, first["skip_label_printed"]])),
        "skip_risky": draw(st.sampled_from([True, first["skip_risky"]])),
        "buyer_reasons": draw(
            st.sampled_from([first["buyer_reasons"], first["buyer_reasons"][:1] or ["c"]])
        ),
        "order_statuses": draw(
            st.sampled_from([first["order_statuses"], first["order_statuses"][:1]])
        ),
    }
    if first["execution_time"] == "all_day" and first["scenario"] == "pre_ship_refund":
        changes["execution_time"] = draw(st.sampled_from(["all_day", "windows", "off_hours"]))
    if first["product_condition"] == "all" and draw(st.booleans()):
        changes |= {"product_condition": "include", "products": ["p1"]}
    if first["product_condition"] == "exclude":
        changes["products"] = [*first["products"], "p3"]
    return {**first, **changes}


@quick
@given(shop_now(), st.data())
def test_one_that_takes_less_than_the_one_before_it_is_never_missed(scene, data) -> None:
    zone, day, content = scene
    assume(content["strategies"])
    first = {**data.draw(st.sampled_from(content["strategies"])), "enabled": True, "priority": 1}
    second = {**data.draw(narrowed(first)), "id": 99, "name": "99", "priority": 2}
    rulebook = compile_rulebook({**content, "strategies": [first, second]})
    found = {f.strategy: f for f in review(rulebook, since=tried_moments(zone, day)[0])}
    assert found[1].finding is Finding.NEVER or (
        (found[1].finding, found[1].others) == (Finding.SHADOWED, (0,))
    )


@quick
@given(shop_now())
def test_examples_are_taken_by_both(scene) -> None:
    _, day, content = scene
    rulebook = compile_rulebook(content)
    since = micros(day.replace(tzinfo=UTC)) - 9 * DAY
    for one in review(rulebook, since=since):
        if one.example is None:
            assert one.finding is not Finding.OVERLAPS
            continue
        assert takes(rulebook, one.strategy, one.example)
        assert any(takes(rulebook, other, one.example) for other in one.others)
        assert all(rulebook.strategies[other].enabled for other in one.others)
        assert one.example.applied_at >= since


@quick
@given(shop_now(), st.data())
def test_together_they_take_all_of_it(scene, data) -> None:
    """Of several: every ticket tried that the one behind takes is taken by one of the others."""
    zone, day, content = scene
    rulebook = compile_rulebook(content)
    moments = tried_moments(zone, day)
    for one in review(rulebook, since=moments[0]):
        if one.finding is not Finding.SHADOWED:
            continue
        scenario = SCENARIOS[SCENARIO_INDEX[rulebook.strategies[one.strategy].scenario]]
        status = st.sampled_from(scenario.order_statuses)
        for _ in range(20):
            at = data.draw(st.sampled_from(moments))
            ago = st.sampled_from([None, 0, HOUR, HOUR + 1, 6 * HOUR, 7 * HOUR, DAY, 2 * DAY])
            age = data.draw(ago)
            entered = None if age is None else at - age
            pairs = data.draw(st.lists(st.sampled_from(GOODS), max_size=3))
            facts = NO_FACTS._replace(
                type=data.draw(st.sampled_from(scenario.ticket_types)),
                order_status=data.draw(status),
                amount=data.draw(st.sampled_from((1, 100, 101, 200, 201, 1000))),
                applied_at=at,
                decided_at=at,
                reason=data.draw(st.sampled_from("abcd")),
                paid_at=entered,
                shipped_at=entered,
                delivered_at=entered,
                label_printed_at=data.draw(st.sampled_from([None, at])),
                ticket_labels=data.draw(st.sampled_from([(), ("risk",)])),
                products=[p for p, _ in pairs],
                categories=[c for _, c in pairs],
            )
            if takes(rulebook, one.strategy, facts):
                assert any(takes(rulebook, other, facts) for other in one.others)


@quick
@given(shop_now())
def test_every_set_of_strategies_that_runs_together_is_known(scene) -> None:
    """Also days and weeks beyond the dates that are looked at, and none that never is."""
    zone, day, content = scene
    rulebook = compile_rulebook(content)
    since = micros(day.replace(tzinfo=UTC)) - 9 * DAY
    strategies = rulebook.strategies

    def at(moment: int) -> int:
        return sum(1 << n for n, s in enumerate(strategies) if runs(rulebook, s, moment))

    found = running(rulebook, strategies, since)
    assert all(at(moment) == together and moment >= since for together, moment in found.items())
    tried = [m for m in tried_moments(zone, day) if m >= since]
    later = [m + 28 * DAY for m in tried[::7]]
    assert {at(moment) for moment in [*tried, *later]} - {0} <= set(found)
    unchanged = unchanged_since(rulebook, tried[-1])
    assert unchanged <= tried[-1] and at(unchanged) == at(tried[-1])


NOW = micros(datetime(2026, 3, 11, 4, tzinfo=UTC))  # a Wednesday, 12:00 in Shanghai


def content(*strategies: dict[str, Any], **shop: Any) -> Rulebook:
    plain = {
        "scenario": "pre_ship_refund", "enabled": True, "revision": 1,
        "valid_from": None, "valid_until": None, "execution_time": "all_day", "windows": [],
        "paid_time": "off_hours", "order_statuses": ["shipped", "delivered"], "buyer_reasons": [],
        "single_amount_cap": 10_000, "daily_cap": 100_000, "time_limit_hours": None,
        "skip_label_printed": True, "product_condition": "all", "products": [], "categories": [],
        "breaker": None,
    }  # fmt: skip
    return compile_rulebook(
        {
            "version": 2,
            "timezone": "Asia/Shanghai",
            **shop,
            "strategies": [
                {**plain, "id": place, "name": str(place), "priority": place, **strategy}
                for place, strategy in enumerate(strategies)
            ],
        }
    )


def said(rulebook: Rulebook) -> list[tuple[int, str, tuple[int, ...]]]:
    return [(f.strategy, f.finding.value, f.others) for f in review(rulebook, since=NOW)]


@each(
    "first, second, expected",
    [
        # A smaller cap behind a larger one.
        ({}, {"single_amount_cap": 9_999}, "shadowed"),
        ({"single_amount_cap": 9_999}, {}, "overlaps"),
        ({"enabled": False}, {}, None),
        ({"execution_time": "windows", "windows": [["22:00", "08:00"]]},
         {"execution_time": "windows", "windows": [["23:00", "07:59"]]}, "shadowed"),
        ({"execution_time": "windows", "windows": [["22:00", "08:00"]]},
         {"execution_time": "windows", "windows": [["08:00", "22:00"]]}, None),
        ({"time_limit_hours": 24}, {"time_limit_hours": 24}, "shadowed"),
        ({"time_limit_hours": 24}, {"time_limit_hours": 25}, "overlaps"),
        ({"skip_label_printed": True}, {"skip_label_printed": False}, "overlaps"),
        ({"skip_risky": True}, {"skip_risky": False}, "overlaps"),
        ({"buyer_reasons": ["a", "b"]}, {"buyer_reasons": ["b"]}, "shadowed"),
        ({"buyer_reasons": ["a"]}, {"buyer_reasons": ["b"]}, None),
        ({"product_condition": "include", "products": ["p", "q"]},
         {"product_condition": "include", "products": ["p"]}, "shadowed"),
        ({"product_condition": "exclude", "products": ["p"]},
         {"product_condition": "include", "products": ["q"]}, "overlaps"),  # p's category may be…
        ({"product_condition": "exclude", "categories": ["c"]},
         {"product_condition": "exclude", "categories": ["c", "d"]}, "shadowed"),
        ({"valid_until": "2026-03-11T12:00:00+08:00"}, {}, None),  # over by now
        ({"valid_from": "2026-03-11T12:00:00+08:00"}, {}, "shadowed"),
        ({"valid_from": "2026-03-11T12:00:01+08:00"}, {}, "overlaps"),
    ],
)  # fmt: skip
def test_one_behind_another(first: dict, second: dict, expected: str | None) -> None:
    found = [entry for entry in said(content(first, second)) if entry[0] == 1]
    if second.get("products") == ["q"]:
        expected = "shadowed"  # whatever q's category: no category is excluded
    assert found == ([(1, expected, (0,))] if expected else [])


def test_several_together() -> None:
    """Neither takes all of it, both do; a third that is not needed is not named."""
    by_day = {"execution_time": "windows", "windows": [["08:00", "20:00"]]}
    by_night = {"execution_time": "windows", "windows": [["20:00", "08:00"]]}
    other = {"buyer_reasons": ["a"]}
    assert (3, "shadowed", (0, 2)) in said(content(by_day, other, by_night, {}))
    assert (2, "shadowed", (0, 1)) not in said(content(by_day, {**by_night, **other}, {}))


def test_goods_of_two_lists_in_one_ticket_slip_through() -> None:
    """Each product is taken by one of them, a ticket with both by neither."""
    p = {"product_condition": "include", "products": ["p"]}
    q = {"product_condition": "include", "products": ["q"]}
    both = {"product_condition": "include", "products": ["p", "q"]}
    assert [entry[1] for entry in said(content(p, q, both))] == ["overlaps", "overlaps"]


def test_never() -> None:
    expired = {"valid_until": "2026-03-11T12:00:00+08:00"}
    without_hours = {"execution_time": "off_hours"}
    assert said(content(expired, without_hours)) == [(0, "never", ()), (1, "never", ())]


def test_what_stands_for_the_unnamed() -> None:
    (found,) = review(content({"buyer_reasons": ["a"]}, {}), since=NOW)
    assert found == Shadowing(1, Finding.OVERLAPS, (0,), found.example)
    assert found.example is not None
    assert (found.example.reason, list(found.example.products)) == ("a", [OTHER])


WAIVE = {"scenario": "post_ship_waive_return"}
RETURN = {"scenario": "post_ship_return"}
REFUND = {"scenario": "post_ship_refund"}


@each(
    "first, second, expected",
    [
        # Buyers who want to return goods are refunded without a return: nothing is left to approve.
        (WAIVE, RETURN, "shadowed"),
        ({**WAIVE, "single_amount_cap": 5_000}, RETURN, "overlaps"),
        ({**WAIVE, "enabled": False}, RETURN, None),
        # The first takes requests for money alone, but not those with a return.
        (REFUND, WAIVE, "overlaps"),
        (REFUND, RETURN, None),
        ({}, REFUND, None),
        (WAIVE, {"scenario": "post_ship_keep_goods"}, None),
    ],
)
def test_scenarios_that_are_asked_one_after_the_other(first, second, expected) -> None:
    """SPEC S1: a ticket that one scenario's strategies leave goes on to the next."""
    assert said(content(first, second)) == ([(1, expected, (0,))] if expected else [])


def test_a_year_of_special_days_and_every_place_taken_is_read_to_the_end() -> None:
    """Fifty strategies, each date with hours of its own."""
    dates = [datetime(2026, 1, 1) + timedelta(days=day) for day in range(365)]
    special = {f"{at:%Y-%m-%d}": [[f"{at.day % 9:02}:{at.month:02}", "18:00"]] for at in dates}
    strategies = [
        {
            "scenario": scenario.name,
            "priority": place,
            "single_amount_cap": 1_000 + 97 * place,
            "execution_time": "off_hours" if place == 3 and scenario is PRE_SHIP else "windows",
            "windows": [[f"{place:02}:{7 * place % 60:02}", f"{place + 9:02}:00"]],
            "time_limit_hours": 24 + place,
            "buyer_reasons": ["a", "b", "c"][: place % 4],
        }
        for scenario in SCENARIOS
        for place in range(1, 11)
    ]
    rulebook = content(*strategies, special_days=special, working_hours={})
    found = review(rulebook, since=NOW)
    assert len(found) > 50
    assert Finding.NOT_DETERMINED not in {entry.finding for entry in found}


def test_too_many_pieces_are_not_determined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strategies.engine.review.MOST_PIECES", 1)
    first = {"single_amount_cap": 5_000, "buyer_reasons": ["a"], "time_limit_hours": 1}
    assert [entry[1] for entry in said(content(first, {}))] == ["overlaps", "not_determined"]


def test_gaps_of_off_hours() -> None:
    """Open 09:00 to 18:00 every day; the only strategy runs from 20:00 to 08:00."""
    hours = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    night = {"execution_time": "windows", "windows": [["20:00", "08:00"]]}
    gaps = off_hours_gaps(content(night, working_hours=hours), since=NOW, days=1)
    noon = NOW - 12 * HOUR
    assert [((a - noon) // HOUR, (b - noon) // HOUR) for a, b in gaps] == [(18, 20), (32, 33)]
    assert off_hours_gaps(content(night), since=NOW) == []
