"""Changes meanwhile end a request: nothing is held for what nobody would do now (SPEC G4)."""

import json
from datetime import timedelta

import pytest

from aftersale.models import (
    ApprovalLimit,
    ApprovalRequest,
    ApprovalState,
    Membership,
    Order,
    Refund,
    Role,
    Ticket,
    TicketFlag,
    TicketStatus,
)
from aftersale.records.schemas import OrderRecord, TicketRecord
from aftersale.services.access import members
from aftersale.services.ingest.orders import save_orders
from aftersale.services.ingest.tickets import save_tickets
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import NotAllowed, OverRefundable, Stale
from aftersale.services.shops import shops
from tests.aftersale.refunds.conftest import audit, make_order, make_ticket, make_user, snapshot

from .asking import approve, committed, confirm, is_asked, last_notes, waiting

pytestmark = pytest.mark.django_db

MUCH = 8_000


@pytest.fixture
def asked(shop, agent, clock) -> Ticket:
    order = make_order(shop, order_no="O1")
    order.lines.create(line_no=1, product="p1", paid_amount=10_000)
    ticket = make_ticket(order, MUCH, ticket_no="T1", line_no=1)
    approve(ticket, agent, clock)
    return Ticket.objects.get(pk=ticket.pk)


def report(ticket: Ticket, clock, **facts: object) -> None:
    """A newer version of the ticket from its platform."""
    record = {
        "shop": ticket.shop.code,
        "ticket_no": ticket.ticket_no,
        "order_no": ticket.order_no,
        "line_no": 1,
        "type": "refund_only",
        "reason": "no_longer_wanted",
        "amount": "80.00",
        "applied_at": ticket.applied_at.isoformat(),
        "updated_at": clock.turn(minutes=1).isoformat(),
    }
    found = TicketRecord.model_validate_json(json.dumps(record | facts))
    save_tickets([found], shops=shops.known([ticket.shop.code]), now=clock.now)


def report_order(order: Order, clock, **facts: object) -> None:
    line = {"line_no": 1, "product": "p1", "quantity": 1, "paid_amount": "100.00"}
    record = {
        "shop": order.shop.code,
        "order_no": order.order_no,
        "status": "pending_shipment",
        "buyer": order.buyer,
        "paid_amount": "100.00",
        "lines": [line],
        "paid_at": order.paid_at.isoformat(),
        "updated_at": clock.turn(minutes=1).isoformat(),
    }
    found = OrderRecord.model_validate_json(json.dumps(record | facts))
    save_orders([found], shops=shops.known([order.shop.code]), now=clock.now)


def fallen(ticket: Ticket) -> str:
    """Why it fell; it is held no more, and the history says so."""
    request = ApprovalRequest.objects.get(ticket=ticket)
    assert request.state == ApprovalState.FALLEN and request.settled_by is None
    assert not is_asked(ticket) and request.arguments == {}
    assert (None, str(request.note)) in last_notes(ticket, 3)
    assert audit() == []
    return str(request.note).removeprefix("Not asked of a second person any more: ")


def test_the_buyer_asks_for_something_else(asked, clock):
    report(asked, clock, amount="70.00")
    assert fallen(asked) == "the buyer asks for something else now."
    # It is taken over, and the automation looks at the ticket again.
    assert (asked.amount, asked.awaiting_evaluation) == (7_000, True)
    assert committed(asked.order) == 0


def test_a_version_that_asks_for_the_same_changes_nothing(asked, clock):
    due = clock.now + timedelta(hours=5)
    report(asked, clock, due_at=due.isoformat(), labels=["risk"])
    assert is_asked(asked) and not asked.awaiting_evaluation
    assert (asked.due_at, asked.labels) == (due, ["risk"])
    assert committed(asked.order) == MUCH and audit() == []


@pytest.mark.parametrize(
    ("facts", "status", "taken"),
    [
        ({"status": "cancelled"}, "cancelled", 0),
        ({"status": "closed"}, "closed", 0),
        ({"status": "arbitration"}, "arbitration", 0),
        ({"status": "awaiting_return"}, "awaiting_return", 8_000),
        ({"status": "refunding"}, "refunding", 8_000),
        ({"refund_result": {"status": "succeeded"}}, "refunded", 8_000),
        ({"refund_result": {"status": "failed", "reason": "no"}}, "refund_failed", 0),
    ],
)
def test_the_platform_decides(asked, clock, facts, status, taken):
    """Its decision is a fact, with its own money: nothing that was held counts twice (SPEC O7)."""
    report(asked, clock, **facts)
    assert fallen(asked) == f"the platform reports “{TicketStatus(status).label}”."
    assert (asked.status, committed(asked.order)) == (status, taken)


def test_its_order_changes(asked, clock):
    report_order(asked.order, clock, shipped_at=clock.now.isoformat(), status="shipped")
    assert fallen(asked) == "its order's status: “To be shipped” is now “Shipped”"
    assert asked.awaiting_evaluation and committed(asked.order) == 0


def test_a_version_of_its_order_with_the_same_facts(asked, clock):
    report_order(asked.order, clock, labels=["campaign"])
    assert is_asked(asked) and not asked.awaiting_evaluation


def test_what_nobody_noticed_is_found_when_it_is_confirmed(asked, manager, clock):
    """SPEC O10."""
    Ticket.objects.filter(pk=asked.pk).update(reason="quality")
    with pytest.raises(Stale) as stale:
        confirm(asked, manager, clock)
    assert "the case is with people again: reason:" in stale.value.message
    assert fallen(asked).startswith("reason:")
    assert not Refund.objects.exists()


def test_other_tickets_of_the_order_change_nothing(asked, shop, manager, clock):
    other = make_ticket(asked.order, 2_000)
    approve(other, manager, clock)
    assert confirm(asked, manager, clock).status == TicketStatus.REFUNDING
    assert committed(asked.order) == 10_000 and audit() == []


def test_more_was_refunded_elsewhere_than_is_left(asked, manager, clock):
    """The check of the order's money is made anew, too (SPEC O2)."""
    request = waiting(asked)
    Order.objects.filter(pk=asked.order_id).update(refunded_amount=9_000, over_refunded=True)
    with pytest.raises(Stale):
        confirm(asked, manager, clock)
    request.refresh_from_db()
    assert request.state == ApprovalState.FALLEN and not Refund.objects.exists()


@pytest.mark.parametrize("how", ["removed", "viewer"])
def test_whoever_asked_leaves(asked, shop, agent, clock, how):
    membership, owner = Membership.objects.get(user=agent), make_user(shop, Role.OWNER)
    if how == "removed":
        members.remove(membership_id=membership.pk, user=owner, now=clock.now)
    else:
        members.change_role(
            membership_id=membership.pk, role=Role.VIEWER, user=owner, now=clock.now
        )
    assert fallen(asked) == "agent may not approve in this shop any more."
    assert committed(asked.order) == 0


def test_another_role_that_approves_leaves_it_waiting(asked, shop, agent, clock):
    owner = make_user(shop, Role.OWNER)
    membership = Membership.objects.get(user=agent)
    members.change_role(membership_id=membership.pk, role="admin", user=owner, now=clock.now)
    assert is_asked(asked)


def test_whoever_asked_can_log_in_no_more(asked, agent, manager, clock):
    agent.is_active = False
    agent.save()
    with pytest.raises(Stale):
        confirm(asked, manager, clock)
    assert fallen(asked) == "agent may not approve in this shop any more."


def test_a_pause_stops_no_person(asked, shop, manager, clock):
    """SPEC G2 is about automation; what people approve goes on."""
    shops.pause(shop_id=shop.pk, user=make_user(shop, Role.OWNER), now=clock.now)
    assert is_asked(asked)
    assert confirm(asked, manager, clock).status == TicketStatus.REFUNDING


def test_limits_that_change_leave_it_waiting(asked, shop, manager, clock):
    ApprovalLimit.objects.filter(role=Role.CS_MANAGER).update(amount=100)
    with pytest.raises(NotAllowed):
        confirm(asked, manager, clock)
    ApprovalLimit.objects.all().delete()
    assert is_asked(asked)
    assert confirm(asked, manager, clock).status == TicketStatus.REFUNDING


def test_a_step_that_is_refused_when_it_is_confirmed_goes_on_waiting(asked, manager, clock):
    """For a reason that may pass: it is told, and nothing has moved."""
    Ticket.objects.filter(pk=asked.pk).update(
        flags=[TicketFlag.SECOND_PERSON, TicketFlag.NO_WINDOW]
    )
    before = snapshot(asked, asked.order, waiting(asked))
    with pytest.raises(Exception, match="after-sale window"):
        confirm(asked, manager, clock)
    assert snapshot(asked, asked.order, waiting(asked)) == before


def test_what_is_freed_others_may_have(asked, shop, manager, clock):
    other = make_ticket(asked.order, 10_000)
    with pytest.raises(OverRefundable):
        approve(other, manager, clock)
    report(asked, clock, status="cancelled")
    assert approve(other, manager, clock).status == TicketStatus.REFUNDING
    assert approvals.approved_status(other) == TicketStatus.REFUNDING
