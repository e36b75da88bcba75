"""One decision on many tickets at once, each with its own result (SPEC P4).

A preview says beforehand what would become of each. It asks the same checks as the single
service, but that service decides, under its locks, on what the person saw.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from aftersale.domain.placeholders import fill
from aftersale.models import Order, Ticket, TicketType
from aftersale.reject_reasons import BY_CODE, REASONS, RejectReason, fitting
from aftersale.services.access.rights import Right, require, scoped
from aftersale.services.desk import replies
from aftersale.services.desk.reject_templates import facts_of, filled, text_problem
from aftersale.services.orders import refundable
from aftersale.services.outbox.platform_steps import is_platform_connected
from aftersale.services.refunds import approval_limits, approvals
from aftersale.services.shared.errors import NotAllowed, Refused
from aftersale.services.tickets import waiting_approvals
from aftersale.services.tickets.cases import find_case, order_of, seen_after, seen_now, seen_of

log = structlog.get_logger(__name__)

# The most tickets that a person can answer for with one press of a button.
MOST = 200


class Step(StrEnum):
    """A step of a batch, with its arguments besides the tickets."""

    APPROVE = "approve"
    # `reason`, and `text` where another than the shop's own is to be sent, both for all; in the
    # text placeholders stand for each ticket's facts (placeholders.py).
    REJECT = "reject"
    # `message`, the same for all, with placeholders likewise.
    NEGOTIATE = "negotiate"


class Outcome(StrEnum):
    DONE = "done"
    # For a second person (SPEC G4).
    WAITS = "waits"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Skipped:
    ticket: Ticket
    why: str


@dataclass(frozen=True)
class Preview:
    """The effect of a batch. `missing` tickets do not exist for this person."""

    taken: list[Ticket]
    skipped: list[Skipped]
    missing: int
    # Of those taken, those that will wait for a second person.
    waiting: int
    # The facts of each case now: carry_out decides on these alone (SPEC O10).
    seen: dict[int, str]

    @property
    def amount(self) -> int:
        """Sum that the tickets taken ask for, in fen."""
        return sum(ticket.amount for ticket in self.taken)


@dataclass(frozen=True)
class Result:
    """The result for one ticket; None where there is no such ticket for this person."""

    ticket: Ticket | None
    outcome: Outcome
    message: str = ""


def preview(
    *, step: str, ticket_ids: Iterable[int], user: User, now: datetime, **arguments: Any
) -> Preview:
    """The effect of `carry_out` on each ticket, as things stand. Writes and locks nothing."""
    check = _CHECKS[Step(step)]
    asked = _distinct(ticket_ids)
    found = _tickets(asked, user)
    seen = seen_of(found.values())
    # Tickets of one order share its money: an approval leaves less for the next.
    orders: dict[int, Order] = {}
    lacking = _without_right({ticket.shop_id for ticket in found.values()}, user)
    taken, skipped = [], []
    for ticket in found.values():
        if ticket.order is not None:
            ticket.order = orders.setdefault(ticket.order.pk, ticket.order)
        try:
            if ticket.shop_id in lacking:
                raise lacking[ticket.shop_id]
            check(ticket, now=now, **arguments)
        except Refused as refused:
            skipped.append(Skipped(ticket, refused.message))
        else:
            taken.append(ticket)
    kept = {ticket.pk: seen[ticket.pk] for ticket in taken}
    waiting = _for_a_second(taken, user) if step == Step.APPROVE else 0
    return Preview(taken, skipped, missing=len(asked) - len(found), waiting=waiting, seen=kept)


def _for_a_second(tickets: Iterable[Ticket], user: User) -> int:
    """How many approvals, one after the other, are above what the person approves alone (G4)."""
    tickets = list(tickets)
    asking = approval_limits.are_set(ticket.shop_id for ticket in tickets)
    waiting, taken = 0, Counter[int]()
    for ticket in tickets:
        if ticket.shop_id not in asking:
            continue
        order = order_of(ticket)
        amount = taken[order.pk] + ticket.amount
        waiting += approval_limits.excess(user, order, amount, but=ticket) is not None
        taken[order.pk] = amount
    return waiting


def carry_out(
    *,
    step: str,
    ticket_ids: Iterable[int],
    seen: Mapping[int, str],
    user: User,
    now: datetime,
    **arguments: Any,
) -> list[Result]:
    """Takes the step on each ticket, in a transaction of its own; one that fails stops no other.

    A ticket whose case was not seen, or is not as it was `seen`, is refused.
    """
    call = _CALLS[Step(step)]
    _require_texts(**arguments)
    asked = _distinct(ticket_ids)
    found = _tickets(asked, user)
    expected = dict(seen)
    results = []
    for pk in asked:
        ticket = found.get(pk)
        before = expected.get(pk, "")
        try:
            with transaction.atomic(durable=True):
                decided = call(ticket_id=pk, seen=before, user=user, now=now, **arguments)
                # The order is still locked, so this can only be the change of this very step.
                after = seen_now(decided, Order.objects.get(tickets=decided))
        except Refused as refused:
            results.append(Result(ticket, Outcome.REFUSED, refused.message))
        except Exception:
            log.exception("batch_step_failed", step=str(step), ticket=pk)
            message = _("Something went wrong with this ticket: nothing was done with it.")
            results.append(Result(ticket, Outcome.FAILED, message))
        else:
            waits = waiting_approvals.is_waiting(decided)
            results.append(Result(decided, Outcome.WAITS if waits else Outcome.DONE))
            for other in found.values():
                if other.order_id == decided.order_id and other.pk in expected:
                    expected[other.pk] = seen_after(expected[other.pk], before, after)
    return results


def _distinct(ticket_ids: Iterable[int]) -> list[int]:
    asked = list(dict.fromkeys(ticket_ids))
    if len(asked) > MOST:
        raise Refused(_("At most %d tickets at once: choose fewer.") % MOST)
    return asked


def _tickets(asked: list[int], user: User) -> dict[int, Ticket]:
    """The tickets that the person may see, in the order asked for."""
    tickets = (
        scoped(Ticket.objects.select_related("shop", "order"), user)
        .prefetch_related("order__lines")
        .in_bulk(asked)
    )
    return {pk: tickets[pk] for pk in asked if pk in tickets}


def _without_right(shop_pks: Iterable[int], user: User) -> dict[int, NotAllowed]:
    """A refusal for each shop where the person may not handle tickets."""
    refusals = {}
    for pk in shop_pks:
        try:
            require(user, pk, Right.HANDLE_TICKETS)
        except NotAllowed as refused:
            refusals[pk] = refused
    return refusals


def reasons(*, ticket_ids: Iterable[int], user: User) -> list[tuple[RejectReason, int]]:
    """The catalogue's reasons for rejecting many tickets, each with the number of tickets that it
    fits. Tickets whose platform has its own reasons are left out (_require_catalogue), and so are
    reasons that need pictures: those belong to one case.
    """
    fits: Counter[str] = Counter()
    for ticket in _tickets(_distinct(ticket_ids), user).values():
        if not is_platform_connected(ticket.shop):
            fits.update(reason.code for reason in fitting(ticket))
    return [
        (reason, fits[reason.code])
        for reason in REASONS
        if fits[reason.code] and not reason.needs_evidence
    ]


def explanation(ticket: Ticket, *, reason: str, text: str = "") -> str:
    """Explanation to this ticket's buyer: the text for all, or the shop's own for the reason."""
    if text:
        return fill(text, facts_of(ticket))
    known = BY_CODE.get(reason)
    return filled(known, ticket) if known else ""


def message_to(ticket: Ticket, *, message: str) -> str:
    """The message for all as this ticket's buyer reads it."""
    return fill(message, facts_of(ticket))


def _require_texts(
    *, reason: str | None = None, text: str = "", message: str | None = None
) -> None:
    """Refuses, before anything is done, texts that are wrong for all tickets."""
    if reason is not None and reason not in BY_CODE:
        raise Refused(_("Choose a reason."), pointer="reason")
    if text and (wrong := text_problem(text)):
        raise Refused(wrong, pointer="text")
    if message is not None:
        if wrong := text_problem(message):
            raise Refused(wrong, pointer="message")
        replies.require_text(fill(message, {}), pointer="message")


def _check_approval(ticket: Ticket, *, now: datetime) -> None:
    order = order_of(ticket)
    if ticket.type == TicketType.EXCHANGE:
        raise Refused(_exchange())
    wanted = approvals.require_approvable(order, ticket)
    # Going above a line takes a person's own look at it.
    refundable.require_line_room(order, ticket, wanted)
    refundable.preview_commit(order, ticket, wanted)


def _check_rejection(ticket: Ticket, *, now: datetime, reason: str, text: str = "") -> None:
    order_of(ticket)
    _require_catalogue(ticket)
    replies.require_rejectable(ticket, reason, has_evidence=False, now=now)


def _check_negotiation(ticket: Ticket, *, now: datetime, message: str = "") -> None:
    order_of(ticket)
    replies.require_negotiable(ticket, now=now)


def _approve(*, ticket_id: int, seen: str, user: User, now: datetime) -> Ticket:
    ticket = approvals.approve(ticket_id=ticket_id, user=user, now=now, seen=seen)
    if ticket.type == TicketType.EXCHANGE:
        raise Refused(_exchange())
    return ticket


def _reject(
    *, ticket_id: int, seen: str, user: User, now: datetime, reason: str, text: str = ""
) -> Ticket:
    ticket = find_case(ticket_id=ticket_id, user=user)
    _require_catalogue(ticket)
    return replies.reject(
        ticket_id=ticket_id,
        reason=reason,
        explanation=explanation(ticket, reason=reason, text=text),
        user=user,
        now=now,
        seen=seen,
    )


def _negotiate(*, ticket_id: int, seen: str, user: User, now: datetime, message: str) -> Ticket:
    ticket = find_case(ticket_id=ticket_id, user=user)
    begun = replies.negotiate(
        ticket_id=ticket_id,
        message=message_to(ticket, message=message),
        user=user,
        now=now,
        seen=seen,
    )
    assert begun is not None  # a mere message offers no money
    return begun.ticket


def _require_catalogue(ticket: Ticket) -> None:
    """SPEC P2: people choose among a platform's own reasons, which it gives ticket by ticket."""
    if is_platform_connected(ticket.shop):
        raise Refused(_("Its platform has its own reasons for rejecting it: reject it by itself."))


def _exchange() -> str:
    return _("An exchange sends new goods: approve it by itself.")


_CHECKS: dict[Step, Callable[..., None]] = {
    Step.APPROVE: _check_approval,
    Step.REJECT: _check_rejection,
    Step.NEGOTIATE: _check_negotiation,
}
_CALLS: dict[Step, Callable[..., Ticket]] = {
    Step.APPROVE: _approve,
    Step.REJECT: _reject,
    Step.NEGOTIATE: _negotiate,
}
