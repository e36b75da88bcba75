"""Rounds of negotiation: how they end, and their results (SPEC O4, P3).

A round ends in the transaction that takes its ticket out of `negotiating` (lifecycle.py), or
with the next round. Only the platform can say that the buyer accepted: it then refunds, or has
the goods sent back, for what was offered. A person who approves meanwhile approves what was
asked for.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from aftersale.models import (
    Actor,
    Negotiation,
    NegotiationResult,
    Ticket,
    TicketEvent,
    TicketStatus,
    TicketType,
)
from aftersale.services.shared.prepared import Slot, prepared

# Rounds that a request may have (PLATFORMS d1).
MOST_ROUNDS = 2

S = TicketStatus
# Where a ticket goes when the buyer has accepted.
_ACCEPTED = {S.AWAITING_RETURN, S.RETURNING, S.REFUNDING, S.REFUNDED, S.REFUND_FAILED}
_GOODS_FIRST = {TicketType.RETURN_REFUND, TicketType.EXCHANGE}


def of_request(ticket: Ticket) -> list[Negotiation]:
    """The rounds since the buyer last applied: after a rejection they may apply again."""
    rounds = _taken(ticket=ticket.pk)
    again = _last_event(ticket, S.REJECTED, S.PENDING_REVIEW) if rounds else None
    return [round for round in rounds if again is None or round.at > again]


@prepared
def _taken(*, ticket: Slot) -> QuerySet[Negotiation]:
    made = Negotiation.objects.filter(ticket=ticket).exclude(result=NegotiationResult.REFUSED)
    return made.order_by("round")


def in_vain(ticket: Ticket, *, now: datetime) -> bool:
    """True if a negotiation on this request has ended without the buyer accepting; negotiations at
    the platform count, of which the desk knows only the ticket's statuses.
    """
    for earlier in of_request(ticket):
        if earlier.result != NegotiationResult.ACCEPTED and is_over(earlier, ticket, now=now):
            return True
    came_back = _last_event(ticket, S.NEGOTIATING, S.PENDING_REVIEW)
    refused = Negotiation.objects.filter(ticket=ticket, result=NegotiationResult.REFUSED)
    if came_back is None or refused.filter(ended_at=came_back).exists():
        return False
    again = _last_event(ticket, S.REJECTED, S.PENDING_REVIEW)
    return again is None or came_back > again


def is_over(round: Negotiation, ticket: Ticket, *, now: datetime) -> bool:
    """True if the round has ended, or its time is up, recorded or not."""
    return round.ended_at is not None or now >= answer_due_at(round, ticket)


def answer_due_at(round: Negotiation, ticket: Ticket) -> datetime:
    """Until when the buyer may answer; the platform may move an open round's end (SPEC O5)."""
    if round.ended_at is None and ticket.status == S.NEGOTIATING and ticket.due_at:
        return ticket.due_at
    return round.answer_due_at


def end(ticket: Ticket, to_status: str, *, actor: str, now: datetime) -> None:
    """Ends the ticket's open round, if it has one, on its way out of `negotiating`."""
    open_round = Negotiation.objects.filter(ticket=ticket, ended_at=None).first()
    if open_round is None:
        return
    _close(open_round, ticket, _result(open_round, ticket, to_status, actor), now=now)
    if open_round.result == NegotiationResult.ACCEPTED and _fits(open_round.type, to_status):
        ticket.type = open_round.type
        ticket.save(update_fields=["type"])


def expire(open_round: Negotiation, ticket: Ticket, *, now: datetime) -> None:
    """The buyer let it time out, and the next round begins."""
    _close(open_round, ticket, NegotiationResult.EXPIRED, now=now)


def refuse(negotiation: Negotiation, ticket: Ticket, *, now: datetime) -> None:
    """The platform did not take the offer: the buyer has never seen it."""
    if negotiation.ended_at is None:
        _close(negotiation, ticket, NegotiationResult.REFUSED, now=now)


def offered_money(ticket: Ticket, type: str, amount: int | None) -> int:
    """The money that the buyer gets by accepting; 0 where nothing else is offered."""
    if (type or ticket.type) == TicketType.EXCHANGE or not (type or amount):
        return 0
    return ticket.amount if amount is None else amount


def agreed_amount(ticket: Ticket, rounds: Sequence[Negotiation] | None = None) -> int:
    """The amount that the platform pays: of the accepted offer, else the ticket's. `rounds`: those
    of the request, where the caller has read them.

    An open round counts too, since the report of the refund is the acceptance. Where the platform
    reports less than was offered, the ticket's amount is that by now.
    """
    for last in (of_request(ticket) if rounds is None else rounds)[-1:]:
        if last.amount is not None and last.result in ("", NegotiationResult.ACCEPTED):
            return min(last.amount, ticket.amount)
    return ticket.amount


def platforms_type(ticket: Ticket, rounds: Sequence[Negotiation] | None = None) -> str:
    """The type at the platform: the one asked for, or the one offered and accepted."""
    for last in (of_request(ticket) if rounds is None else rounds)[-1:]:
        if last.type and last.result == NegotiationResult.ACCEPTED:
            return last.type
    return ticket.requested_type


def _result(open_round: Negotiation, ticket: Ticket, to_status: str, actor: str) -> str:
    if actor != Actor.PLATFORM:
        return NegotiationResult.ENDED
    if to_status in _ACCEPTED:
        return NegotiationResult.ACCEPTED
    if to_status != S.PENDING_REVIEW:
        return NegotiationResult.ENDED
    # By the platform's clock: its report may arrive late.
    if ticket.updated_at >= answer_due_at(open_round, ticket):
        return NegotiationResult.EXPIRED
    return NegotiationResult.ANSWERED


def _close(open_round: Negotiation, ticket: Ticket, result: str, *, now: datetime) -> None:
    open_round.answer_due_at = answer_due_at(open_round, ticket)
    open_round.result, open_round.ended_at = result, now
    open_round.save(update_fields=["answer_due_at", "result", "ended_at"])


def _fits(type: str, to_status: str) -> bool:
    """True if the offered type begins with that step; "" means that no type was offered."""
    goods_first = to_status in (S.AWAITING_RETURN, S.RETURNING)
    return bool(type) and (TicketType(type) in _GOODS_FIRST) == goods_first


def _last_event(ticket: Ticket, from_status: str, to_status: str) -> datetime | None:
    events = TicketEvent.objects.filter(ticket=ticket, from_status=from_status, to_status=to_status)
    return events.order_by("-pk").values_list("at", flat=True).first()
