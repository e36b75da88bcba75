"""Reading marks under wrong clocks (SPEC O6): they never lie ahead of what was really read."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from aftersale import tasks
from aftersale.models import Order, PlatformAccount, Ticket
from aftersale.services.shared.database_clock import database_moment
from aftersale.services.syncing import read_changes, reader_lease
from tests.factories import NOON
from tests.platforms import double

from .conftest import Connected

pytestmark = pytest.mark.django_db
JUMP = timedelta(days=400)


@pytest.fixture
def behind(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> Connected:
    """The platform's clock is 15 minutes behind the one that rounds begin by."""

    def answered_at(_self: object) -> datetime:
        return connected.clock.now - timedelta(minutes=15)

    monkeypatch.setattr(double.Double, "answered_at", property(answered_at), raising=False)
    return connected


def a_few(connected: Connected) -> None:
    """For 35 minutes a ticket a minute, each shown by the platform's own clock, 15 behind."""
    connected.read()
    connected.order("O1", ago=15)
    for number in range(35):
        connected.clock.turn(minutes=1)
        connected.ticket(f"T{number}", ago=15)
        connected.read()
    connected.read_later(minutes=1)


def test_without_the_platforms_moment_a_reader_ahead_loses_tickets(connected: Connected) -> None:
    """The control: 15 minutes are more than the overlap, and a mark ahead passes them by."""
    a_few(connected)
    assert Ticket.objects.count() < 35


def test_a_mark_is_never_later_than_the_platforms_date(behind: Connected) -> None:
    a_few(behind)
    assert Ticket.objects.count() == 35
    there = behind.clock.now - timedelta(minutes=15)
    account = behind.account
    assert (account.orders_until, account.tickets_until) == (there, there)
    assert account.next_round_at == behind.clock.now + read_changes.EVERY  # and no faster
    assert account.round_until is None


def test_a_platform_ahead_costs_time_and_no_ticket(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = timedelta(minutes=15)
    monkeypatch.setattr(
        double.Double,
        "answered_at",
        property(lambda _self: connected.clock.now + ahead),
        raising=False,
    )
    connected.read()
    assert connected.account.tickets_until == connected.clock.now


def test_marks_of_a_clock_that_jumped_go_back_and_reading_goes_on(connected: Connected) -> None:
    connected.read()
    ahead = connected.clock.now + JUMP
    PlatformAccount.objects.update(
        orders_until=ahead, tickets_until=ahead, next_round_at=ahead, paused_until=ahead
    )
    PlatformAccount.objects.update(leased_until=ahead)
    connected.order("O9")
    connected.read_later(minutes=1)
    assert Order.objects.filter(order_no="O9").exists()
    account = connected.account
    assert account.orders_until == account.tickets_until == NOON + timedelta(minutes=1)
    assert account.next_round_at == NOON + timedelta(minutes=2)


def test_a_round_of_a_clock_that_jumped_ends_now(connected: Connected) -> None:
    PlatformAccount.objects.update(round_until=NOON + JUMP)
    connected.read()
    account = connected.account
    assert (account.round_until, account.tickets_until) == (None, NOON)


@pytest.mark.parametrize("field", ["leased_until", "paused_until", "next_round_at"])
def test_what_is_ahead_as_it_may_be_is_waited_for(connected: Connected, field: str) -> None:
    connected.read()
    soon = connected.clock.now + timedelta(minutes=1)
    PlatformAccount.objects.update(**{field: soon})
    assert not reader_lease.due(connected.clock.now).exists()


def test_a_reader_whose_machine_is_fast_sets_no_mark_ahead(connected: Connected) -> None:
    hour_ago = database_moment() - timedelta(hours=1)
    PlatformAccount.objects.update(orders_until=hour_ago, tickets_until=hour_ago)
    with time_machine.travel(timezone.now() + timedelta(minutes=15), tick=True):
        tasks.read_platform(connected.account.pk)
    account = connected.account
    assert account.last_read_at is not None
    assert max(account.orders_until, account.tickets_until) <= database_moment()
