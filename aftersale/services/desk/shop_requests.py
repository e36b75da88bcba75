"""Requests that people of the desk open on a shop's platform (SPEC P3): in the buyer's name, who
has to agree before money moves, or the refund of a price difference, which the platform pays at
once.

A difference holds its amount on the order before it is sent (SPEC O2), goes out by the outbox of
steps under its key, and gives way to the platform's own ticket once that is here.
"""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from aftersale.domain.identifiers import is_visible
from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import said as _
from aftersale.models import Order, OrderStatus, ShopRequest, ShopRequestKind, Ticket
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.platforms.desk_steps import Because, OpensRequests
from aftersale.services.access.rights import Right, require, scoped
from aftersale.services.orders import refundable, request_holds
from aftersale.services.outbox import platform_steps
from aftersale.services.refunds.approval_limits import excess
from aftersale.services.shared import hold, locks
from aftersale.services.shared.errors import NotFound, Refused, Stale
from aftersale.services.shared.refunded_elsewhere import refunded_elsewhere

LONGEST_TEXT, LONGEST_KEY = 200, 36
# Of a completed order money goes back through a window alone (SPEC W2).
OPEN_TO_REQUESTS = [
    OrderStatus.PENDING_SHIPMENT,
    OrderStatus.PARTIALLY_SHIPPED,
    OrderStatus.SHIPPED,
    OrderStatus.DELIVERED,
]
_NEEDS = {
    ShopRequestKind.REFUND: Can.OPEN_REQUEST,
    ShopRequestKind.RETURN_REFUND: Can.OPEN_REQUEST,
    ShopRequestKind.PRICE_DIFFERENCE: Can.PRICE_DIFFERENCE,
}


def possible(order: Order) -> list[ShopRequestKind]:
    """The kinds of request that may be opened on the order as it stands."""
    if order.status not in OPEN_TO_REQUESTS or order.refundable_amount <= 0:
        return []
    can = registry.can(order.shop)
    return [kind for kind in ShopRequestKind if _NEEDS[kind] in can]


def reasons(order: Order, kind: str) -> Sequence[Because]:
    """The reasons that the shop's platform has for it."""
    platform: type[OpensRequests] = registry.class_of(order.shop.platform)
    if kind == ShopRequestKind.PRICE_DIFFERENCE:
        return platform.difference_reasons
    return platform.request_reasons


def seen_now(order: Order) -> str:
    """The order's facts that a person decides on, for `seen` of `open_request` (SPEC O10)."""
    return f"{order.status} {order.paid_amount} {order.refunded_amount} {order.committed}"


def find_order(*, order_id: int, user: User) -> Order:
    orders = scoped(Order.objects.select_related("shop").prefetch_related("lines"), user)
    order = orders.filter(pk=order_id).first()
    if order is None:
        raise NotFound(_("There is no such order."))
    require(user, order.shop_id, Right.HANDLE_TICKETS)
    return order


def open_request(
    *,
    order_id: int,
    key: str,
    kind: str,
    line_no: int,
    amount: int,
    because: str,
    text: str = "",
    quantity: int = 1,
    above_line: bool = False,
    user: User,
    now: datetime,
    seen: str | None = None,
) -> ShopRequest:
    """Opens a request; the same `key` again opens nothing, and answers as the first time.

    Amounts in fen. `above_line` as for approvals (SPEC O2). Raises Stale where the order has
    changed since `seen`, and Refused above what the person approves alone (SPEC G4).
    """
    found = find_order(order_id=order_id, user=user)
    text = text.strip()
    asked = (kind, line_no, quantity, amount, because, text)
    with transaction.atomic():
        order = locks.lock_order(found.pk)
        order.shop = found.shop
        if earlier := ShopRequest.objects.filter(key=key).first():
            if (earlier.order_id, *_content(earlier)) != (order.pk, *asked):
                raise _sent_before()
            return earlier
        if seen is not None and seen != seen_now(order):
            raise Stale(
                _(
                    "Nothing was done: order %(order)s has changed meanwhile; %(left)s is left of"
                    " it."
                )
                % {"order": order.order_no, "left": format_yuan(max(0, order.refundable_amount))}
            )
        _require(order, kind, line_no, quantity, amount, because, text, key)
        _require_alone(order, amount, user)
        request = ShopRequest(
            shop_id=order.shop_id,
            order=order,
            key=key,
            kind=kind,
            line_no=line_no,
            quantity=quantity,
            amount=amount,
            because=because,
            text=text,
            refunded_elsewhere=refunded_elsewhere(order_pk=order.pk, own=0),
            at=now,
            user=user,
        )
        refundable.line_note(order, _as_ticket(request), amount, above_line=above_line)
        _save(request)
        if kind == ShopRequestKind.PRICE_DIFFERENCE:
            request_holds.hold(order, request)
        platform_steps.tell_request(request=request, user=user, now=now)
        return request


def _save(request: ShopRequest) -> None:
    """The key is one for all shops, and the lock is the order's: another order may take it now."""
    try:
        with transaction.atomic():
            request.save()
    except IntegrityError:
        if not ShopRequest.objects.filter(key=request.key).exists():
            raise
        raise _sent_before() from None


def _sent_before() -> Refused:
    return Refused(_("This form was sent before with other content: open it anew."))


def line_warning(order: Order, line_no: int, amount: int) -> str:
    """The figures of a line that has less left than the amount; empty where it has enough."""
    try:
        refundable.require_line_room(order, Ticket(order=order, line_no=line_no), amount)
    except Refused as over:
        return over.message
    return ""


def _content(request: ShopRequest) -> tuple[str, int, int, int, str, str]:
    of = request
    return (of.kind, of.line_no, of.quantity, of.amount, of.because, of.text)


def _require(
    order: Order,
    kind: str,
    line_no: int,
    quantity: int,
    amount: int,
    because: str,
    text: str,
    key: str,
) -> None:
    hold.require_none(order.shop)
    if not is_visible(key) or len(key) > LONGEST_KEY:
        raise Refused(_("At most %d characters.") % LONGEST_KEY, pointer="key")
    if order.status not in OPEN_TO_REQUESTS:
        raise Refused(
            _("The shop can open a request between payment and completion; the order is: %s.")
            % OrderStatus(order.status).label
        )
    if kind not in _NEEDS or _NEEDS[ShopRequestKind(kind)] not in registry.can(order.shop):
        raise Refused(_("The shop's platform does not take this from here."), pointer="kind")
    if because not in reasons(order, kind):
        raise Refused(_("Choose a reason of the list."), pointer="because")
    if len(text) > LONGEST_TEXT:
        raise Refused(_("At most %d characters.") % LONGEST_TEXT, pointer="text")
    line = order.lines.filter(line_no=line_no).first()
    if line is None:
        raise Refused(_("Choose a line of the order."), pointer="line_no")
    if not 0 < quantity <= line.quantity:
        raise Refused(
            _("The quantity must be between 1 and %d.") % line.quantity, pointer="quantity"
        )
    if amount <= 0:
        raise Refused(_("The amount must be above 0."), pointer="amount")
    refundable.require_room(order, Ticket(order=order, line_no=line_no), amount)


def _require_alone(order: Order, amount: int, user: User) -> None:
    """A request pays, or offers money, and has no case that could wait (SPEC G4)."""
    over = excess(user, order, amount)
    if over is not None:
        raise Refused(
            _(
                "It comes to %(together)s of this order, and alone you approve up to %(limit)s:"
                " have it opened by somebody who may approve that much."
            )
            % {
                "together": format_yuan(over.together),
                "limit": format_yuan(over.alone_up_to),
            },
            pointer="amount",
        )


def _as_ticket(request: ShopRequest) -> Ticket:
    """For the checks of money: its ticket is not there before the platform has made it."""
    return Ticket(order=request.order, line_no=request.line_no, amount=request.amount)
