"""Explaining a decision that was made, or a ticket as it is now (SPEC E8, O8, promise 3).

Both only read. A decision is explained by the revision that it names, the facts that it kept and
the decisions before it; a ticket that waits by the rows as they are at this moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from aftersale.models import Shop, Ticket, TicketStatus
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.shared.prepared import Slot, Slots, prepared
from strategies.engine import Facts, Rulebook, compile_rulebook
from strategies.engine.condition import Before
from strategies.engine.explanation import Explanation, explain
from strategies.engine.hours import micros
from strategies.engine.spans import bought
from strategies.models import (
    Decision,
    EvaluatorLane,
    Outcome,
    RulebookRevision,
    StrategyUsage,
    Why,
)
from strategies.services.evaluator.read_facts import BUYER, EXPORTED, as_facts, load_state, read_one

from .evaluator.rulebooks import load_rulebook

# Still to be decided; for all other statuses, read the last decision.
OPEN = (TicketStatus.PENDING_REVIEW, TicketStatus.NEGOTIATING)


@dataclass(frozen=True)
class Explained:
    """An explanation and its subject."""

    explanation: Explanation
    facts: Facts
    rulebook: Rulebook
    revision: RulebookRevision
    shop: Shop
    decision: Decision | None
    """None for an explanation of this moment."""
    exported: bool = False
    """Of this moment: whether its facts come from a file, so that a hit is a suggestion."""

    @property
    def agrees(self) -> bool:
        """True if the explanation agrees with the recorded decision, which is the authority."""
        decision = self.decision
        return (
            decision is None
            or decision.why == Why.ERROR
            or list(self.explanation.trace) == decision.trace
        )


def of_decision(decision: Decision) -> Explained:
    """Every strategy's answer, with the state as of then."""
    revision = decision.rulebook
    rulebook = compile_rulebook(revision.content)
    facts = _kept(decision)
    before = Before(
        used=_used_before(decision, rulebook),
        buyer_count=decision.buyer_count or 0,
        buyer_sum=decision.buyer_sum or 0,
        paused=decision.why == Why.PAUSED,
    )
    explanation = explain(rulebook, facts, before)
    return Explained(explanation, facts, rulebook, revision, decision.shop, decision)


def of_now(ticket: Ticket, *, now: datetime) -> Explained:
    """The decision that would be made now. Takes no lock and writes nothing."""
    if ticket.status not in OPEN:
        raise Refused(_("The ticket is no longer waiting to be decided."))
    lane = EvaluatorLane.objects.select_related("rulebook").filter(shop=ticket.shop_id).first()
    row = read_one(ticket.pk)
    if row is None:
        raise NotFound(_("Its order has not arrived yet: there is nothing to decide on."))
    if lane is None:
        raise NotFound(_("The shop has no strategies yet."))
    loaded = load_rulebook(lane.rulebook_id)
    at = micros(now)
    day = datetime.fromordinal(loaded.rulebook.moment(at).day).date()
    paused = ticket.shop.automation_paused
    state = load_state(ticket.shop_id, loaded, [row], moment=now, day=day, paused=paused)
    limit = loaded.rulebook.buyer_limit
    approvals: Iterable[tuple[int, int, int]] = state.buyers.get(row[BUYER], [])
    count, total = bought(approvals, at - limit.span, at) if limit is not None else (0, 0)
    used = {index: fen for (index, _day), fen in state.used.items()}
    before = Before(used=used, buyer_count=count, buyer_sum=total, paused=paused)
    (facts,) = (Facts._make(one) for one in as_facts([row], at))
    explanation = explain(loaded.rulebook, facts, before)
    exported = row[EXPORTED] is not None
    return Explained(
        explanation, facts, loaded.rulebook, lane.rulebook, ticket.shop, None, exported=exported
    )


def _kept(decision: Decision) -> Facts:
    return Facts(
        ticket=decision.ticket_id,
        ticket_no="",
        order=decision.order_id,
        buyer=decision.buyer,
        type=decision.type,
        order_status=decision.order_status,
        amount=decision.amount,
        refundable=decision.refundable_amount,
        applied_at=micros(decision.applied_at),
        decided_at=micros(decision.decided_at),
        reason=decision.reason,
        paid_at=_micros(decision.paid_at),
        shipped_at=_micros(decision.shipped_at),
        delivered_at=_micros(decision.delivered_at),
        label_printed_at=_micros(decision.label_printed_at),
        paid_amount=decision.paid_amount,
        labels=tuple(decision.labels),
        products=tuple(decision.products),
        categories=tuple(decision.categories),
        virtual=decision.has_virtual,
        blocked=decision.buyer_blocked,
        scenarios_hit=decision.scenarios_hit,
        order_type=decision.order_type,
        ticket_labels=tuple(decision.ticket_labels or ()),
        held_back=decision.held_back,
        line=decision.line_no,
        line_paid=decision.line_paid,
        line_left=decision.line_left,
        freight_left=decision.freight_left,
    )


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def _used_before(decision: Decision, rulebook: Rulebook) -> dict[int, int]:
    """Approved that day by each strategy, by its index, in the order of decisions
    (SPEC E4)."""
    day = rulebook.moment(micros(decision.decided_at)).day
    zone = ZoneInfo(decision.rulebook.content.get("timezone") or decision.shop.timezone)
    start = datetime.fromordinal(day).replace(tzinfo=zone)
    end = (datetime.fromordinal(day) + timedelta(days=1)).replace(tzinfo=zone)
    index = {strategy.id: place for place, strategy in enumerate(rulebook.strategies)}
    # In UTC: a sum of wall clocks would count an hour twice on the day of a clock change.
    span = {"start": start.astimezone(UTC), "end": end.astimezone(UTC)}
    sums = _approved(strategies=list(index), before=decision.pk, **span) if index else []
    used = {index[key]: total for key, total in sums}
    restored = decision.shop.lost_until
    if restored is not None and decision.decided_at >= restored:
        # Taken as used up: a restored backup does not know the day (SPEC G6).
        taken = StrategyUsage.objects.filter(
            strategy__in=list(index), day=datetime.fromordinal(day).date(), taken__gt=0
        )
        for key, fen in taken.values_list("strategy", "taken"):
            used[index[key]] = used.get(index[key], 0) + fen
    return used


@prepared
def _approved(*, strategies: Slots, before: Slot, start: Slot, end: Slot) -> QuerySet:
    """Each strategy's sum of decisions before one with that key."""
    decisions = Decision.objects.filter(
        strategy__in=strategies, decided_at__gte=start, decided_at__lt=end, pk__lt=before
    )
    approved = decisions.exclude(outcome=Outcome.MANUAL).values_list("strategy")
    return approved.annotate(total=Sum("amount", output_field=models.BigIntegerField()))
