"""`/strategies/trial`: what a change would have decided in the past (SPEC M3)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from aftersale.api import schema
from aftersale.api.call import Call, answer
from aftersale.api.lists import Page, PageQuery, wrong_cursor
from aftersale.api.parse_request import json_of, query, validated
from aftersale.api.problems import Invalid
from aftersale.domain.digits import whole_number
from aftersale.models import Scope
from aftersale.records.errors import FieldError
from aftersale.records.schemas import Record
from aftersale.records.values import DateText
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale
from strategies.api.strategy_json import NewStrategy, StrategyKeys, refuse_other_shop, with_changes
from strategies.models import TrialKind, TrialRun, TrialStatus
from strategies.services import strategies, trials
from strategies.strategy_record import ScenarioName

from .strategies import the_strategy
from .trial_results import ShownTrial, TrialTicket, shown_ticket, shown_trial


class NewTrial(Record):
    """`kind` says what is tried: a `strategy` that is new, or, with `id`, one with these keys
    changed; a `switch` of the one with this `id`; other `priorities`; a `pause`; or the `present`
    strategies, against what really happened. What is tried is taken as enabled."""

    kind: Literal["strategy", "switch", "priorities", "pause", "present"]
    first: DateText = Field(description="The first day, on the shop's clock")
    last: DateText = Field(description="The last day, included")
    id: int | None = Field(default=None, ge=1)
    strategy: StrategyKeys | None = None  # type: ignore[valid-type]
    scenario: ScenarioName | None = None
    ids: list[int] | None = Field(default=None, max_length=100)


class TicketsQuery(PageQuery):
    against: Literal["present", "real"] = Field(
        default="present", description="Compared with the strategies as they were, or with facts"
    )
    change: Literal["gained", "lost"] = "gained"
    only: Literal["likely_loss", "arbitration"] | None = None
    strategy: int | None = Field(default=None, ge=1, description="That takes, or took, the ticket")
    day: DateText | None = Field(default=None, description="On which it does, on the shop's clock")
    hour: int | None = Field(default=None, ge=0, le=23, description="In which it does")


class TrialTickets(Page[TrialTicket]):
    pass


class TrialsCall(Call):
    scopes = {"POST": Scope.STRATEGIES}

    @extend_schema(
        operation_id="start_trial",
        summary="Try a change on the past",
        request=NewTrial,
        responses={202: ShownTrial},
        tags=["trials"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Begins a trial run and answers with its address; it takes seconds to minutes. The
        proposal is not saved. At most three trial runs of a shop are under way at a time."""
        content = json_of(request)
        wanted = validated(NewTrial, content)

        def work() -> HttpResponse:
            kind, title, proposed = self._proposal(wanted, content)
            trial = trials.begin(
                shop_id=self.shop_id,
                kind=kind,
                title=title,
                proposed=proposed,
                first=date.fromisoformat(wanted.first),
                last=date.fromisoformat(wanted.last),
                user=self.user,
                now=self.now,
            )
            return answer(shown_trial(trial, request), 202)

        return self.once(work)

    def _proposal(
        self, wanted: NewTrial, content: Mapping[str, Any]
    ) -> tuple[TrialKind, str, dict[str, Any] | None]:
        if wanted.kind == "strategy":
            return self._strategy(wanted.id, _needed(content, "strategy"))
        if wanted.kind == "switch":
            return self._switch(_needed(content, "id"))
        if wanted.kind == "priorities":
            scenario, ids = _needed(content, "scenario"), _needed(content, "ids")
            present = strategies.priorities(self.shop_id, scenario)
            proposed = self._after(
                lambda: strategies.reorder(
                    shop_id=self.shop_id,
                    scenario=scenario,
                    ids=ids,
                    seen=present,
                    user=self.user,
                    now=self.now,
                )
            )
            return TrialKind.PRIORITIES, scenario, proposed
        kind = TrialKind.PAUSE if wanted.kind == "pause" else TrialKind.PRESENT
        return kind, self.token.shop.name, None

    def _strategy(
        self, pk: int | None, keys: Mapping[str, Any]
    ) -> tuple[TrialKind, str, dict[str, Any]]:
        """As the admin's form tries it: saved and enabled, in a transaction that is rolled back."""
        shop, user, now = self.token.shop, self.user, self.now
        keys = {key: value for key, value in keys.items() if key != "enabled"}
        with _of("strategy"):
            if pk is None:
                record = validated(NewStrategy, keys)
                refuse_other_shop(keys, shop)

                def save() -> int:
                    return strategies.create(shop_id=shop.pk, record=record, user=user, now=now).pk
            else:
                present = the_strategy(shop.pk, pk)
                record = with_changes(present, keys, shop)

                def save() -> int:
                    return strategies.change(
                        strategy_id=present.pk,
                        record=record,
                        revision=present.revision,
                        user=user,
                        now=now,
                    ).pk

            proposed = self._after(
                lambda: strategies.enable(strategy_id=save(), user=user, now=now)
            )
        return TrialKind.STRATEGY, record.name, proposed

    def _switch(self, pk: int) -> tuple[TrialKind, str, dict[str, Any]]:
        strategy = the_strategy(self.shop_id, pk)
        switch = strategies.disable if strategy.enabled else strategies.enable
        proposed = self._after(lambda: switch(strategy_id=pk, user=self.user, now=self.now))
        return TrialKind.STRATEGY, strategy.name, proposed

    def _after(self, change: Callable[[], object]) -> dict[str, Any]:
        return trials.content_after(self.shop_id, change)


class TrialCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="get_trial",
        summary="A trial run: how far it is, and what it found",
        responses=ShownTrial,
        tags=["trials"],
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """`result` is null until it is done."""
        return answer(shown_trial(the_trial(self.shop_id, pk), request))


class CancelTrialCall(Call):
    scopes = {"POST": Scope.STRATEGIES}

    @extend_schema(
        operation_id="cancel_trial",
        summary="Stop a trial run",
        request=None,
        responses=ShownTrial,
        tags=["trials"],
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Drops the results so far. A finished trial run stays as it is."""

        def work() -> HttpResponse:
            the_trial(self.shop_id, pk)
            trials.cancel(trial_id=pk, user=self.user, now=self.now)
            return answer(shown_trial(the_trial(self.shop_id, pk), request))

        return self.once(work)


class TrialTicketsCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="list_trial_tickets",
        summary="The tickets that a trial run gained or lost",
        parameters=schema.parameters(TicketsQuery),
        responses=TrialTickets,
        tags=["trials"],
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """The largest amounts first; 404 until the trial run is done."""
        asked = query(request, TicketsQuery)
        trial = the_trial(self.shop_id, pk)
        if trial.status != TrialStatus.DONE:
            raise NotFound(_("This trial run has no result."))
        offset = _offset(asked.cursor)
        rows, count = trials.found(
            trial,
            against=asked.against,
            change=asked.change,
            only=asked.only or "",
            strategy="" if asked.strategy is None else str(asked.strategy),
            day=None if asked.day is None else date.fromisoformat(asked.day),
            hour=asked.hour,
            offset=offset,
            limit=asked.page_size,
        )
        end = offset + len(rows)
        # Results never change, so a place in them stays valid.
        following = None
        if end < count:
            following = replace_query_param(request.build_absolute_uri(), "cursor", str(end))
        names = trials.named(trial)
        return answer(
            TrialTickets(
                next=following, previous=None, results=[shown_ticket(row, names) for row in rows]
            )
        )


def the_trial(shop_id: int, pk: int) -> TrialRun:
    runs = TrialRun.objects.select_related("shop", "created_by")
    trial = runs.filter(shop=shop_id, pk=pk).first()
    if trial is None:
        raise NotFound(_("There is no such trial run."))
    return trial


def _needed(content: Mapping[str, Any], key: str) -> Any:
    if content.get(key) is None:
        raise Invalid([FieldError(key, _("missing"))])
    return content[key]


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    offset = whole_number(cursor, digits=9)
    if offset is None:
        raise wrong_cursor()
    return offset


@contextmanager
def _of(key: str) -> Iterator[None]:
    """Errors inside are reported at this key of the body."""
    try:
        yield
    except Invalid as wrong:
        raise Invalid([_inside(key, error) for error in wrong.errors], wrong.detail) from None
    except (NotAllowed, NotFound, Stale):
        raise
    except Refused as refused:
        raise Invalid(
            [_inside(key, FieldError(refused.pointer, refused.message))], refused.message
        ) from None


def _inside(key: str, error: FieldError) -> FieldError:
    pointer = f"{key}.{error.pointer}" if error.pointer else key
    return FieldError(pointer, error.message)
