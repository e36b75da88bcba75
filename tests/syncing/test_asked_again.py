"""SPEC O6: a record that can't be taken for now is kept apart and asked for again; none holds up
the others of its shop."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import OperationalError

from aftersale.models import Order, PlatformProblem, Ticket
from aftersale.platforms.payments import TimedOut
from aftersale.services.ingest import dated_ahead
from aftersale.services.syncing import saving

from .conftest import Connected

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_clock(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's clock goes with the test's."""
    monkeypatch.setattr(dated_ahead, "database_moment", lambda: connected.clock.now)


def told(connected: Connected, **numbers: str) -> None:
    """Messages that have told of records: a list by update time does not show what is ahead."""
    for subject, number in numbers.items():
        connected.account.messages.create(
            message_id=number, subject=subject, number=number, received_at=connected.clock.now
        )


def orders() -> list[str]:
    return sorted(Order.objects.values_list("order_no", flat=True))


def test_o6_a_record_dated_ahead_is_a_problem_until_its_time_comes(connected: Connected) -> None:
    connected.order("O1", ago=-30)
    connected.order("O2")
    connected.ticket("T1", ago=-30)
    told(connected, order="O1", ticket="T1")
    connected.read_later(seconds=1)
    assert orders() == ["O2"]
    assert not Ticket.objects.exists()
    found = PlatformProblem.objects.order_by("number")
    assert [(one.number, one.ask_again) for one in found] == [("O1", True), ("T1", True)]
    assert "more than 10 minutes ahead" in found[0].reason
    connected.read_later(minutes=6)
    assert PlatformProblem.objects.count() == 2
    assert {one.at for one in found.all()} == {connected.clock.now}, "asked for again"
    connected.read_later(minutes=15)
    assert not PlatformProblem.objects.exists()
    assert (orders(), Ticket.objects.get().order.order_no) == (["O1", "O2"], "O1")


def test_o6_it_is_not_asked_for_in_every_round(connected: Connected) -> None:
    connected.order("O1", ago=-600)
    told(connected, order="O1")
    connected.read_later(seconds=1)
    connected.place.calls.clear()
    for _minute in range(12):
        connected.read_later(minutes=1)
    asked = [call for call in connected.place.calls if call[0] == "order"]
    assert asked == [("order", "O1")] * 2


def test_o6_one_that_the_platform_does_not_know_any_more_is_not_asked_for_again(
    connected: Connected,
) -> None:
    connected.order("O1", ago=-600)
    told(connected, order="O1")
    connected.read_later(seconds=1)
    del connected.place.orders["O1"]
    connected.place.listed.clear()
    connected.read_later(minutes=6)
    assert [one.ask_again for one in PlatformProblem.objects.all()] == [False]


def test_o6_a_failing_answer_keeps_it_and_the_round_goes_on(connected: Connected) -> None:
    connected.order("O1", ago=-600)
    told(connected, order="O1")
    connected.read_later(seconds=1)
    connected.order("O2")

    def fail(call: tuple[Any, ...]) -> None:
        if call == ("order", "O1"):
            raise TimedOut

    connected.place.before = fail
    connected.read_later(minutes=6)
    assert orders() == ["O2"]
    assert [one.ask_again for one in PlatformProblem.objects.all()] == [True]
    assert connected.account.failures == 0


def test_o6_a_record_that_the_program_fails_on_holds_up_no_other(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = saving.save_orders

    def stumbling(records: Sequence[Any], **more: Any) -> Any:
        if any(record.order_no == "O3" for record in records):
            raise ZeroDivisionError("what a buyer wrote")
        return save(records, **more)

    monkeypatch.setattr(saving, "save_orders", stumbling)
    for number in range(1, 7):
        connected.order(f"O{number}", ago=5)
    connected.read()
    assert orders() == ["O1", "O2", "O4", "O5", "O6"]
    [problem] = PlatformProblem.objects.all()
    assert (problem.number, problem.reason) == (
        "O3",
        "The program could not go on (ZeroDivisionError).",
    )
    assert connected.account.failures == 0


def test_a_database_that_is_away_is_no_problem_of_a_record(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(records: Sequence[Any], **more: Any) -> Any:
        raise OperationalError

    monkeypatch.setattr(saving, "save_orders", away)
    connected.order("O1", ago=5)
    with pytest.raises(OperationalError):
        connected.read()
    assert not PlatformProblem.objects.exists()
