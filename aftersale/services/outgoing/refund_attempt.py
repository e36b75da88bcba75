"""One step of a refund: lease it, and settle what came of it (ARCHITECTURE idea 3).

Both are transactions of their own, durable, so that a lease is on disk before the platform hears
of it. Between the two nothing is locked. A lease's token is `RefundAttempt.leased_until`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from aftersale.domain.multilingual import said as _
from aftersale.models import (
    AttemptState,
    ConnectorKind,
    Order,
    Refund,
    RefundAttempt,
    RefundStatus,
    Shop,
    Ticket,
    TicketStatus,
    TicketType,
)
from aftersale.platforms import payment_registry
from aftersale.platforms.payments import (
    Connector,
    Failed,
    NeverSeen,
    NotSent,
    Paid,
    PayRequest,
    Pending,
)
from aftersale.services.outbox import platform_steps
from aftersale.services.outbox.platform_steps import is_platform_connected
from aftersale.services.refunds import attempts, payment_stop, settlement
from aftersale.services.refunds.holds import is_held_by_pause
from aftersale.services.shared import locks
from aftersale.services.tickets import negotiation
from aftersale.services.windows import charges

log = structlog.get_logger(__name__)

# Long enough for a question, a call and both transactions; short enough that people hardly notice
# that a process died.
LEASE = timedelta(seconds=60)

# How long a refund waits behind a step of its ticket, should nobody wake it.
BEHIND_A_STEP = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The call timed out or broke: it says nothing about the payment."""

    why: str


Answer = Paid | Failed | NeverSeen | Pending | NotSent | NoAnswer


@dataclass(frozen=True, slots=True)
class AttemptLease:
    """The right to make one call for an attempt until `until`, which is its token too."""

    order_pk: int
    ticket_pk: int
    attempt_pk: int
    until: datetime
    connector: Connector
    # Ask what became of the key, rather than pay under it.
    ask: bool
    request: PayRequest


class OrderBusy(Exception):
    """Somebody holds the order's lock; the refund stays due."""


def lease(*, refund_pk: int, now: datetime) -> AttemptLease | None:
    """Takes the refund's next step, or None where there is none to take now.

    Raises OrderBusy rather than wait for a lock.
    """
    with transaction.atomic(durable=True):
        found = Refund.objects.only("order_id", "ticket_id").get(pk=refund_pk)
        order = locks.try_lock_order(found.order_id)
        if order is None:
            raise OrderBusy
        ticket = locks.lock_ticket(found.ticket_id)
        refund = locks.lock_refund(ticket.pk)
        assert refund is not None
        if refund.next_step_at is None or refund.next_step_at > now:
            return None
        shop = Shop.objects.get(pk=refund.shop_id)
        attempt = attempts.alive(refund)
        if attempt is None:
            return _first_send(order, ticket, refund, shop, now)
        return _question(order, ticket, refund, attempt, shop, now)


def _first_send(
    order: Order, ticket: Ticket, refund: Refund, shop: Shop, now: datetime
) -> AttemptLease | None:
    if payment_stop.stopped() or is_held_by_pause(refund):
        return None  # it stays due, and goes out when the stop or the pause ends
    if is_platform_connected(shop) and platform_steps.open_of(ticket.pk).exists():
        # The platform has yet to hear of what came before; that wakes it.
        refund.next_step_at = now + BEHIND_A_STEP
        refund.save(update_fields=["next_step_at"])
        return None
    connector = payment_registry.connector_for(shop.connector)
    if connector is None:
        settlement.park(ticket=ticket, refund=refund, reason=_not_sent(shop.connector), now=now)
        return None
    if ticket.status != TicketStatus.REFUNDING:
        reason = _("The ticket is no longer being refunded (%s): nothing was sent.")
        settlement.drop(
            order=order,
            ticket=ticket,
            refund=refund,
            reason=reason % TicketStatus(ticket.status).label,
            now=now,
        )
        return None
    if order.over_refunded:
        settlement.failed_for_good(
            order=order, ticket=ticket, refund=refund, reason=_over_refunded(), now=now
        )
        return None
    attempt = attempts.new(
        shop=shop, order=order, ticket=ticket, refund=refund, connector=shop.connector, now=now
    )
    if ticket.window_id is not None and not charges.debit(ticket=ticket, attempt=attempt, now=now):
        why = charges.not_covered(attempt)
        settlement.failed_for_good(order=order, ticket=ticket, refund=refund, reason=why, now=now)
        return None
    return _send(order, ticket, refund, attempt, shop, connector, now)


def _send(
    order: Order,
    ticket: Ticket,
    refund: Refund,
    attempt: RefundAttempt,
    shop: Shop,
    connector: Connector,
    now: datetime,
) -> AttemptLease:
    attempt.state = AttemptState.LEASED
    attempt.leased_until = now + LEASE
    attempt.save()
    refund.status = RefundStatus.SENDING
    refund.ever_sent = True
    refund.next_step_at = attempt.leased_until  # an expired lease is due by itself
    refund.save()
    return _lease(order, ticket, refund, attempt, shop, connector, ask=False)


def _question(
    order: Order, ticket: Ticket, refund: Refund, attempt: RefundAttempt, shop: Shop, now: datetime
) -> AttemptLease | None:
    """The attempt's lease ran out or its outcome is unknown: ask before anything else."""
    connector = payment_registry.connector_for(attempt.connector)
    if connector is None or not connector.can_be_asked:
        why = _("the platform can't be asked")
        settlement.unknown(
            ticket=ticket, refund=refund, attempt=attempt, can_be_asked=False, why=why, now=now
        )
        return None
    if attempt.state == AttemptState.LEASED:
        note = _("Attempt %(number)s: its sender stopped without an answer; the platform is asked.")
        settlement.event(ticket, now=now, note=note % {"number": attempt.number})
    if attempt.state != AttemptState.ACCEPTED:
        attempt.state = AttemptState.UNKNOWN
        refund.status = RefundStatus.UNKNOWN
    attempt.leased_until = now + LEASE
    attempt.questions += 1
    attempt.save()
    refund.next_step_at = attempt.leased_until
    refund.save()
    return _lease(order, ticket, refund, attempt, shop, connector, ask=True)


def _lease(
    order: Order,
    ticket: Ticket,
    refund: Refund,
    attempt: RefundAttempt,
    shop: Shop,
    connector: Connector,
    *,
    ask: bool,
) -> AttemptLease:
    assert attempt.leased_until is not None
    return AttemptLease(
        order_pk=order.pk,
        ticket_pk=ticket.pk,
        attempt_pk=attempt.pk,
        until=attempt.leased_until,
        connector=connector,
        ask=ask,
        request=PayRequest(
            shop_id=shop.pk,
            shop_code=shop.code,
            ticket_no=ticket.ticket_no,
            order_no=order.order_no,
            amount=attempt.amount,
            reason=refund.reason,
            key=attempt.key,
            fingerprint=attempt.fingerprint,
            type=negotiation.platforms_type(ticket),
            asked=negotiation.agreed_amount(ticket),
            version=refund.version or ticket.updated_at,
            goods_back=ticket.type == TicketType.RETURN_REFUND,
        ),
    )


def settle(*, lease: AttemptLease, answer: Answer, now: datetime) -> AttemptLease | None:
    """Writes the answer down; a new lease where the same key is to be sent again.

    "Paid" counts whoever brings it and whenever. Anything else counts only while the lease is
    still this one: a "failed" that comes after somebody else leased the key again says nothing
    of what the second call did.
    """
    with transaction.atomic(durable=True):
        order = locks.lock_order(lease.order_pk)
        ticket = locks.lock_ticket(lease.ticket_pk)
        refund = locks.lock_refund(ticket.pk)
        assert refund is not None
        attempt = RefundAttempt.objects.get(pk=lease.attempt_pk)
        if isinstance(answer, Paid):
            settlement.paid(
                order=order, ticket=ticket, refund=refund, attempt=attempt, at=now, now=now
            )
            return None
        if attempt.state not in attempts.ALIVE or attempt.leased_until != lease.until:
            log.warning("answer_after_lease", attempt=attempt.key, answer=type(answer).__name__)
            return None
        match answer:
            case Failed(reason, permanent):
                settlement.attempt_failed(
                    order=order,
                    ticket=ticket,
                    refund=refund,
                    attempt=attempt,
                    reason=reason,
                    permanent=permanent,
                    now=now,
                )
                return None
            case NotSent():
                settlement.not_sent(
                    ticket=ticket,
                    refund=refund,
                    attempt=attempt,
                    answer=answer,
                    asked=lease.ask,
                    now=now,
                )
                return None
            case NeverSeen() if not settlement.may_lag(attempt):
                return _send_again(order, ticket, refund, attempt, lease, now)
            case NoAnswer(why):
                pass
            case Pending() | NeverSeen():
                why = _("the platform has not finished with it")
                if not lease.ask:
                    attempt.state = AttemptState.ACCEPTED
        settlement.unknown(
            ticket=ticket,
            refund=refund,
            attempt=attempt,
            can_be_asked=lease.connector.can_be_asked,
            why=why,
            now=now,
        )
        return None


def _send_again(
    order: Order,
    ticket: Ticket,
    refund: Refund,
    attempt: RefundAttempt,
    lease: AttemptLease,
    now: datetime,
) -> AttemptLease | None:
    """The platform never saw the key: the same key goes out again, unless it must not."""
    shop = Shop.objects.get(pk=refund.shop_id)
    if payment_stop.stopped():
        settlement.unknown(
            ticket=ticket,
            refund=refund,
            attempt=attempt,
            can_be_asked=True,
            why=_("all payments are stopped"),
            now=now,
        )
        return None
    unwanted = ticket.status != TicketStatus.REFUNDING or attempts.paid_late(refund) > 0
    if unwanted or order.over_refunded:
        settlement.attempt_failed(
            order=order,
            ticket=ticket,
            refund=refund,
            attempt=attempt,
            reason=_over_refunded() if order.over_refunded else _("It never reached the platform."),
            permanent=True,
            now=now,
        )
        return None
    return _send(order, ticket, refund, attempt, shop, lease.connector, now)


def _not_sent(kind: str) -> str:
    if kind == ConnectorKind.SANDBOX:
        return _("The sandbox pays nothing in production: nothing was sent.")
    return _("This shop's refunds are paid by hand: nothing was sent.")


def _over_refunded() -> str:
    return _("More was refunded of the order than was paid: nothing was sent.")
