"""Suggestions of automation, where the facts come from a file (SPEC O11): their list, and a person
who takes one over. Taking over decides the ticket anew, under the lane, by the strategies of this
moment: cap, limits, breaker and the order's money are checked and count as at any hit, and the
decision names the person.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from aftersale.models import (
    HANDS_OFF,
    ApprovalKind,
    ApprovalRequest,
    Shop,
    Ticket,
    TicketStatus,
)
from aftersale.services.access.rights import Right, may, require, scoped
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.outbox.wake_webhooks import wake_teller
from aftersale.services.refunds import second_person
from aftersale.services.shared import hold, locks
from aftersale.services.shared.errors import NotFound, Refused, Stale
from aftersale.services.tickets import cases
from aftersale.signals import tickets_waiting
from strategies.engine import Verdict
from strategies.models import Decision, Why

from .evaluator.batch import Batch, moment_of
from .evaluator.moment import TimeInDoubt
from .evaluator.read_facts import claim_one
from .evaluator.write_decisions import BatchChanged
from .lanes import hold_lane


def waiting(user: User) -> QuerySet[Decision]:
    """Suggestions that hold: the last word on tickets that still wait, of the user's shops."""
    later = Decision.objects.filter(ticket=OuterRef("ticket"), pk__gt=OuterRef("pk"))
    found = Decision.objects.filter(
        why=Why.SUGGESTED,
        ticket__status=TicketStatus.PENDING_REVIEW,
        ticket__awaiting_evaluation=False,
    ).exclude(ticket__flags__overlap=HANDS_OFF)
    return scoped(found, user).exclude(Exists(later))


def take_over(
    *, suggestion_id: int, user: User, now: datetime, confirmed: ApprovalRequest | None = None
) -> Decision | None:
    """Approves what was suggested, as the person saw it; None: it waits for a second person, whose
    request may be `confirmed` (SPEC G4). Raises Stale where anything has changed since, having
    written nothing; the ticket is then looked at again."""
    suggestion = scoped(Decision.objects.filter(why=Why.SUGGESTED), user).filter(pk=suggestion_id)
    found = suggestion.select_related("ticket").first()
    if found is None or not may(user, found.shop_id, Right.SEE):
        raise NotFound(_("There is no such suggestion."))
    require(user, found.shop_id, Right.HANDLE_TICKETS)
    try:
        with transaction.atomic():
            return _decide(found, user, now, confirmed)
    except Stale:
        if confirmed is None:  # else the request falls with it
            _look_again(found)
        raise
    except TimeInDoubt:
        raise Refused(
            _(
                "Automation stands still here, as clocks are wrong (see the alerts). Handle the"
                " ticket yourself, or wait."
            )
        ) from None


@second_person.carries_out(
    ApprovalKind.TAKE_OVER,
    lock=lambda request, now: hold_lane(request.shop_id, user=request.requested_by, now=now),
)
def _take_over_confirmed(request: ApprovalRequest, now: datetime) -> None:
    take_over(user=request.requested_by, now=now, confirmed=request, **request.arguments)


def _decide(
    suggestion: Decision, user: User, now: datetime, confirmed: ApprovalRequest | None
) -> Decision | None:
    shop_id, ticket_id = suggestion.shop_id, suggestion.ticket_id
    lane = hold_lane(shop_id, user=user, now=now)
    row = claim_one(ticket_id)
    if row is None or not waiting(user).filter(pk=suggestion.pk).exists():
        raise _changed()
    case = cases.case_of_locked(
        locks.lock_order(suggestion.order_id), locks.lock_ticket(ticket_id), now=now, user=user
    )
    if second_person.waits(
        case, ApprovalKind.TAKE_OVER, suggestion.amount, confirmed, {"suggestion_id": suggestion.pk}
    ):
        return None
    # As at its arrival: what is written expects a ticket that waits for the automation.
    Ticket.objects.filter(pk=ticket_id).update(awaiting_evaluation=True)
    shop = Shop.objects.get(pk=shop_id)
    hold.require_none(shop)
    batch = Batch(shop, lane.rulebook_id, moment_of(lane), taken_over_by=user.pk)
    try:
        verdict = batch.take_over(row)
    except BatchChanged:
        raise _changed() from None
    if _of_verdict(batch, verdict) != _of(suggestion):
        raise Stale(_("This would not be decided any more: %s.") % _why(verdict))
    if batch.pays:
        wake_payer()
    wake_teller([shop_id])
    return Decision.objects.filter(ticket=ticket_id).order_by("-pk")[0]


def _changed() -> Stale:
    return Stale(_("The ticket has changed since this was suggested. Look at it again."))


def _of(suggestion: Decision) -> tuple[str, str, str, int | None]:
    return (
        suggestion.suggested_outcome,
        suggestion.suggested_source,
        suggestion.suggested_scenario,
        suggestion.suggested_strategy_id,
    )


def _of_verdict(batch: Batch, verdict: Verdict) -> tuple[str, str, str, int | None]:
    strategy = None if verdict.strategy is None else batch.loaded.strategy_ids[verdict.strategy]
    return verdict.outcome, verdict.source or "", verdict.scenario or "", strategy


def _why(verdict: Verdict) -> str:
    if verdict.why:
        return str(Why(verdict.why).label)
    return _("another strategy takes it now")


def _look_again(suggestion: Decision) -> None:
    """The automation says anew what it would do."""
    waits = Ticket.objects.filter(
        pk=suggestion.ticket_id, status=TicketStatus.PENDING_REVIEW, order__isnull=False
    ).exclude(flags__overlap=HANDS_OFF)
    if waits.update(awaiting_evaluation=True):
        tickets_waiting.send(Ticket, shop_ids={suggestion.shop_id})


def take_over_all(*, suggestion_ids: list[int], user: User, now: datetime) -> list[tuple[int, str]]:
    """Takes each over by itself; returns why not, for each ("" where it was approved)."""
    answers = []
    for pk in suggestion_ids:
        why_not = ""
        try:
            if take_over(suggestion_id=pk, user=user, now=now) is None:
                why_not = _("Above what you approve alone: it waits for a second person.")
        except Refused as refused:
            why_not = refused.message
        answers.append((pk, why_not))
    return answers
