"""`/strategies`: a shop's strategies, read, made, changed and deleted (SPEC section 4)."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request

from aftersale.api import schema
from aftersale.api.call import Call, answer
from aftersale.api.parse_request import json_of, query, validated
from aftersale.models import Scope
from aftersale.services.shared.errors import NotFound
from strategies.api.strategy_json import (
    NewStrategy,
    ShownStrategy,
    StrategyChange,
    new_strategy,
    shown,
    with_changes,
)
from strategies.models import Scenario, Strategy
from strategies.services import strategies
from strategies.services.lanes import hold_lane
from strategies.strategy_record import ScenarioName


class StrategiesQuery(BaseModel):
    scenario: ScenarioName | None = None

    model_config = {"extra": "forbid"}


class ShownStrategies(BaseModel):
    """All of them: a shop has at most ten in a scenario (SPEC T3)."""

    results: list[ShownStrategy]


class StrategiesCall(Call):
    scopes = {"GET": Scope.READ, "POST": Scope.STRATEGIES}

    @extend_schema(
        operation_id="list_strategies",
        summary="The shop's strategies",
        parameters=schema.parameters(StrategiesQuery),
        responses=ShownStrategies,
        tags=["strategies"],
    )
    def get(self, request: Request) -> HttpResponse:
        """By scenario, in the order of asking."""
        wanted = query(request, StrategiesQuery).scenario
        rows = live(self.shop_id)
        if wanted is not None:
            rows = rows.filter(scenario=wanted)
        place = list(Scenario.values)
        found = sorted(rows, key=lambda row: (place.index(row.scenario), row.priority or 0))
        return answer(ShownStrategies(results=shown(found, self.token.shop, now=self.now)))

    @extend_schema(
        operation_id="create_strategy",
        summary="A new strategy",
        request=NewStrategy,
        responses={201: ShownStrategy},
        tags=["strategies"],
    )
    def post(self, request: Request) -> HttpResponse:
        """It is not enabled: a person does that in the admin, after reading its risks (SPEC T2).

        A given `priority` inserts it there, none puts it last.
        """
        record = new_strategy(json_of(request), self.token.shop)

        def work() -> HttpResponse:
            strategy = strategies.create(
                shop_id=self.shop_id, record=record, user=self.user, now=self.now
            )
            return answer(
                shown([strategy], self.token.shop, now=self.now)[0],
                201,
                facts=_facts(strategy),
                location=reverse("automation-api:strategy", args=[strategy.pk]),
            )

        return self.once(work)


class StrategyCall(Call):
    scopes = {"GET": Scope.READ, "PATCH": Scope.STRATEGIES, "DELETE": Scope.STRATEGIES}
    guarded = ("PATCH", "DELETE")

    @extend_schema(
        operation_id="get_strategy",
        summary="A strategy",
        responses=ShownStrategy,
        tags=["strategies"],
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """One that was deleted is not found; decisions still name it (SPEC T8)."""
        return self._answer(the_strategy(self.shop_id, pk))

    @extend_schema(
        operation_id="change_strategy",
        summary="Change a strategy",
        request=StrategyChange,
        responses=ShownStrategy,
        tags=["strategies"],
    )
    def patch(self, request: Request, pk: int) -> HttpResponse:
        """Takes any of a strategy's keys; the others stay as they are.

        Enabling is a person's consent to the strategy's content: with another content it is
        disabled (SPEC T2, O7), until a person enables it again. `enabled: false` switches it off. A
        new `priority` alone leaves it enabled. With `revision` the change is made only to that one.
        """
        content = json_of(request)
        change: Any = validated(StrategyChange, content)
        keys = {key: value for key, value in content.items() if key != "revision"}
        if keys.get("priority", 0) is None:
            del keys["priority"]

        def work() -> HttpResponse:
            with transaction.atomic():
                strategy = self._change(pk, keys, change.revision)
            return self._answer(strategy)

        return self.once(work, facts=lambda: self._locked_facts(pk))

    def _answer(self, strategy: Strategy) -> HttpResponse:
        found = shown([strategy], self.token.shop, now=self.now)[0]
        return answer(found, facts=_facts(strategy))

    def _locked_facts(self, pk: int) -> str:
        hold_lane(self.shop_id, user=self.user, now=self.now)
        return _facts(the_strategy(self.shop_id, pk))

    def _change(self, pk: int, keys: dict[str, Any], revision: int | None) -> Strategy:
        strategy = the_strategy(self.shop_id, pk)
        record = with_changes(strategy, keys, self.token.shop)
        if revision is not None:
            strategies.refuse_stale(strategy, revision)
        user, now = self.user, self.now
        before = {name: getattr(strategy, name) for name in strategies.record_fields(record)}
        changed = before != strategies.record_fields(record)
        seen = strategy.revision
        if strategy.enabled and (changed or not record.enabled):
            seen = strategies.disable(strategy_id=pk, revision=seen, user=user, now=now).revision
        if changed:
            strategies.change(strategy_id=pk, record=record, revision=seen, user=user, now=now)
        if "priority" in keys:
            self._move(strategy, keys["priority"])
        return the_strategy(self.shop_id, pk)

    def _move(self, strategy: Strategy, place: int) -> None:
        present = strategies.priorities(self.shop_id, strategy.scenario)
        others = [key for key in present if key != strategy.pk]
        others.insert(place - 1, strategy.pk)
        strategies.reorder(
            shop_id=self.shop_id,
            scenario=strategy.scenario,
            ids=others,
            seen=present,
            user=self.user,
            now=self.now,
        )

    @extend_schema(
        operation_id="delete_strategy",
        summary="Delete a strategy",
        request=None,
        responses={204: None},
        tags=["strategies"],
    )
    def delete(self, request: Request, pk: int) -> HttpResponse:
        """Its decisions and revisions stay readable (SPEC T8)."""

        def work() -> HttpResponse:
            the_strategy(self.shop_id, pk)
            strategies.delete(strategy_id=pk, user=self.user, now=self.now)
            return answer(None)

        return self.once(work, facts=lambda: self._locked_facts(pk))


def _facts(strategy: Strategy) -> str:
    """For If-Match: content and enabling raise the revision, and a place may change alone."""
    return f"{strategy.revision} {strategy.priority}"


def live(shop_id: int) -> QuerySet[Strategy]:
    return Strategy.objects.filter(shop=shop_id, deleted_at=None)


def the_strategy(shop_id: int, pk: int) -> Strategy:
    """A strategy of the token's shop, whatever the role of the token's user (SPEC P1)."""
    strategy = live(shop_id).filter(pk=pk).first()
    if strategy is None:
        raise NotFound(_("There is no such strategy."))
    return strategy
