"""`/strategies/priorities`: the order in which a scenario's strategies are asked (SPEC T5)."""

import re

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api import schema
from aftersale.api.call import CONTENT_TYPE, Call, answer
from aftersale.api.parse_request import query, read
from aftersale.api.problem_codes import ProblemCode
from aftersale.api.problems import Problem, answer_with
from aftersale.models import Scope
from aftersale.records.schemas import Record
from aftersale.services.shared.errors import Stale
from strategies.services import strategies
from strategies.strategy_record import ScenarioName


class PrioritiesQuery(BaseModel):
    scenario: ScenarioName

    model_config = {"extra": "forbid"}


class Priorities(BaseModel):
    """A scenario's order with its version; the same order always has the same version."""

    scenario: ScenarioName
    ids: list[int]
    version: str


class NewPriorities(Record):
    scenario: ScenarioName
    ids: list[int] = Field(max_length=100, description="Each of the scenario's strategies once")
    version: str = Field(max_length=250, description="Of the order that this one was made from")


class StaleOrder(Problem):
    """The order was changed meanwhile; the answer has the present one."""

    scenario: ScenarioName
    ids: list[int]
    version: str


class PrioritiesCall(Call):
    scopes = {"GET": Scope.READ, "PUT": Scope.STRATEGIES}

    @extend_schema(
        operation_id="get_priorities",
        summary="The order of a scenario's strategies",
        parameters=schema.parameters(PrioritiesQuery),
        responses=Priorities,
        tags=["strategies"],
    )
    def get(self, request: Request) -> HttpResponse:
        """With the version that setting another order needs."""
        return answer(self._present(query(request, PrioritiesQuery).scenario))

    @extend_schema(
        operation_id="set_priorities",
        summary="Set the order of a scenario's strategies",
        request=NewPriorities,
        responses={
            200: Priorities,
            (409, CONTENT_TYPE): OpenApiResponse(StaleOrder, "The order was changed meanwhile"),
        },
        tags=["strategies"],
    )
    def put(self, request: Request) -> HttpResponse:
        """All of it at once: no ticket is evaluated under half of a new order (SPEC T5)."""
        wanted = read(request, NewPriorities)

        def work() -> HttpResponse:
            try:
                strategies.reorder(
                    shop_id=self.shop_id,
                    scenario=wanted.scenario,
                    ids=wanted.ids,
                    seen=_order_of(wanted.version),
                    user=self.user,
                    now=self.now,
                )
            except Stale as stale:
                present = self._present(wanted.scenario)
                return answer_with(
                    StaleOrder.of(409, ProblemCode.STALE, stale.message, **present.model_dump())
                )
            return answer(self._present(wanted.scenario))

        return self.once(work)

    def _present(self, scenario: ScenarioName) -> Priorities:
        ids = strategies.priorities(self.shop_id, scenario)
        return Priorities(scenario=scenario, ids=ids, version=_version_of(ids))


def _version_of(ids: list[int]) -> str:
    return "-".join(map(str, ids))


def _order_of(version: str) -> list[int]:
    """An unreadable version counts as outdated."""
    return [int(number) for number in re.findall("[0-9]{1,19}", version)]
