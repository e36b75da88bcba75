"""`/decisions`: decisions, the strategy behind each, and why (SPEC M1, E8)."""

from collections.abc import Sequence
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api import schema
from aftersale.api.by_moment import page_by_moment
from aftersale.api.call import Call, answer
from aftersale.api.lists import Page, PageQuery
from aftersale.api.parse_request import query
from aftersale.api.values import Buyer, Moment, Yuan
from aftersale.models import Scope, Ticket
from aftersale.records.schemas import OrderStatus, OrderType, TicketType
from aftersale.records.values import NO_NUL, Number, Time
from aftersale.services.shared.errors import NotFound
from strategies.models import Decision
from strategies.services import explanations
from strategies.services.traces import hit_of, trace_of
from strategies.strategy_record import ScenarioName

from .explained import ShownExplanation, WhyName, shown_explanation

OutcomeName = Literal["refund", "approve_return", "manual"]
SourceName = Literal["strategy", "fast_refund"]


class DecisionsQuery(PageQuery):
    """The search of SPEC M1. Of a shop with a long past, give `from` with a rare filter."""

    since: Time | None = Field(default=None, alias="from", description="Decided at or after")
    until: Time | None = Field(default=None, description="Decided before")
    ticket_no: Number | None = None
    order_no: Number | None = None
    scenario: ScenarioName | None = None
    strategy: int | None = Field(default=None, ge=1, description="The id of the one that hit")
    reason: str | None = Field(
        default=None, max_length=64, pattern=NO_NUL, description="The buyer's reason"
    )
    type: TicketType | None = None
    outcome: OutcomeName | None = None
    source: SourceName | None = None
    why: WhyName | None = Field(default=None, description="Why it was for people")


class AskedStrategy(BaseModel):
    """`failed`: the first condition that failed (SPEC E3); null where the strategy hit."""

    scenario: ScenarioName
    strategy: str
    failed: str | None


class ShownDecision(BaseModel):
    """`strategy` is its name at that time; `trace` as in `simulate` (INTERFACES)."""

    id: int
    decided_at: Moment
    ticket_no: str
    order_no: str
    type: TicketType
    amount: Yuan
    reason: str
    applied_at: Moment
    outcome: OutcomeName
    source: SourceName | None
    scenario: ScenarioName | None
    strategy: str | None
    strategy_id: int | None
    revision: int | None = Field(description="Of the strategy that hit (SPEC T6)")
    rulebook: int = Field(description="The revision of all that the decision was made by")
    why: WhyName | None
    trace: list[AskedStrategy]


class Facts(BaseModel):
    """Facts of the decision, as then known (SPEC O8)."""

    buyer: Buyer
    order_status: OrderStatus
    paid_at: Moment | None
    label_printed_at: Moment | None
    shipped_at: Moment | None
    delivered_at: Moment | None
    paid_amount: Yuan
    refundable_amount: Yuan
    labels: list[str]
    products: list[str]
    categories: list[str]
    has_virtual: bool
    buyer_blocked: bool
    buyer_count: int | None
    buyer_sum: Yuan | None
    order_type: OrderType | None
    ticket_labels: list[str] | None
    held_back: str | None = Field(
        description="Rejected or taken back before, or in doubt; empty: no. Null: not asked then"
    )
    line_no: int | None
    line_paid: Yuan | None = Field(description="Of the ticket's line; null for the whole order")
    line_left: Yuan | None = Field(description="Paid for the line less what it has given back")
    freight_left: Yuan | None


class ExplainedDecision(ShownDecision):
    facts: Facts
    explanation: ShownExplanation


class DecisionPage(Page[ShownDecision]):
    pass


class DecisionsCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="list_decisions",
        summary="Decisions",
        parameters=schema.parameters(DecisionsQuery),
        responses=DecisionPage,
        tags=["decisions"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The newest first, each with its trace (SPEC M1)."""
        asked = query(request, DecisionsQuery)
        return page_by_moment(
            request,
            _found(self.shop_id, asked),
            shown,
            page=DecisionPage,
            asked=asked,
            moment="decided_at",
        )


class DecisionCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="get_decision",
        summary="A decision, explained",
        responses=ExplainedDecision,
        tags=["decisions"],
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """With the facts that it was made on, and what every condition said (SPEC E8)."""
        decision = _decisions(self.shop_id).select_related("shop").filter(pk=pk).first()
        if decision is None:
            raise NotFound(_("There is no such decision."))
        explained = explanations.of_decision(decision)
        facts = {name: getattr(decision, name) for name in Facts.model_fields}
        return answer(
            ExplainedDecision.model_validate(
                {
                    **_decision_json(decision),
                    "facts": facts,
                    "explanation": shown_explanation(explained),
                }
            )
        )


def _decisions(shop_id: int) -> QuerySet[Decision]:
    found = Decision.objects.filter(shop=shop_id).select_related("ticket", "rulebook")
    return found.defer("rulebook__content")


def _found(shop_id: int, asked: DecisionsQuery) -> QuerySet[Decision]:
    found = _decisions(shop_id)
    for key in ("scenario", "strategy", "reason", "type", "outcome", "source", "why"):
        value = getattr(asked, key)
        if value is not None:
            found = found.filter(**{key: value})
    if asked.since is not None:
        found = found.filter(decided_at__gte=asked.since)
    if asked.until is not None:
        found = found.filter(decided_at__lt=asked.until)
    numbers = {"ticket_no": asked.ticket_no, "order_no": asked.order_no}
    if given := {key: number for key, number in numbers.items() if number is not None}:
        # By the numbers' own indexes first: a few tickets.
        tickets = Ticket.objects.filter(shop=shop_id, **given).values_list("pk", flat=True)
        found = found.filter(ticket__in=list(tickets))
    return found


def shown(decisions: Sequence[Decision]) -> list[ShownDecision]:
    return [ShownDecision.model_validate(_decision_json(decision)) for decision in decisions]


def _decision_json(decision: Decision) -> dict[str, Any]:
    hit = hit_of(decision)
    return {
        "id": decision.pk,
        "decided_at": decision.decided_at,
        "ticket_no": decision.ticket.ticket_no,
        "order_no": decision.ticket.order_no,
        "type": decision.type,
        "amount": decision.amount,
        "reason": decision.reason,
        "applied_at": decision.applied_at,
        "outcome": decision.outcome,
        "source": decision.source or None,
        "scenario": decision.scenario or None,
        "strategy": hit and hit.name,
        "strategy_id": decision.strategy_id,
        "revision": hit and hit.revision,
        "rulebook": decision.rulebook.number,
        "why": decision.why or None,
        "trace": [one._asdict() for one in trace_of(decision)],
    }
