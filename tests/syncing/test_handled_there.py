"""Steps taken on the platform meanwhile are taken over as facts, whatever was here (SPEC O4, O7).

Every step that a ticket may have here, and every later status that the platform may report: where
the ticket is afterwards, with which flag, how much of the order's money it has, and what has become
of a refund that was approved here and not sent. The books are right after each.
"""

from datetime import timedelta

import pytest
from django.db import transaction

from aftersale.models import Order, Refund, Ticket
from aftersale.records.schemas import TicketRecord
from aftersale.services.ingest import save_tickets
from aftersale.services.orders import refundable
from aftersale.services.refunds import money_audit
from aftersale.services.shared import locks
from aftersale.services.shops import shops
from aftersale.services.tickets import lifecycle
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
# "=": as reported; then flags, yuan taken of the order, and the refund. What the platform said last
# it may take back; a refund of ours that is under way it does not stop by an earlier status, which
# may be from before it heard of the refund.
TAKEN: dict[str, dict[str, str]] = {
    "pending_review": {
        "pending_review": "= 0",
        "negotiating": "= platform_step 0",
        "awaiting_return": "= platform_step 60",
        "returning": "= platform_step 60",
        "refunding": "= platform_step 60",
        "refunded": "= platform_step 60 refund succeeded",
        "refund_failed": "= platform_step 0",
        "rejected": "= platform_step 0",
        "arbitration": "= 0",
        "cancelled": "= 0",
        "closed": "= 0",
    },
    "negotiating": {
        "pending_review": "= 0",
        "negotiating": "= 0",
        "awaiting_return": "= 60",
        "returning": "= platform_step 60",
        "refunding": "= 60",
        "refunded": "= platform_step 60 refund succeeded",
        "refund_failed": "= platform_step 0",
        "rejected": "= platform_step 0",
        "arbitration": "= 0",
        "cancelled": "= 0",
        "closed": "= 0",
    },
    "awaiting_return": {
        "pending_review": "= platform_step 0",
        "negotiating": "= platform_step 0",
        "awaiting_return": "= 60",
        "returning": "= 60",
        "refunding": "= platform_step 60",
        "refunded": "= platform_step 60 refund succeeded",
        "refund_failed": "= platform_step 0",
        "rejected": "= platform_step 0",
        "arbitration": "= 60",
        "cancelled": "= 0",
        "closed": "= 0",
    },
    "returning": {
        "pending_review": "= platform_step 0",
        "negotiating": "= platform_step 0",
        "awaiting_return": "= platform_step 60",
        "returning": "= 60",
        "refunding": "= 60",
        "refunded": "= platform_step 60 refund succeeded",
        "refund_failed": "= platform_step 0",
        "rejected": "= platform_step 0",
        "arbitration": "= 60",
        "cancelled": "= 0",
        "closed": "= 0",
    },
    "refunding": {
        "pending_review": "refunding 60 refund requested",
        "negotiating": "refunding 60 refund requested",
        "awaiting_return": "refunding 60 refund requested",
        "returning": "refunding 60 refund requested",
        "refunding": "= 60 refund requested",
        "refunded": "= 60 refund succeeded",
        "refund_failed": "= 0 refund failed",
        "rejected": "refunding 60 refund requested",
        "arbitration": "refunding platform_step 60 refund requested",
        "cancelled": "= platform_step 0 refund taken_back",
        "closed": "= platform_step 0 refund taken_back",
    },
    "refund_failed": {
        "pending_review": "refund_failed 0",
        "negotiating": "refund_failed 0",
        "awaiting_return": "refund_failed 0",
        "returning": "refund_failed 0",
        "refunding": "= platform_step 60",
        "refunded": "= platform_step 60 refund succeeded",
        "refund_failed": "= 0",
        "rejected": "refund_failed 0",
        "arbitration": "= 0",
        "cancelled": "= platform_step 0",
        "closed": "= 0",
    },
    "rejected": {
        "pending_review": "= 0",
        "negotiating": "= platform_step 0",
        "awaiting_return": "= platform_step 60",
        "returning": "= platform_step 60",
        "refunding": "= platform_step 60",
        "refunded": "= platform_step 60 refund succeeded",
        "refund_failed": "= platform_step 0",
        "rejected": "= 0",
        "arbitration": "= 0",
        "cancelled": "= 0",
        "closed": "= 0",
    },
    "arbitration": {
        "pending_review": "= platform_step 0",
        "negotiating": "= platform_step 0",
        "awaiting_return": "= 60",
        "returning": "= platform_step 60",
        "refunding": "= 60",
        "refunded": "= platform_step 60 refund succeeded",
        "refund_failed": "= platform_step 0",
        "rejected": "= 0",
        "arbitration": "= 0",
        "cancelled": "= 0",
        "closed": "= 0",
    },
}


def ticket_at(status: str) -> Ticket:
    shop = factories.make_shop(code="s1")
    order = factories.make_order(shop, order_no="O1", status="shipped")
    ticket = factories.make_ticket(
        order, ticket_no="T1", type="return_refund", amount=6_000, awaiting_evaluation=False
    )
    ticket, order = locks.lock_ticket(ticket.pk), locks.lock_order(order.pk)
    if status == "pending_review":
        return ticket
    if status in ("awaiting_return", "returning", "refunding"):
        refundable.commit(order, ticket, 6_000)
    lifecycle.move(ticket, status, actor="platform", now=NOON, as_fact=True)
    if status == "refunding":
        Refund.objects.create(
            shop=shop, order=order, ticket=ticket, amount=6_000, source="person",
            requested_at=NOON, next_step_at=NOON,
        )  # fmt: skip
    Ticket.objects.update(flags=[])
    return ticket


def reported(status: str) -> str:
    record = TicketRecord.model_validate(
        {
            "shop": "s1",
            "ticket_no": "T1",
            "order_no": "O1",
            "type": "return_refund",
            "reason": "no_longer_wanted",
            "amount": "60.00",
            "applied_at": NOON.isoformat(),
            "updated_at": (NOON + timedelta(hours=1)).isoformat(),
            "status": status,
        }
    )
    later = NOON + timedelta(hours=1)
    (result,) = save_tickets([record], shops=shops.known(["s1"]), now=later)
    assert result.errors == ()
    ticket = Ticket.objects.get()
    refund = Refund.objects.filter(ticket=ticket).first()
    said = [
        ticket.status if ticket.status != status else "=",
        *ticket.flags,
        str(ticket.committed // 100),
        f"refund {refund.status}" if refund else "",
    ]
    return " ".join(filter(None, said))


@pytest.mark.parametrize("ours", TAKEN)
def test_what_was_done_there_is_taken_over(ours: str) -> None:
    found = {}
    for status in TAKEN[ours]:
        point = transaction.savepoint()
        ticket_at(ours)
        found[status] = reported(status)
        assert list(money_audit.differences()) == []
        transaction.savepoint_rollback(point)
    assert found == TAKEN[ours]


def test_a_refund_that_is_tried_again_there_takes_its_money_at_once() -> None:
    """Else another ticket could be approved beyond what was paid, while it is on its way."""
    ticket_at("refund_failed")
    reported("refunding")
    assert Order.objects.get().refundable_amount == 4_000
