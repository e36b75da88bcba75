"""The ship check: whether goods may leave (SPEC H1). One indexed query, and nothing is written."""

from dataclasses import dataclass
from typing import Literal

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from aftersale.models import Order, RefundStatus, TicketStatus, TicketType
from aftersale.services.access.rights import Right, require
from aftersale.services.shared.errors import NotFound

Reason = Literal["refunded", "refunding", "refund_requested"]

# Without a refund of ours the platform's word counts.
_UNDER_WAY = {RefundStatus.REQUESTED, RefundStatus.SENDING, RefundStatus.UNKNOWN}
_WAITING = {
    TicketStatus.PENDING_REVIEW,
    TicketStatus.NEGOTIATING,
    TicketStatus.ARBITRATION,
    TicketStatus.REFUND_FAILED,
}
_WORST_FIRST: tuple[Reason, ...] = ("refunded", "refunding", "refund_requested")


@dataclass(frozen=True, slots=True)
class ShipCheck:
    """`lines` are those that must stay, None where that is the whole order; empty: all may go."""

    reason: Reason | None
    tickets: list[str]
    lines: list[int] | None

    @property
    def ship(self) -> bool:
        return self.reason is None


def ship_check(*, shop_id: int, order_no: str, user: User) -> ShipCheck:
    """What a warehouse asks before it packs and before the courier takes the parcel."""
    require(user, shop_id, Right.SEE)
    rows = list(
        Order.objects.filter(shop=shop_id, order_no=order_no)
        .order_by("tickets__id")
        .values_list(
            "tickets__ticket_no",
            "tickets__line_no",
            "tickets__type",
            "tickets__status",
            "tickets__refund__status",
            "paid_amount",
            "refunded_amount",
        )
    )
    if not rows:
        raise NotFound(_("There is no order %s in this shop.") % order_no)
    stopping = [
        (reason, ticket_no, line_no)
        for ticket_no, line_no, type, status, refund, _paid, _elsewhere in rows
        if (reason := _reason(type, status, refund))
    ]
    *_ticket, paid, elsewhere = rows[0]
    if 0 < paid <= elsewhere:
        # All of it was refunded outside Afterdesk: whatever the tickets say, nothing may leave.
        return ShipCheck("refunded", [number for _reason, number, _line_no in stopping], None)
    if not stopping:
        return ShipCheck(None, [], [])
    lines = {line_no for _reason, _ticket_no, line_no in stopping}
    return ShipCheck(
        next(reason for reason in _WORST_FIRST if reason in {row[0] for row in stopping}),
        [ticket_no for _reason, ticket_no, _line_no in stopping],
        None if None in lines else sorted(line_no for line_no in lines if line_no),
    )


def _reason(type: str | None, status: str | None, refund: str | None) -> Reason | None:
    if refund == RefundStatus.SUCCEEDED or status == TicketStatus.REFUNDED:
        return "refunded"
    if refund in _UNDER_WAY or status == TicketStatus.REFUNDING:
        return "refunding"
    if type == TicketType.REFUND_ONLY and status in _WAITING:
        return "refund_requested"
    return None
