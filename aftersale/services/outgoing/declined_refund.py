"""A refund that the platform declined: the ticket's state there decides (docs/adr/0006)."""

from datetime import datetime

from django.db import transaction

from aftersale.models import (
    AttemptState,
    RefundAttempt,
    Ticket,
    TicketFlag,
    TicketStatus,
)
from aftersale.platforms.payments import DeclinedRefund
from aftersale.records.schemas import TicketRecord
from aftersale.services.ingest import reports, save_tickets
from aftersale.services.outgoing.refund_attempt import AttemptLease
from aftersale.services.refunds import attempts, refund_results, settlement
from aftersale.services.shared import locks
from aftersale.services.shops import shops
from aftersale.services.tickets import lifecycle
from aftersale.services.tickets.cases import RefundCase

S = TicketStatus


def settle(*, lease: AttemptLease, answer: DeclinedRefund, now: datetime) -> None:
    """Takes over the platform's state of the ticket, then ends the attempt by it.

    Refunded there: that is the ticket's refund, with the platform's amount. Changed only in what
    the decision did not depend on: the decision goes out again for the newer version. Anything else
    has failed for good, and the ticket takes the platform's status.
    """
    record = answer.record
    save_tickets([record], shops=shops.known([record.shop]), now=now)
    with transaction.atomic(durable=True):
        order = locks.lock_order(lease.order_pk)
        ticket = locks.lock_ticket(lease.ticket_pk)
        refund = locks.lock_refund(ticket.pk)
        assert refund is not None
        case = RefundCase(order, ticket, refund, now)
        attempt = RefundAttempt.objects.get(pk=lease.attempt_pk)
        if attempt.state not in attempts.ALIVE or attempt.leased_until != lease.until:
            return  # the report has settled it, or somebody else asks
        if not lease.ask:
            attempt.call_until = lease.earlier_until  # this call is over
        status = reports.reported_status(record) or S.PENDING_REVIEW
        if status == S.REFUNDED:
            result = record.refund_result
            refund_results.take_over_result(
                case,
                succeeded=True,
                at=(result and result.at) or record.updated_at,
                reason=result.reason if result else "",
                amount=record.amount,
            )
            return
        if status == S.REFUNDING:
            # Somebody approved it in the platform's back office: its outcome is ours.
            attempt.state = AttemptState.ACCEPTED
            settlement.unknown(case, attempt, can_be_asked=True, why=answer.reason)
            return
        if settlement.is_call_under_way(attempt, now=now):
            settlement.hold(case, attempt, why=answer.reason)
            return
        again = attempt.number > 1
        same = _still_as_decided(lease, ticket, record, status, again=again)
        if not same and lifecycle.add_flag(ticket, TicketFlag.PLATFORM_REFUSED):
            ticket.save(update_fields=["flags"])
        settlement.attempt_failed(case, attempt, reason=answer.reason, permanent=not same)
        if same and refund.next_step_at is not None:
            refund.version, refund.next_step_at = record.updated_at, now
            refund.save(update_fields=["version", "next_step_at"])
        elif ticket.status == S.REFUND_FAILED and status not in (S.PENDING_REVIEW, S.REFUND_FAILED):
            reports.take_over(order, ticket, status, note=answer.reason, now=now)


def _still_as_decided(
    lease: AttemptLease, ticket: Ticket, record: TicketRecord, status: str, *, again: bool
) -> bool:
    """True if only things have changed that the decision did not depend on.

    A payment that failed there is a newer version by our own doing (`again`).
    """
    request = lease.request
    undecided = {S.AWAITING_RETURN, S.RETURNING} if request.goods_back else {S.PENDING_REVIEW}
    if again:
        undecided.add(S.REFUND_FAILED)
    return (
        status in undecided
        and record.updated_at > request.version
        and record.type == request.type
        and record.amount == request.asked
        and (record.reason, record.order_no, record.line_no)
        == (ticket.reason, ticket.order_no, ticket.line_no)
    )
