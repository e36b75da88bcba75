"""Reading from a platform in rounds: nothing lost, nothing twice, whatever happens (SPEC O6)."""

import threading
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db.models import F

from aftersale.models import (
    AuditEntry,
    Order,
    PlatformAccount,
    PlatformProblem,
    Ticket,
    TicketEvent,
)
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import NotAuthorised, NotCarriedOut, Throttled, Unreadable
from aftersale.services.syncing import (
    accounts,
    health,
    read_changes,
    reader_lease,
)
from aftersale.signals import to_be_told
from tests.concurrency.threads import at_once, meeting
from tests.factories import NOON
from tests.platforms.double import Clock

from .conftest import Connected

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def numbers(model: type) -> list[str]:
    field = "ticket_no" if model is Ticket else "order_no"
    return sorted(model.objects.values_list(field, flat=True))


def test_the_first_round_reads_the_first_look_up_to_now(connected: Connected):
    connected.order("O1", ago=5)
    connected.order("O0", ago=60 * 47)
    connected.ticket("T1", ago=3)
    connected.read()
    assert (numbers(Order), numbers(Ticket)) == (["O0", "O1"], ["T1"])
    for kind in ("orders", "tickets"):
        windows = connected.place.windows(kind)
        assert windows[0][0] == NOON - health.FIRST_LOOK - read_changes.OVERLAP
        assert windows[-1][1] == NOON
        # Edge to edge, and none wider than is asked for at once.
        assert [end for _start, end in windows[:-1]] == [start for start, _end in windows[1:]]
        assert max(end - start for start, end in windows) == timedelta(hours=6)
    account = connected.account
    assert (account.orders_until, account.tickets_until) == (NOON, NOON)
    assert (account.first_read_at, account.last_read_at) == (NOON, NOON)
    assert (account.round_until, account.leased_until) == (None, None)
    assert account.next_round_at == NOON + MINUTE


def test_a_round_a_minute_looks_back_over_the_end_of_the_last(connected: Connected):
    connected.read()
    connected.place.calls.clear()
    connected.read()
    assert connected.place.calls == []
    # Shown late by the list: changed before the last round, and not in it.
    connected.order("O9", ago=9)
    connected.read_later(minutes=1)
    assert connected.place.windows("orders") == [(NOON - read_changes.OVERLAP, NOON + MINUTE)]
    assert connected.place.windows("tickets") == [(NOON - read_changes.OVERLAP, NOON + MINUTE)]
    assert numbers(Order) == ["O9"]


def test_what_is_read_twice_changes_nothing_the_second_time(connected: Connected):
    connected.order()
    connected.ticket()
    connected.read_later(minutes=1)
    before = list(Order.objects.values()), list(Ticket.objects.values())
    events = TicketEvent.objects.count()
    connected.read_later(minutes=1)
    assert len(connected.place.windows("tickets")) > 1
    assert (list(Order.objects.values()), list(Ticket.objects.values())) == before
    assert TicketEvent.objects.count() == events


def test_a_reader_that_dies_in_a_window_loses_nothing(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
):
    """Saved records of the window stay, its end does not move, and the next round reads it all."""
    connected.read()
    connected.clock.turn(minutes=1)
    monkeypatch.setattr(read_changes, "BATCH", 2)
    for number in ("O1", "O2", "O3"):
        connected.order(number, ago=0.5)

    class Died(BaseException):
        pass

    def die(call: tuple) -> None:
        if call == ("orders shown", "O3"):
            raise Died

    connected.place.before = die
    with pytest.raises(Died):
        connected.read()
    assert numbers(Order) == ["O1", "O2"]
    account = connected.account
    assert account.orders_until == NOON - read_changes.OVERLAP
    assert account.round_until == NOON + MINUTE
    # Its lease keeps others away until it is certainly gone.
    connected.place.before = lambda call: None
    assert read_changes.run(account_pk=account.pk, clock=connected.clock) is False
    assert numbers(Order) == ["O1", "O2"]
    connected.read_later(seconds=reader_lease.LEASE.total_seconds())
    assert numbers(Order) == ["O1", "O2", "O3"]
    # The round that was begun goes on to its own end; the next one follows at once.
    assert connected.account.orders_until == connected.clock.now


def test_two_readers_at_once_are_one(connected: Connected):
    second: list[bool] = []

    def come_in(call: tuple) -> None:
        if call[0] == "orders" and not second:
            account = connected.account.pk
            second.append(read_changes.run(account_pk=account, clock=connected.clock))

    connected.place.before = come_in
    connected.order(ago=1)
    connected.read()
    assert second == [False]
    assert [call for call in connected.place.calls if call[0] == "renewed"] == [("renewed",)]
    assert numbers(Order) == ["O1"]


def test_who_has_lost_the_lease_moves_nothing(connected: Connected):
    """A process that stood still finds that another has gone on: its window does not count."""
    connected.read()
    connected.clock.turn(minutes=1)

    def stand_still(call: tuple) -> None:
        if call[0] == "orders":
            connected.place.before = lambda call: None
            accounts = PlatformAccount.objects.filter(pk=connected.account.pk)
            accounts.update(leased_until=F("leased_until") + timedelta(seconds=7))

    connected.place.before = stand_still
    connected.read()
    account = connected.account
    assert (account.orders_until, account.round_until) == (
        NOON - read_changes.OVERLAP,
        NOON + MINUTE,
    )


def test_a_platform_that_asks_for_patience_gets_it(connected: Connected):
    connected.order(ago=1)

    def throttle(call: tuple) -> None:
        if call[0] == "tickets":
            raise Throttled("Too many calls.", 40)

    connected.place.before = throttle
    connected.read()
    account = connected.account
    assert account.paused_until == NOON + timedelta(seconds=40)
    assert (account.failing_since, account.failures, account.leased_until) == (None, 0, None)
    assert numbers(Order) == ["O1"]
    connected.place.before = lambda call: None
    connected.place.calls.clear()
    connected.read_later(seconds=39)
    assert connected.place.calls == []
    connected.read_later(seconds=1)
    # The orders were read; the round goes on with the tickets.
    first_tickets = connected.place.windows("tickets")[0]
    assert first_tickets[0] == NOON - health.FIRST_LOOK - read_changes.OVERLAP
    assert connected.place.windows("orders") == []
    assert connected.account.paused_until is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimedOut(), "The platform did not answer in time, or not in a form that can be read."),
        (NotCarriedOut("The platform is being repaired."), "The platform is being repaired."),
        (KeyError("buyer-77 wrote this"), "The program could not go on (KeyError)."),
    ],
)
def test_a_failure_is_tried_again_after_pauses_that_grow(
    connected: Connected, error: Exception, words: str, caplog: pytest.LogCaptureFixture
):
    def fail(call: tuple) -> None:
        if call[0] == "orders":
            raise error

    connected.place.before = fail
    pauses = []
    for _round in range(6):
        connected.read()
        account = connected.account
        assert account.paused_until is not None
        pauses.append(account.paused_until - connected.clock.now)
        connected.clock.now = account.paused_until
    assert pauses == [*health.PAUSES, health.PAUSES[-1]]
    assert (account.failure, account.failing_since, account.failures) == (words, NOON, 6)
    assert "buyer-77" not in caplog.text
    connected.place.before = lambda call: None
    connected.read()
    account = connected.account
    assert (account.failure, account.failing_since, account.failures) == ("", None, 0)
    assert account.last_read_at == connected.clock.now


def test_refused_credentials_stop_the_reading_and_people_are_told(connected: Connected):
    told: list = []

    def hear(sender: object, shop_ids: list[int], **_: object) -> None:
        told.extend(shop_ids)

    def refuse(call: tuple) -> None:
        raise NotAuthorised("The access token has run out.")

    to_be_told.connect(hear)
    connected.place.before = refuse
    connected.read()
    to_be_told.disconnect(hear)
    account = connected.account
    assert account.stopped
    assert (account.failure, account.failing_since) == ("The access token has run out.", NOON)
    assert told == [connected.shop.pk]
    event = AuditEntry.objects.filter(shop=connected.shop).latest("pk")
    assert (event.kind, event.user, event.note) == (
        "platform",
        None,
        "Nothing is read from the platform any more: The access token has run out.",
    )
    connected.place.before = lambda call: None
    connected.place.calls.clear()
    connected.read_later(days=1)
    assert connected.place.calls == []


def test_a_refused_record_stops_no_other_and_is_shown_without_the_buyer(
    connected: Connected, caplog: pytest.LogCaptureFixture
):
    connected.order("O1", ago=2)
    connected.ticket("T1", ago=2, line_no=7, note="call me: 13800000000")
    connected.ticket("T2", ago=1)
    connected.place.put_unreadable("tickets", "T3", "It has no type.", at=connected.clock.now)
    connected.read_later(seconds=1)
    assert numbers(Ticket) == ["T2"]
    problems = {problem.number: problem.reason for problem in PlatformProblem.objects.all()}
    assert problems == {
        "T1": "line_no: expected a line of order O1 (1), not 7",
        "T3": "It has no type.",
    }
    # In the language of whoever reads it (ADR 0010).
    assert problems["T1"].texts["zh-hans"] == "line_no: 应为订单 O1 的商品行号（1），而不是 7"
    assert "13800000000" not in caplog.text
    # A later version that can be taken over ends the problem.
    connected.clock.turn(minutes=1)
    connected.ticket("T1", ago=0.5)
    connected.read()
    assert [problem.number for problem in PlatformProblem.objects.all()] == ["T3"]


def test_a_record_of_another_shop_is_refused(connected: Connected, clock: Clock):
    other = Connected(clock, "s2")
    foreign = other.order("O2", ago=1)
    connected.place.put_order(foreign)
    connected.read()
    assert numbers(Order) == []
    assert [problem.number for problem in PlatformProblem.objects.all()] == ["O2"]


def test_the_order_of_a_ticket_is_fetched_where_it_was_not_read(connected: Connected):
    """An order that has not changed for months is in no window of the first round."""
    connected.order("O1", ago=60 * 24 * 80)
    connected.ticket("T1", ago=1)
    connected.read()
    ticket = Ticket.objects.get()
    assert (ticket.order_no, ticket.order and ticket.order.order_no) == ("O1", "O1")


def test_an_order_that_can_not_be_fetched_holds_nothing_up(connected: Connected):
    connected.ticket("T1", ago=1)
    connected.order("O2", ago=1)
    connected.ticket("T2", ago=1, order_no="O2")

    def fail(call: tuple) -> None:
        if call == ("order", "O1"):
            raise TimedOut

    connected.place.before = fail
    connected.read()
    assert connected.account.failures == 0
    # Kept, and waiting for its order (SPEC O6).
    waiting = {ticket.ticket_no: ticket.order is None for ticket in Ticket.objects.all()}
    assert waiting == {"T1": True, "T2": False}
    [problem] = PlatformProblem.objects.all()
    assert (problem.subject, problem.number, problem.ask_again) == ("order", "O1", True)


def test_a_record_without_an_answer_holds_up_no_other(connected: Connected):
    """SPEC O6: it is asked for again while the others go on."""
    for number in ("T1", "T2", "T3"):
        connected.ticket(number, ago=1)
    connected.order(ago=1)
    connected.place.tickets["T2"] = Unreadable("T2", "No answer.", for_now=True)
    connected.read()
    assert numbers(Ticket) == ["T1", "T3"]
    [problem] = PlatformProblem.objects.all()
    assert (problem.number, problem.ask_again, problem.reason) == ("T2", True, "No answer.")
    assert (connected.account.failures, connected.account.last_read_at) == (0, NOON)
    connected.ticket("T2", ago=1)
    connected.place.listed.clear()
    connected.read_later(minutes=6)
    assert numbers(Ticket) == ["T1", "T2", "T3"]
    assert not PlatformProblem.objects.exists()


def test_several_in_a_row_without_an_answer_are_a_platform_that_does_not_answer(
    connected: Connected,
):
    """Nothing moves then, until it has gone on for a while: such records are passed by in the
    end."""
    connected.order(ago=1)
    for number in ("T1", "T2", "T3"):
        connected.ticket(number, ago=1)
        connected.place.tickets[number] = Unreadable(number, "No answer.", for_now=True)
    connected.ticket("T4", ago=1)
    marks = []
    for failures in (1, 2, 3):
        connected.read()
        assert (connected.account.failures, connected.account.failure) == (failures, "No answer.")
        assert not PlatformProblem.objects.exists()
        marks.append(connected.account.tickets_until)
        paused_until = connected.account.paused_until
        assert paused_until is not None
        connected.clock.now = paused_until
    assert len(set(marks)) == 1
    connected.read()
    assert numbers(Ticket) == ["T4"]
    assert sorted(problem.number for problem in PlatformProblem.objects.all()) == ["T1", "T2", "T3"]
    assert connected.account.failures == 0


def test_a_slice_that_takes_too_long_is_halved(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
):
    connected.read()
    connected.clock.turn(hours=4)
    for number in range(4):
        connected.order(f"O{number}", ago=30 + 60 * number)
    monkeypatch.setattr(read_changes, "SLICE_SECONDS", -1.0)
    widths = []
    for _try in range(3):
        PlatformAccount.objects.update(leased_until=None)
        connected.place.before = _stop_after_one(connected)
        with pytest.raises(_Stop):
            connected.read()
        widths.append(connected.account.slice_seconds)
    assert widths == [10_800, 5_400, 2_700]
    monkeypatch.setattr(read_changes, "SLICE_SECONDS", 45.0)
    connected.place.before = lambda call: None
    PlatformAccount.objects.update(leased_until=None)
    connected.read()
    assert numbers(Order) == ["O0", "O1", "O2", "O3"]
    assert connected.account.slice_seconds > 2_700


class _Stop(BaseException):
    pass


def _stop_after_one(connected: Connected):
    asked: list[tuple] = []

    def stop(call: tuple) -> None:
        if call[0] == "orders":
            asked.append(call)
            if len(asked) == 2:
                raise _Stop

    return stop


@pytest.mark.parametrize("error", [Throttled("Too many calls.", 60), TimedOut()])
def test_where_few_calls_in_a_row_work_reading_comes_to_its_end(
    connected: Connected, error: Exception
):
    """A slice of more calls than that would begin anew for ever."""
    connected.read()
    connected.clock.turn(hours=3)
    connected.order("O1", ago=179)
    for number in range(16):
        connected.ticket(f"T{number}", ago=10 * number + 1)
    begun, calls = connected.clock(), Counter[datetime]()

    def few(call: tuple) -> None:
        calls[connected.clock.now] += 1
        if calls[connected.clock.now] > 8:
            raise error

    connected.place.before = few
    for _run in range(20):
        read_changes.run(account_pk=connected.account.pk, clock=connected.clock)
        account = connected.account
        if account.last_read_at is not None and account.last_read_at >= begun:
            break
        assert account.paused_until is not None
        connected.clock.now = account.paused_until
    else:
        pytest.fail("It never came to its end.")
    assert len(numbers(Ticket)) == 16


def test_a_long_catching_up_gives_others_their_turn(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(read_changes, "WORK_SECONDS", -1.0)
    assert read_changes.run(account_pk=connected.account.pk, clock=connected.clock) is True
    assert connected.account.leased_until is None
    assert connected.place.calls == [("renewed",)]


def test_a_shop_that_hangs_holds_up_no_other(connected: Connected, clock: Clock):
    """While one shop's platform is being called, another shop is read from."""
    other = Connected(clock, "s2")
    other.order("P1", ago=1)

    def hang(call: tuple) -> None:
        if call[0] == "orders":
            connected.place.before = lambda call: None
            other.read()
            raise TimedOut

    connected.place.before = hang
    connected.read()
    assert numbers(Order) == ["P1"]
    assert other.account.last_read_at == NOON
    assert connected.account.failures == 1


def test_disconnecting_ends_a_reading(connected: Connected):
    pk = connected.account.pk

    def disconnect(call: tuple) -> None:
        if call[0] == "tickets":
            accounts.disconnect(
                shop_id=connected.shop.pk, user=connected.owner, now=connected.clock()
            )

    connected.place.before = disconnect
    assert read_changes.run(account_pk=pk, clock=connected.clock) is False
    assert not PlatformAccount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_read_once(offered: None, clock: Clock):
    connected = Connected(clock)
    connected.order(ago=1)
    meet = meeting(2)
    pause = threading.Event()
    connected.place.before = lambda call: pause.wait(0.2) if call == ("renewed",) else None
    pk = connected.account.pk

    def one() -> None:
        meet()
        while read_changes.run(account_pk=pk, clock=clock):
            pass

    assert at_once(one, one) == [None, None]
    assert connected.place.calls.count(("renewed",)) == 1
    assert [call[1] for call in connected.place.calls if call[0] == "orders shown"] == ["O1"]
    assert connected.account.last_read_at == NOON
