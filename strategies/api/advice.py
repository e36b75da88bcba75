"""`/advice`: strategies proposed out of the shop's past (SPEC M6)."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field, WithJsonSchema
from rest_framework.request import Request

from aftersale.api import schema
from aftersale.api.call import Call, answer
from aftersale.api.parse_request import query
from aftersale.models import Scope
from aftersale.records.values import SIGNED_MONEY_PATTERN
from strategies.models import AdviceRun, TrialStatus
from strategies.services.advice.shown import shown

Money = Annotated[
    str,
    WithJsonSchema({"type": "string", "format": "money", "pattern": SIGNED_MONEY_PATTERN}),
]
MomentText = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]


class AdviceQuery(BaseModel):
    point: int | None = Field(
        default=None, ge=0, description="Of the curve; without it, the one within the limit"
    )

    model_config = {"extra": "forbid"}


class Counted(BaseModel):
    """`went_wrong` is the yuan that people kept or lost; `known` says of how many tickets it is
    known how they ended: the others count as neither."""

    tickets: int
    buyers: int
    minutes: int
    known: int
    wrong: int
    went_wrong: Money


class CountedUnseen(Counted):
    """Of the last third, which the search did not see; 95 % intervals of a month."""

    went_wrong_a_month: list[Money]
    minutes_a_month: list[int]


class LargestBuyer(BaseModel):
    tickets: int
    amount: Money


class ProposalFigures(BaseModel):
    """`hits` and `amount` equal those of a trial run of all proposals over the same days."""

    name: str
    hits: int
    amount: Money
    taken_from_others: int = Field(description="Hits that strategies take at present")
    all: Counted
    unseen: CountedUnseen
    largest_buyer: LargestBuyer


class CurvePoint(BaseModel):
    """A set of proposals, from cautious to bold: work saved against yuan lost."""

    point: int
    within_limit: bool
    strategies: int
    minutes_a_month: int
    went_wrong_a_month: Money


class ExistingStrategy(BaseModel):
    """Advice about a strategy that is enabled: `keep`, `narrow`, `widen`, `drop`, or `move`
    in the order of its scenario; with what the whole board would have done otherwise, as a trial
    run of the change says."""

    strategy: int
    name: str
    advice: str
    changes: dict[str, Any] = Field(description="Keys of the strategy, as they would be")
    order: list[str] = Field(description="Of `move`: the names in their new order")
    more_approved: int
    more_approved_wrong: int
    more_to_people: int
    more_to_people_wrong: int
    minutes: int = Field(description="Of work less; below 0: more")


class Missing(BaseModel):
    """A scenario without a proposal, and what would be needed."""

    scenario: str
    why: str
    text: str


class Ended(BaseModel):
    end: str
    tickets: int
    amount: Money
    went_wrong: Money
    known: bool


class ShownAdvice(BaseModel):
    """All null or empty where nothing was searched yet. `strategies` are what `POST /strategies`
    takes; `figures` stand in their order."""

    id: int | None = None
    status: str | None = None
    created_at: MomentText | None = None
    finished_at: MomentText | None = None
    first: date | None = None
    last: date | None = None
    may_lose: Money | None = None
    tickets: int = 0
    estimated: int = Field(default=0, description="Worked out from imported history")
    curve: list[CurvePoint] = []
    strategies: list[dict[str, Any]] = []
    figures: list[ProposalFigures] = []
    existing: list[ExistingStrategy] = []
    missing: list[Missing] = []
    ends: list[Ended] = []


class AdviceCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="get_advice",
        summary="Strategies proposed out of the shop's past",
        parameters=schema.parameters(AdviceQuery),
        responses=ShownAdvice,
        tags=["strategies"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The newest advice that is done. A person begins the search, on the page of advice."""
        asked = query(request, AdviceQuery)
        runs = AdviceRun.objects.select_related("shop").filter(
            shop=self.shop_id, status=TrialStatus.DONE
        )
        run = runs.order_by("-id").first()
        if run is None:
            return answer(ShownAdvice())
        return answer(ShownAdvice.model_validate(shown(run, asked.point)))
