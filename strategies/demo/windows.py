"""Completed orders whose window was opened again, and one whose was not (SPEC W1, W2)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from aftersale.models import Order, OrderStatus, OrderType, Shop, Ticket, TicketStatus
from aftersale.records.schemas import TicketRecord
from aftersale.services.ingest import save_tickets
from aftersale.services.refunds import approvals
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.shops.shops import known
from aftersale.services.windows import opening

# One window was opened and has closed, one is open.
CLOSED_AGO, OPEN_AGO = timedelta(days=5), timedelta(hours=30)


def reopen(shop: Shop, *, user: User, now: datetime, clock: Callable[[], datetime]) -> None:
    """A manager opens two windows; one ticket of each is refunded, one is still to be handled."""
    closed, open_, refused = (
        Order.objects.filter(
            shop=shop,
            status=OrderStatus.COMPLETED,
            type=OrderType.ORDINARY,
            completed_at__lt=now - CLOSED_AGO,
            tickets=None,
            lines__category__in=shop.commission_categories,
            commission_splits__isnull=False,
        )
        .order_by("order_no")
        .distinct()[:3]
    )
    _open(closed, "穿一次就开线，协商全额退款，不退货", user=user, now=now - CLOSED_AGO)
    filed = now - CLOSED_AGO + timedelta(hours=4)
    done = {"status": "refunded", "refund_result": {"status": "succeeded", "at": filed.isoformat()}}
    _file("AS1CS01", closed, filed, now=now, amount=closed.paid_amount, **done)
    _open(open_, "客服已答应退一半，买家留下商品", user=user, now=now - OPEN_AGO)
    first, second = now - timedelta(hours=20), now - timedelta(hours=3)
    half = open_.paid_amount // 2
    _file("AS1CS02", open_, first, now=now, amount=half)
    _file("AS1CS03", open_, second, now=now, amount=open_.paid_amount - half)
    _file("AS1CS04", refused, second, now=now, amount=refused.paid_amount)
    opening.close_due(now=now)
    ticket = Ticket.objects.get(shop=shop, ticket_no="AS1CS02", status=TicketStatus.PENDING_REVIEW)
    approvals.approve(ticket_id=ticket.pk, user=user, now=clock())


def _open(order: Order, agreement: str, *, user: User, now: datetime) -> None:
    opening.open_window(order_id=order.pk, agreement=agreement, user=user, now=now)


def _file(
    number: str, order: Order, at: datetime, *, now: datetime, amount: int, **reported: Any
) -> None:
    record = TicketRecord.model_validate(
        {
            "shop": order.shop.code,
            "ticket_no": number,
            "order_no": order.order_no,
            "type": "refund_only",
            "reason": "quality_issue",
            "amount": f"{amount // 100}.{amount % 100:02d}",
            "applied_at": at.isoformat(),
            "updated_at": at.isoformat(),
            "note": "穿了几天就坏了，当时没来得及申请",
            **reported,
        }
    )
    results = save_tickets([record], shops=known([order.shop.code]), now=now)
    if [result.outcome for result in results] != [Outcome.NEW]:
        raise RuntimeError(f"sample data was not taken: {results}")
