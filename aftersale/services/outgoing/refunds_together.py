"""Plain first payments of a shop, leased in one transaction and settled in another.

Leased one by one, each refund cost two commits and thirty statements of the payer's own; together
they share them. The rules are those of refund_attempt.py: a lease is on disk before the platform
hears of it, nothing is locked during a call, an answer counts only under its lease's own token.
What is not plain, or can't be locked now, is left to be taken by itself.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from aftersale.models import (
    OPEN_STATES,
    AttemptState,
    Negotiation,
    PlatformStep,
    Refund,
    RefundAttempt,
    RefundStatus,
    ReturnFreight,
    Shop,
    TicketEvent,
    TicketStatus,
)
from aftersale.platforms import payment_registry
from aftersale.services.outgoing import refund_attempt
from aftersale.services.outgoing.refund_attempt import AttemptLease
from aftersale.services.refunds import attempts, payment_stop, settlement
from aftersale.services.refunds.holds import HELD_BY_PAUSE
from aftersale.services.shared import locks, same_values
from aftersale.services.tickets.cases import RefundCase


def lease(*, refund_pks: Sequence[int], now: datetime) -> list[AttemptLease]:
    """Takes first attempts of due refunds whose ticket needs nothing but to be paid.

    Of each order one: leased with it and not sent yet, another would count as one of ours in the
    order's figure that is read before the call (fresh_order.py), and hide a refund from outside.
    """
    with transaction.atomic(durable=True):
        order_of = dict(Refund.objects.filter(pk__in=refund_pks).values_list("ticket", "order"))
        orders = set(order_of.values())
        cases = list(_locked(orders, order_of, now, skip=True))
        if payment_stop.stopped():
            return []
        plain = _plain([case.refund.pk for case in cases], now)
        made = []
        taken: set[int] = set()
        for case in cases:
            connector = payment_registry.connector_for(case.ticket.shop.connector)
            if connector is None or case.refund.pk not in plain or case.order.pk in taken:
                continue
            taken.add(case.order.pk)
            attempt = attempts.numbered(case, 1)
            refund_attempt.mark_sent(case.refund, attempt, now=now)
            made.append((case, attempt, connector))
        RefundAttempt.objects.bulk_create([attempt for _, attempt, _ in made])
        same_values.save([case.refund for case, _, _ in made], refund_attempt.SENT)
        return [
            refund_attempt.lease_of(
                case, attempt, connector, ask=False, earlier_until=None, plain=True
            )
            for case, attempt, connector in made
        ]


def settle_paid(*, leases: Sequence[AttemptLease], now: datetime) -> list[AttemptLease]:
    """Records that the platform paid under these leases; gives back those no longer plain."""
    with transaction.atomic(durable=True):
        order_of = {lease.ticket_pk: lease.order_pk for lease in leases}
        cases = {case.ticket.pk: case for case in _locked(set(order_of.values()), order_of, now)}
        held = _only_attempts([lease.attempt_pk for lease in leases])
        paid, left = [], []
        for lease in leases:
            case, attempt = cases[lease.ticket_pk], held.get(lease.attempt_pk)
            if (
                attempt is not None
                and attempt.leased_until == lease.until
                and settlement.is_plain(case, attempt)
            ):
                paid.append((case, attempt))
            else:
                left.append(lease)
        settlement.paid_together(paid, at=now)
        return left


def _locked(
    order_pks: Collection[int], order_of: dict[int, int], now: datetime, *, skip: bool = False
) -> Iterator[RefundCase]:
    """The cases of tickets with their orders (`order_of`), all orders locked before the first
    ticket and all tickets before the first refund; orders that somebody holds are skipped, or
    waited for. The shops are read under the locks."""
    lock_orders = locks.try_lock_orders if skip else locks.lock_orders
    orders = {order.pk: order for order in lock_orders(order_pks)}
    tickets = {
        ticket.pk: ticket
        for ticket in locks.lock_tickets(pk for pk, order in order_of.items() if order in orders)
    }
    refunds = list(locks.lock_refunds(tickets))
    shops = Shop.objects.in_bulk({ticket.shop_id for ticket in tickets.values()})
    for refund in refunds:
        ticket = tickets[refund.ticket_id]
        ticket.shop = shops[ticket.shop_id]
        yield RefundCase(orders[refund.order_id], ticket, refund, now)


def _plain(refund_pks: Sequence[int], now: datetime) -> set[int]:
    """Those that may go out now and have nothing of which refund_attempt.py would have to think:
    an earlier attempt, an offer, freight, a fund, a step that the platform has yet to hear of."""
    of_ticket = {"ticket": OuterRef("ticket")}
    found = Refund.objects.filter(
        pk__in=refund_pks,
        status=RefundStatus.REQUESTED,
        next_step_at__lte=now,
        shop__on_hold=False,
        order__over_refunded=False,
        ticket__status=TicketStatus.REFUNDING,
        ticket__window=None,
    )
    found = found.exclude(HELD_BY_PAUSE)
    found = found.exclude(Exists(RefundAttempt.objects.filter(refund=OuterRef("pk"))))
    found = found.exclude(Exists(Negotiation.objects.filter(**of_ticket)))
    found = found.exclude(Exists(ReturnFreight.objects.filter(**of_ticket)))
    found = found.exclude(Exists(PlatformStep.objects.filter(**of_ticket, state__in=OPEN_STATES)))
    return set(found.values_list("pk", flat=True))


def _only_attempts(attempt_pks: Sequence[int]) -> dict[int, RefundAttempt]:
    """Leased attempts that are their refund's only one, of tickets that never were disputed."""
    others = RefundAttempt.objects.filter(refund=OuterRef("refund")).exclude(pk=OuterRef("pk"))
    disputed = TicketEvent.objects.filter(
        ticket=OuterRef("refund__ticket"), from_status=TicketStatus.ARBITRATION
    )
    found = RefundAttempt.objects.filter(
        pk__in=attempt_pks, state=AttemptState.LEASED, refund__ticket__arbitration_result=""
    )
    found = found.exclude(Exists(others)).exclude(Exists(disputed))
    return {attempt.pk: attempt for attempt in found}
