"""Completed orders whose window was opened again, and one whose was not (SPEC W1, W2)."""

from datetime import datetime, timedelta
from typing import Any

from aftersale.models import Order, OrderStatus, OrderType, Ticket, TicketStatus
from aftersale.services.refunds import approvals
from aftersale.services.windows import opening

from .life import Case, Life
from .tickets import Filed

# One window was opened and has closed, one is open.
CLOSED_AGO, OPEN_AGO = timedelta(days=5), timedelta(hours=30)


class Windows:
    """The manager of the first shop opens two; of three tickets two are refunded, and one that
    came through none can't be."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self._orders: list[Order] = []
        life.at(life.now - CLOSED_AGO, self._open_first)
        life.at(life.now - OPEN_AGO, self._open_second)

    def _open_first(self, at: datetime) -> None:
        self._orders = list(
            Order.objects.filter(
                shop=self.life.shop,
                status=OrderStatus.COMPLETED,
                type=OrderType.ORDINARY,
                completed_at__lt=at,
                tickets=None,
                lines__category__in=self.life.shop.commission_categories,
                commission_splits__isnull=False,
            )
            .order_by("order_no")
            .distinct()[:3]
        )
        order = self._orders[0]
        self._open(order, "穿一次就开线，协商全额退款，不退货", at)
        filed = at + timedelta(hours=4)
        self._file("AS1CS01", order, filed, order.paid_amount)
        self.life.at(filed + timedelta(hours=2), lambda at: self._approve("AS1CS01", at))
        self.life.at(at + opening.LASTS, lambda at: self._close(at))

    def _open_second(self, at: datetime) -> None:
        _closed, order, refused = self._orders
        self._open(order, "客服已答应退一半，买家留下商品", at)
        half = order.paid_amount // 2
        first, second = self.life.now - timedelta(hours=20), self.life.now - timedelta(hours=3)
        self._file("AS1CS02", order, first, half)
        self._file("AS1CS03", order, second, order.paid_amount - half)
        self._file("AS1CS04", refused, second, refused.paid_amount)
        self.life.at(first + timedelta(hours=1), lambda at: self._approve("AS1CS02", at))

    def _open(self, order: Order, agreement: str, at: datetime) -> None:
        opening.open_window(
            order_id=order.pk, agreement=agreement, user=self.life.people["demo-manager"], now=at
        )

    def _close(self, at: datetime) -> None:
        opening.close_due(now=at)

    def _file(self, number: str, order: Order, at: datetime, amount: int) -> None:
        record: dict[str, Any] = {
            "shop": self.life.shop.code,
            "ticket_no": number,
            "order_no": order.order_no,
            "type": "refund_only",
            "reason": "quality_issue",
            "amount": f"{amount // 100}.{amount % 100:02d}",
            "applied_at": at.isoformat(),
            "updated_at": at.isoformat(),
            "note": "穿了几天就坏了，当时没来得及申请",
        }
        self.life.file([Case(Filed(record, None, at, left=True))])

    def _approve(self, number: str, at: datetime) -> None:
        found = Ticket.objects.filter(shop=self.life.shop, ticket_no=number)
        ticket = found.get(status=TicketStatus.PENDING_REVIEW)
        approvals.approve(ticket_id=ticket.pk, user=self.life.people["demo-manager"], now=at)
        self.life.follow(self.life.cases[ticket.pk], at)
