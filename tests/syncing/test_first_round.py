"""Tickets open when a shop was connected are for people, later ones are not (SPEC E1, E8); refunds
by the platform's own fast refund are recorded, not sent (SPEC F2)."""

from datetime import timedelta

import pytest

from aftersale.models import Order, Refund, Ticket, TicketFlag
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Unreadable
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import Refused
from aftersale.services.shops import shops
from aftersale.services.syncing import health, read_changes
from strategies.models import Decision
from strategies.services.evaluator import Tally, decide_shop
from tests.admin.clients import english_client
from tests.factories import NOON, make_strategy

from .conftest import Connected

pytestmark = pytest.mark.django_db


@pytest.fixture
def connected(connected: Connected) -> Connected:
    """With a strategy that would refund every ticket of these tests."""
    make_strategy(connected.shop)
    return connected


def evaluate(connected: Connected) -> list[str]:
    """The tickets that were decided now."""
    before = set(Decision.objects.values_list("pk", flat=True))
    decide_shop(connected.shop.pk, tally=Tally())
    new = Decision.objects.exclude(pk__in=before).order_by("ticket__ticket_no")
    return [f"{decision.ticket.ticket_no} {decision.outcome}" for decision in new]


def flags(number: str) -> list[str]:
    return Ticket.objects.get(ticket_no=number).flags


def test_what_was_open_before_waits_for_people(connected: Connected):
    connected.order("O1", ago=60)
    connected.ticket("T1", ago=60, amount="10.00")
    connected.ticket("T2", ago=60, amount="10.00", status="negotiating")
    connected.ticket("T3", ago=60, amount="10.00", status="rejected")
    connected.read_later(seconds=1)
    assert [flags(number) for number in ("T1", "T2", "T3")] == [
        ["before_connection"],
        ["before_connection"],
        [],
    ]
    ticket = Ticket.objects.get(ticket_no="T1")
    assert (ticket.status, ticket.awaiting_evaluation) == ("pending_review", False)
    events = [(event.kind, event.note) for event in ticket.events.all()]
    assert events == [("arrived", ""), ("flag", "Open before the shop was connected")]
    assert evaluate(connected) == []
    # New tickets after that are evaluated at once; not about the goods of T3 (SPEC E2).
    connected.clock.turn(minutes=1)
    connected.order("O2")
    connected.ticket("T4", order_no="O2", amount="10.00")
    connected.read_later(minutes=1)
    assert evaluate(connected) == ["T4 refund"]


def test_nothing_but_people_sets_an_old_ticket_waiting(connected: Connected):
    """Neither a newer version of it, nor of its order, nor the end of a pause, nor freed money."""
    connected.order("O1", ago=60)
    connected.ticket("T1", ago=60, amount="10.00")
    connected.ticket("T2", ago=60, amount="10.00", status="negotiating")
    connected.read_later(seconds=1)
    connected.clock.turn(minutes=1)
    connected.ticket("T1", amount="11.00", applied_at=NOON.isoformat())
    connected.ticket("T2", amount="10.00", status="pending_review", applied_at=NOON.isoformat())
    connected.read_later(minutes=1)
    connected.order("O1", labels=["campaign"])
    connected.read_later(minutes=1)
    assert (Ticket.objects.get(ticket_no="T1").amount, Order.objects.get().labels) == (
        1_100,
        ["campaign"],
    )
    assert Ticket.objects.get(ticket_no="T2").status == "pending_review"
    now = connected.clock.turn(minutes=1)
    shops.pause(shop_id=connected.shop.pk, user=connected.owner, now=now)
    shops.resume(shop_id=connected.shop.pk, user=connected.owner, now=now)
    assert not Ticket.objects.filter(awaiting_evaluation=True).exists()
    assert evaluate(connected) == []


def test_people_ask_for_the_old_ones_to_be_evaluated(connected: Connected):
    connected.order("O1", ago=60)
    connected.ticket("T1", ago=60, amount="10.00")
    connected.read_later(seconds=1)
    shops.look_again(shop_id=connected.shop.pk, user=connected.owner, now=connected.clock())
    assert (flags("T1"), evaluate(connected)) == ([], ["T1 refund"])


def test_a_person_may_decide_an_old_ticket(connected: Connected):
    connected.order("O1", ago=60)
    connected.ticket("T1", ago=60, amount="10.00")
    connected.read_later(seconds=1)
    ticket = Ticket.objects.get()
    approvals.approve(ticket_id=ticket.pk, user=connected.owner, now=connected.clock())
    ticket.refresh_from_db()
    assert (ticket.status, ticket.committed) == ("refunding", 1_000)


def test_an_old_ticket_whose_order_comes_later_is_still_for_people(connected: Connected):
    connected.ticket("T1", ago=60, amount="10.00")
    connected.read_later(seconds=1)
    connected.clock.turn(minutes=1)
    connected.order("O1")
    connected.read_later(minutes=1)
    ticket = Ticket.objects.get()
    assert (ticket.order_id is not None, ticket.awaiting_evaluation) == (True, False)
    assert evaluate(connected) == []


def test_what_the_platform_pays_by_itself_is_recorded_and_not_sent(connected: Connected):
    connected.read()
    connected.clock.turn(minutes=1)
    connected.order("O1")
    connected.ticket("T1", amount="10.00", fast=True)
    connected.read_later(minutes=1)
    assert flags("T1") == ["platform_pays"]
    assert evaluate(connected) == []
    ticket = Ticket.objects.get()
    with pytest.raises(Refused, match="The platform pays this fast refund itself"):
        approvals.approve(ticket_id=ticket.pk, user=connected.owner, now=connected.clock())
    assert not Refund.objects.exists()
    connected.ticket(
        "T1", amount="10.00", fast=True, status="refunded", applied_at=NOON.isoformat()
    )
    connected.read_later(minutes=1)
    refund = Refund.objects.get()
    assert (refund.source, refund.status, refund.next_step_at) == ("fast_refund", "succeeded", None)
    ticket.refresh_from_db()
    assert ticket.status == "refunded"
    # It counts towards no cap: nothing has hit.
    assert not Decision.objects.exists()


def test_a_ticket_may_turn_out_to_be_paid_by_the_platform(connected: Connected):
    connected.read()
    connected.clock.turn(minutes=1)
    connected.order("O1")
    connected.ticket("T1", amount="10.00")
    connected.read_later(seconds=60)
    assert Ticket.objects.get().awaiting_evaluation
    connected.clock.turn(seconds=5)
    connected.ticket("T1", amount="10.00", fast=True, applied_at=NOON.isoformat())
    connected.read_later(minutes=1)
    ticket = Ticket.objects.get()
    assert (ticket.flags, ticket.awaiting_evaluation) == (["platform_pays"], False)
    notes = [event.note for event in ticket.events.filter(kind="flag")]
    assert notes == ["Fast refund paid by the platform"]


@pytest.mark.parametrize("pays", [True, False])
def test_a_shop_whose_platform_pays_fast_refunds_sends_none(offered: None, clock, pays: bool):
    """SPEC F1 decides as ever and shows as fast_refund; only the sending is the platform's."""
    connected = Connected(clock, pays_fast_refunds=pays)
    connected.shop.fast_refund_periods.create(starts_at=NOON - timedelta(days=1))
    make_strategy(connected.shop)  # publishes the rulebook, with the period in it
    connected.read()
    connected.clock.turn(minutes=1)
    connected.order("O1", labels=["fast_refund"])
    connected.ticket("T1", amount="10.00")
    connected.order("O2")
    connected.ticket("T2", amount="10.00", order_no="O2")
    connected.read_later(minutes=1)
    assert evaluate(connected) == ["T1 refund", "T2 refund"]
    fast = Refund.objects.get(ticket__ticket_no="T1")
    assert (fast.source, fast.status) == ("fast_refund", "requested")
    assert (fast.next_step_at is None) == pays
    strategy = Refund.objects.get(ticket__ticket_no="T2")
    assert (strategy.source, strategy.next_step_at is None) == ("strategy", False)
    connected.clock.turn(minutes=1)
    connected.ticket("T1", amount="10.00", status="refunded", applied_at=NOON.isoformat())
    connected.read_later(minutes=1)
    fast.refresh_from_db()
    assert (fast.source, fast.status) == ("fast_refund", "succeeded")


def test_the_first_reading_goes_on_where_it_stopped_and_shows_how_far_it_is(connected: Connected):
    def hang(call: tuple) -> None:
        if call[0] == "tickets":
            raise TimedOut

    connected.place.before = hang
    connected.read()
    # All orders; the tickets' mark is where it was, with what a round looks back.
    assert health.first_round(connected.account) == 49
    address = f"/admin/shops/{connected.shop.pk}/settings/platform/"
    page = english_client(connected.owner).get(address)
    assert page.context["facts"][0] == ("First reading", "49% of the last 2 days")
    connected.place.before = lambda call: None
    connected.place.calls.clear()
    connected.read_later(minutes=1)
    assert connected.place.windows("orders")[0][0] == NOON - read_changes.OVERLAP
    assert connected.place.windows("tickets")[0][0] == NOON - health.FIRST_LOOK - (
        read_changes.OVERLAP
    )
    assert health.first_round(connected.account) is None


def test_a_ticket_that_the_first_round_passed_by_is_for_people_too(connected: Connected) -> None:
    """It was open before the shop was connected, whenever its platform tells of it."""
    connected.order("O1", ago=5)
    connected.ticket("T1", ago=5)
    silent = Unreadable("T1", "No answer.", for_now=True)
    there, connected.place.tickets["T1"] = connected.place.tickets["T1"], silent
    connected.read()
    assert not Ticket.objects.exists()
    connected.place.tickets["T1"] = there
    connected.read_later(minutes=1)
    connected.ticket("T2")
    connected.read_later(minutes=1)
    flags = dict(Ticket.objects.values_list("ticket_no", "flags"))
    assert flags == {"T1": [TicketFlag.BEFORE_CONNECTION], "T2": []}
