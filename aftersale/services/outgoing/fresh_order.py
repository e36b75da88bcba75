"""The whole order as its platform has it now, read before a payment on it (SPEC O2).

Somebody may have paid in the platform's back office meanwhile, on a sibling ticket or without one.
The order's figures and its other tickets are saved as in any reading; more refunded there than was
known at the approval stops the payment, for people to look.
"""

from datetime import datetime

from django.db import transaction

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import SEMICOLON
from aftersale.models import CameBy, Refund
from aftersale.platforms.payments import Failed, Limit, NotSent
from aftersale.platforms.platform_payments import PEOPLE_SECONDS
from aftersale.platforms.protocol import OrderNow, SeenTicket, Unreadable
from aftersale.records.schemas import OrderRecord
from aftersale.services.ingest import save_orders, save_tickets
from aftersale.services.orders import refundable
from aftersale.services.outgoing.refund_attempt import AttemptLease
from aftersale.services.shared import locks
from aftersale.services.shared.outcomes import Outcome, Result
from aftersale.services.shared.refunded_elsewhere import refunded_elsewhere
from aftersale.services.shops import shops


def look(*, lease: AttemptLease, now: datetime) -> Failed | NotSent | None:
    """Why the payment must not go out; None where it may. Calls the platform."""
    seen = lease.connector.order_now(lease.request)
    if seen is None or isinstance(seen, NotSent):
        return seen
    return compare(
        seen,
        shop_code=lease.request.shop_code,
        order_pk=lease.order_pk,
        own=lease.ticket_pk,
        known=_known_at_approval(lease),
        now=now,
    )


def compare(
    seen: OrderNow, *, shop_code: str, order_pk: int, own: int, known: int, now: datetime
) -> Failed | NotSent | None:
    """Saves what was seen; why no more of the order may be paid than was `known` to be refunded,
    the ticket `own` left out."""
    if wrong := _save(seen, shop_code=shop_code, now=now):
        return NotSent(wrong, PEOPLE_SECONDS, for_people=True, limit=Limit.ORDER)
    with transaction.atomic(durable=True):
        order = locks.lock_order(order_pk)
        if isinstance(seen.order, OrderRecord):
            refundable.take_reported(order, seen.order.refunded_amount)
        more = refunded_elsewhere(order_pk=order.pk, own=own) - known
    if more <= 0 and not order.over_refunded:
        return None
    reason = _(
        "The platform shows more refunds of order %(order)s than were known when this one was "
        "approved (%(more)s more): nothing was sent."
    ) % {"order": order.order_no, "more": format_yuan(max(0, more))}
    return Failed(reason, permanent=True, late_call_may_pay=True)


def _known_at_approval(lease: AttemptLease) -> int:
    known = Refund.objects.values_list("refunded_elsewhere", flat=True).get(ticket=lease.ticket_pk)
    # Approvals from before this was stored: today's figure stands in.
    if known is None:
        return refunded_elsewhere(order_pk=lease.order_pk, own=lease.ticket_pk)
    return known


def _save(seen: OrderNow, *, shop_code: str, now: datetime) -> str:
    """Saves the order and its tickets; the problem with one that can't be taken, in words."""
    known = shops.known([shop_code])
    results: list[tuple[str, Result]] = []
    tickets = []
    for one in [seen.order, *seen.tickets]:
        match one:
            case Unreadable(number, reason):
                return _("“%(number)s” can't be read: %(reason)s") % {
                    "number": number,
                    "reason": reason,
                }
            case SeenTicket():
                tickets.append(one)
    if isinstance(seen.order, OrderRecord):
        saved = save_orders([seen.order], shops=known, now=now, own_included=True)
        results += [(seen.order.order_no, saved[0])]
    saved = save_tickets(
        [one.record for one in tickets],
        shops=known,
        now=now,
        came_by=CameBy.PLATFORM,
        platform_pays={one.record.ticket_no for one in tickets if one.paid_by_fast_refund},
        unknown_there={one.record.ticket_no for one in tickets if one.unknown},
    )
    results += zip([one.record.ticket_no for one in tickets], saved, strict=True)
    for number, result in results:
        if result.outcome is Outcome.REFUSED:
            return _("“%(number)s” can't be read: %(reason)s") % {
                "number": number,
                "reason": joined(SEMICOLON, [error.text for error in result.errors]),
            }
    return ""
