"""The ship check: whether goods may leave (SPEC H1). One indexed query, and nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from aftersale.models import OrderLabel, OrderStatus
from aftersale.services.access.rights import Right, require
from aftersale.services.orders import known_orders
from aftersale.services.orders.known_orders import KnownOrder
from aftersale.services.shared.errors import NotFound

Reason = Literal["refunded", "refunding", "closed", "not_paid", "risk", "refund_requested"]
Note = Literal["partly_refunded"]

_WORST_FIRST: Sequence[Reason] = (
    "refunded",
    "refunding",
    "closed",
    "not_paid",
    "risk",
    "refund_requested",
)


@dataclass(frozen=True, slots=True)
class ShipCheck:
    """`lines` are those that must stay, None where that is the whole order; empty: all may go."""

    reason: Reason | None
    note: Note | None
    tickets: list[str]
    lines: list[int] | None

    @property
    def ship(self) -> bool:
        return self.reason is None


def ship_check(*, shop_id: int, order_no: str, user: User) -> ShipCheck:
    """The answer to a warehouse before it packs, and before the courier takes the parcel."""
    found = ship_checks(shop_id=shop_id, order_nos=[order_no], user=user)
    if not found:
        raise NotFound(_("There is no order %s in this shop.") % order_no)
    return found[order_no]


def ship_checks(*, shop_id: int, order_nos: Sequence[str], user: User) -> dict[str, ShipCheck]:
    """The same of several orders, by number; those that the shop does not have are left out."""
    require(user, shop_id, Right.SEE)
    found = known_orders.of_numbers(shop_id=shop_id, order_nos=order_nos)
    return {order.order_no: check(order) for order in found}


def check(order: KnownOrder) -> ShipCheck:
    """The worst reason of all; the lines of all of them together."""
    money = order.money
    of_the_whole = _reasons_of_the_whole(order)
    reasons = of_the_whole | {_reason(order, ticket) for ticket in money.held}
    if not reasons:
        partly = money.outside > 0 or money.adjustments
        return ShipCheck(None, "partly_refunded" if partly else None, [], [])
    return ShipCheck(
        next(reason for reason in _WORST_FIRST if reason in reasons),
        None,
        list(money.held),
        None if of_the_whole else _lines(order),
    )


def _reason(order: KnownOrder, ticket: str) -> Reason:
    if ticket in order.done:
        return "refunded"
    return "refunding" if ticket in order.under_way else "refund_requested"


def _reasons_of_the_whole(order: KnownOrder) -> set[Reason]:
    reasons: set[Reason] = set()
    if order.status == OrderStatus.CLOSED:
        reasons.add("closed")
    if order.status == OrderStatus.PENDING_PAYMENT:
        reasons.add("not_paid")
    if OrderLabel.RISK in order.labels:
        reasons.add("risk")
    # Money that was refunded outside names no line.
    if order.money.all_given and order.money.outside > 0:
        reasons.add("refunded")
    return reasons


def _lines(order: KnownOrder) -> list[int] | None:
    money = order.money
    held: set[int] = set()
    for lines in money.held.values():
        if lines is None:
            return None
        held |= lines
    if money.sold and held.issuperset(line.number for line in money.sold):
        # No gift leaves alone.
        return [line.number for line in money.lines]
    # Discounts not shown in the lines: all of the money may be gone although lines are left.
    return None if money.all_given else sorted(held)
