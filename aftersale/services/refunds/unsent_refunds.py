"""Refunds without an attempt sent yet: taken back, released, or dropped (SPEC G2, O4)."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.multilingual import said as _
from aftersale.models import Actor, RefundSource, RefundStatus, Ticket, TicketStatus
from aftersale.services.orders import refundable
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.refunds import attempts, settlement
from aftersale.services.refunds.holds import is_held_by_pause
from aftersale.services.shared.errors import Refused
from aftersale.services.tickets import lifecycle, waiting_approvals
from aftersale.services.tickets.cases import Case, RefundCase, lock_refund_case
from aftersale.signals import tickets_waiting


def take_back(*, refund_id: int, user: User, now: datetime, seen: str | None = None) -> Ticket:
    """Takes back a refund that was never sent; the ticket waits for a decision again (SPEC G2)."""
    with transaction.atomic():
        case = lock_refund_case(refund_id=refund_id, user=user, now=now, seen=seen)
        ticket, refund = case.ticket, case.refund
        if refund.status != RefundStatus.REQUESTED or refund.ever_sent:
            raise Refused(
                _("The refund of ticket %s was sent already and can't be taken back.")
                % ticket.ticket_no
                if refund.ever_sent
                else _("The refund of ticket %s is not waiting to be sent.") % ticket.ticket_no
            )
        if refund.source not in (RefundSource.STRATEGY, RefundSource.PERSON):
            raise Refused(_("A fast refund is owed to the buyer and can't be taken back."))
        waiting_approvals.require_none(ticket)
        lifecycle.move(ticket, TicketStatus.PENDING_REVIEW, actor=Actor.PERSON, now=now, user=user)
        # A waived return is asked for again: no strategy for refunds alone may take it now.
        ticket.type = ticket.requested_type
        ticket.save(update_fields=["type"])
        refund.status = RefundStatus.TAKEN_BACK
        refund.next_step_at = None
        refund.needs_people = False
        refund.settled_at = now
        refund.save()
        refundable.free(case.order, ticket)
        tickets_waiting.send(sender=Ticket, shop_ids={ticket.shop_id})  # `move` made it wait
        return ticket


def release(*, refund_id: int, user: User, now: datetime, seen: str | None = None) -> None:
    """Lets a refund that the shop's pause holds back go out all the same (SPEC G2)."""
    with transaction.atomic():
        case = lock_refund_case(refund_id=refund_id, user=user, now=now, seen=seen)
        ticket, refund = case.ticket, case.refund
        if not is_held_by_pause(refund):
            raise Refused(_("The refund of ticket %s is not held back.") % ticket.ticket_no)
        refund.released = True
        refund.save(update_fields=["released"])
        settlement.event(
            ticket, now=now, actor=Actor.PERSON, user=user, note=_("Released during the pause.")
        )
        wake_payer()


def drop_unsent(case: Case) -> None:
    """The ticket is over (cancelled, closed): its unsent refund is not sent.

    An attempt under way is seen through to its outcome; a refund that waits for its next attempt
    ends as failed, its money free.
    """
    order, ticket, refund = case.order, case.ticket, case.refund
    if refund is None:
        refundable.free(order, ticket)
    elif refund.status == RefundStatus.REQUESTED:
        reason = _("The ticket is wanted no more: nothing is sent.")
        settlement.drop(RefundCase(order, ticket, refund, case.now), reason=reason)
    elif refund.status in attempts.OVER:
        refundable.free(order, ticket, keep=attempts.paid_late(refund))
