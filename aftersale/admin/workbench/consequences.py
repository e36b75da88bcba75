"""Consequences of each decision on a case, in words, before anybody takes it (SPEC P3)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from aftersale.domain.money import format_yuan
from aftersale.models import (
    ConnectorKind,
    Order,
    Ticket,
    TicketFlag,
    TicketStatus,
    TicketType,
)
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.platforms.payment_registry import sends
from aftersale.reject_reasons import fitting
from aftersale.services.access import masks
from aftersale.services.desk import replies
from aftersale.services.orders import refundable
from aftersale.services.refunds import approvals, lost_payments
from aftersale.services.refunds.approvals import may_close
from aftersale.services.shared.errors import OverLine, Refused
from aftersale.services.tickets.lifecycle import asks_for_nothing, goods_first

DECIDABLE = (TicketStatus.PENDING_REVIEW, TicketStatus.NEGOTIATING)
AWAITS_GOODS = (TicketStatus.AWAITING_RETURN, TicketStatus.RETURNING)


@dataclass(frozen=True)
class Consequence:
    what: str
    then: str


def buyer(ticket: Ticket) -> str:
    """The payee, as a button names them."""
    known = ticket.buyer or (ticket.order.buyer if ticket.order else "")
    return masks.shown_buyer(known, ticket.shop_id) or _("the buyer")


def available(ticket: Ticket, order: Order | None) -> int:
    """Fen that may still be approved for the ticket, its own share included (SPEC O2)."""
    return 0 if order is None else order.refundable_amount + ticket.committed


def to_pay(ticket: Ticket) -> int:
    """Fen that the next step pays or reserves, unless a person enters less."""
    if ticket.status in DECIDABLE:
        return min(ticket.amount, available(ticket, ticket.order))
    refund = getattr(ticket, "refund", None)
    if ticket.status == TicketStatus.REFUND_FAILED and refund is not None:
        return refund.amount
    return ticket.committed or ticket.amount


def can_confirm(ticket: Ticket) -> bool:
    if ticket.status not in AWAITS_GOODS or ticket.type == TicketType.EXCHANGE:
        return False
    goods_are_back = ticket.status == TicketStatus.RETURNING or asks_for_nothing(ticket)
    return goods_are_back or Can.REFUND_WITHOUT_GOODS in registry.can(ticket.shop)


def can_retry(ticket: Ticket) -> bool:
    """True if a failed refund has money to send again; others are settled otherwise and closed."""
    failed = ticket.status == TicketStatus.REFUND_FAILED and not lost_payments.in_doubt(ticket)
    return failed and ticket.type != TicketType.EXCHANGE and to_pay(ticket) > 0


def can_reject(ticket: Ticket) -> bool:
    """SPEC P2: a rejection needs a reason of the catalogue that fits."""
    return (
        ticket.order is not None and ticket.status in replies.REJECTABLE and bool(fitting(ticket))
    )


def obstacle(ticket: Ticket) -> str:
    """The reason why the case can't be approved as it stands; empty where it can."""
    order = ticket.order
    if order is None:
        return _("Its order has not arrived yet: nothing can be decided before it does.")
    if ticket.status not in DECIDABLE:
        return ""
    if lost_payments.in_doubt(ticket):
        return lost_payments.doubt(ticket)
    if ticket.shop.on_hold:  # every page says why (aftersale/admin/kit/notices.py)
        return _("Nothing is approved while the shop is on hold.")
    if TicketFlag.NO_WINDOW in ticket.flags:
        return _("No after-sale window was open for this completed order: it can't be approved.")
    if TicketFlag.PLATFORM_PAYS in ticket.flags:
        return _("The platform pays this fast refund itself: nothing is sent from here.")
    if ticket.type == TicketType.EXCHANGE:
        return ""
    if asks_for_nothing(ticket):
        if goods_first(ticket):
            return ""
        return _("It asks for ¥0.00: there is nothing to refund. Close it with a note.")
    if order.over_refunded:
        return _("More was refunded of this order than was paid: it can't be approved.")
    left = available(ticket, order)
    if left <= 0:
        return _("Nothing of this order's money is left to refund: it can't be approved.")
    if left < ticket.amount and not may_pay_less(ticket):
        return _(
            "Only %(left)s of the order is left, and its platform refunds what was asked for: "
            "it can't be approved."
        ) % {"left": format_yuan(left)}
    return ""


def may_pay_less(ticket: Ticket) -> bool:
    """True if a person may approve less than was asked for; on a platform that is negotiated."""
    return ticket.shop.connector != ConnectorKind.PLATFORM


def line_warning(ticket: Ticket, amount: int) -> str:
    """The figures of the ticket's line where the amount is more than is left of it (SPEC O2)."""
    if ticket.order is None or ticket.type == TicketType.EXCHANGE:
        return ""
    try:
        refundable.require_line_room(ticket.order, ticket, amount)
    except OverLine as over:
        return over.message
    return ""


def approval(ticket: Ticket, amount: int) -> str:
    """The effect of approving that amount, or the reason against it."""
    order = ticket.order
    if order is None:
        return obstacle(ticket)
    try:
        approvals.require_approvable(order, ticket, amount)
    except Refused as refused:
        return refused.message
    return _approved(ticket, order, amount, buyer(ticket))


def consequences(ticket: Ticket, *, negotiable: bool = False) -> list[Consequence]:
    order, who = ticket.order, buyer(ticket)
    if order is None:
        return []
    found = []
    amount = to_pay(ticket)
    if lost_payments.in_doubt(ticket):
        found.append(
            Consequence(
                _("Was it paid?"),
                _(
                    "Paid: the ticket counts as refunded, and nothing is sent. Not paid: it goes"
                    " on as it stands."
                ),
            )
        )
    if ticket.status in DECIDABLE and not obstacle(ticket):
        found.append(Consequence(_("Approve"), _approved(ticket, order, amount, who)))
    if can_confirm(ticket):
        found.append(Consequence(_("Confirm the return"), _refunded(ticket, order, amount, who)))
    if can_retry(ticket):
        found.append(Consequence(_("Try again"), _refunded(ticket, order, amount, who)))
    if may_close(ticket) and ticket.status != TicketStatus.REFUND_FAILED:
        found.append(
            Consequence(
                _("Close"), _("The ticket is over; nothing is paid. Your note says how it ended.")
            )
        )
    if negotiable:
        found.append(
            Consequence(
                _("Negotiate"),
                _offer(ticket),
            )
        )
    if can_reject(ticket):
        found.append(
            Consequence(
                _("Reject"),
                _(
                    "%(buyer)s gets no money, and may apply again or call the platform in. "
                    "Careless rejections count against the shop."
                )
                % {"buyer": who},
            )
        )
    return found


def _offer(ticket: Ticket) -> str:
    """The kinds of offer that the shop's platform passes on to the buyer."""
    can = registry.can(ticket.shop)
    if Can.OFFER_AMOUNT not in can:
        return _("You offer another type or a message; the case waits for the answer.")
    if Can.OFFER_MESSAGE not in can:
        return _("You offer another type or amount; the case waits for the answer.")
    return _("You offer another type, amount or a message; the case waits for the answer.")


def _approved(ticket: Ticket, order: Order, amount: int, who: str) -> str:
    if ticket.type == TicketType.EXCHANGE:
        return _("%(buyer)s sends the goods back and gets new ones; no money moves.") % {
            "buyer": who
        }
    if asks_for_nothing(ticket):
        return _(
            "%(buyer)s may send the goods back. Nothing is paid: the ticket is closed once the "
            "goods are confirmed."
        ) % {"buyer": who}
    if ticket.type == TicketType.RETURN_REFUND:
        return _(
            "%(buyer)s may send the goods back. %(amount)s of the order is set aside, and paid "
            "once the goods are confirmed."
        ) % {"buyer": who, "amount": format_yuan(amount)}
    return _refunded(ticket, order, amount, who)


def _refunded(ticket: Ticket, order: Order, amount: int, who: str) -> str:
    if asks_for_nothing(ticket):
        return _("The ticket is closed; nothing is paid.")
    words = {
        "buyer": who,
        "amount": format_yuan(amount),
        "left": format_yuan(max(available(ticket, order) - amount, 0)),
    }
    if sends(ticket.shop.connector):
        text = _("%(amount)s goes to %(buyer)s at once; %(left)s of the order stays refundable.")
    else:
        text = _(
            "You pay %(amount)s to %(buyer)s on the platform and record it here as paid; "
            "%(left)s of the order stays refundable."
        )
    if ticket.window_id is not None:
        charged = _("It is charged to the wallet or the deposit of the shop.")
        return f"{text % words} {charged}"
    return text % words
