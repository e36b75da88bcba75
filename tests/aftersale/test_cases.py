"""A decision on a case that has changed meanwhile is refused, and says what changed."""

from datetime import timedelta

import pytest

from aftersale.models import Order, Refund, Role, TicketStatus
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import Stale
from aftersale.services.tickets.cases import seen_now
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

pytestmark = pytest.mark.django_db


def test_a_case_as_it_was_seen_is_decided() -> None:
    shop = make_shop()
    ticket = make_ticket(make_order(shop))
    agent = make_user(shop, Role.CS_AGENT)
    seen = seen_now(ticket, ticket.order)
    approvals.approve(ticket_id=ticket.pk, user=agent, now=NOON, seen=seen)
    assert Refund.objects.get().amount == ticket.amount


def test_whoever_comes_late_is_told_what_the_first_one_did() -> None:
    shop = make_shop()
    ticket = make_ticket(make_order(shop), type="return_refund")
    first, late = make_user(shop, Role.CS_AGENT, username="wang"), make_user(shop, Role.CS_AGENT)
    first.first_name = "王芳"
    first.save()
    seen = seen_now(ticket, ticket.order)
    approvals.approve(ticket_id=ticket.pk, user=first, now=NOON, seen=seen)
    with pytest.raises(Stale, match="王芳 moved it to “Awaiting the return”"):
        approvals.confirm_return(ticket_id=ticket.pk, user=late, now=NOON, seen=seen)
    ticket.refresh_from_db()
    assert ticket.status == TicketStatus.AWAITING_RETURN
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    "change", [{"updated_at": NOON + timedelta(minutes=1), "status": "shipped"}, {"committed": 100}]
)
def test_an_order_that_changed_counts_too(change: dict) -> None:
    """Its goods have left, or another ticket has taken some of its money."""
    shop = make_shop()
    ticket = make_ticket(make_order(shop))
    seen = seen_now(ticket, ticket.order)
    Order.objects.update(**change)
    with pytest.raises(Stale, match="its order changed"):
        approvals.approve(ticket_id=ticket.pk, user=make_user(shop), now=NOON, seen=seen)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.committed) == (TicketStatus.PENDING_REVIEW, 0)
