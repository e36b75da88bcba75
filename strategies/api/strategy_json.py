"""A strategy in the API: the record (INTERFACES, strategy) and figures of its use."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from pydantic import BaseModel, Field, create_model

from aftersale.api.parse_request import validated
from aftersale.api.problems import Invalid
from aftersale.api.values import Moment, Yuan
from aftersale.models import Shop
from aftersale.records.errors import FieldError
from aftersale.records.schemas import Record
from aftersale.records.values import Code
from aftersale.services.access.masks import shown_text
from aftersale.services.shared.errors import NeedsPerson
from strategies.models import Strategy, StrategyUsage
from strategies.services.risks import setting_risks
from strategies.services.rulebook_content import strategy_content
from strategies.strategy_record import StrategyRecord


class NewStrategy(StrategyRecord):
    """The shop is the token's and may be left out."""

    shop: Code | None = None  # type: ignore[assignment]


# The keys of a strategy, none of them needed.
StrategyKeys: type[Record] = create_model(
    "StrategyKeys",
    __base__=Record,
    **{
        name: (field.rebuild_annotation(), Field(default_factory=lambda: None))
        for name, field in NewStrategy.model_fields.items()
    },  # type: ignore[call-overload]
)


class StrategyChange(StrategyKeys):  # type: ignore[misc, valid-type]
    """Any of a strategy's keys; those that are left out stay as they are."""

    revision: int | None = Field(
        default=None, ge=1, description="The one that the change was made from: else 409"
    )


class Breaker(BaseModel):
    hits: int | None
    amount: Yuan | None
    minutes: int


class BreakerOpened(BaseModel):
    """Figures above the breaker's limits (SPEC G3)."""

    at: Moment
    hits: int
    amount: Yuan
    minutes: int


# Keys shown in another form than records have.
_SHOWN: dict[str, Any] = {
    "priority": int,
    "valid_from": Moment | None,
    "valid_until": Moment | None,
    "windows": list[tuple[str, str]],
    "order_statuses": list[Literal["shipped", "delivered"]],
    "buyer_reasons": list[str],
    "single_amount_cap": Yuan,
    "daily_cap": Yuan,
    "products": list[str],
    "categories": list[str],
    "breaker": Breaker | None,
}
StrategyContent: type[BaseModel] = create_model(
    "StrategyContent",
    __doc__="The keys of a strategy's record (INTERFACES, strategy).",
    **{
        name: (_SHOWN.get(name, field.annotation), ...)
        for name, field in StrategyRecord.model_fields.items()
    },  # type: ignore[call-overload]
)


class ShownStrategy(StrategyContent):  # type: ignore[misc, valid-type]
    """A strategy's record, with its revision, its day and its warnings."""

    id: int
    revision: int
    enabled_at: Moment | None = Field(description="When a person last switched it on")
    breaker_opened: BreakerOpened | None = Field(description="What switched it off (SPEC G3)")
    used_today: Yuan = Field(description="Approved on the shop's day (SPEC E4)")
    hits_today: int
    warnings: list[str] = Field(description="What is dangerous, or can't be meant (SPEC T2)")


def shown(strategies: Iterable[Strategy], shop: Shop, *, now: datetime) -> list[ShownStrategy]:
    rows = list(strategies)
    today = now.astimezone(ZoneInfo(shop.timezone)).date()
    usage = StrategyUsage.objects.filter(strategy__in=rows, day=today)
    used = {row.strategy_id: row for row in usage}
    return [_strategy_json(row, shop, used.get(row.pk), now) for row in rows]


def _strategy_json(
    strategy: Strategy, shop: Shop, usage: StrategyUsage | None, now: datetime
) -> ShownStrategy:
    content = strategy_content(strategy)
    opened = None
    if strategy.breaker_opened_at is not None:
        opened = {"at": strategy.breaker_opened_at, **(strategy.breaker_opened_by or {})}
    return ShownStrategy.model_validate(
        {
            **content,
            "remark": shown_text(strategy.remark, ""),
            "id": strategy.pk,
            "revision": strategy.revision,
            "shop": shop.code,
            "enabled_at": strategy.enabled_at,
            "breaker_opened": opened,
            "used_today": usage.used if usage else 0,
            "hits_today": usage.hits if usage else 0,
            "warnings": setting_risks(content, now=now),
        }
    )


def as_record(strategy: Strategy, shop: Shop) -> dict[str, Any]:
    """The strategy as a file would have it."""
    content = {**strategy_content(strategy), "shop": shop.code}
    return StrategyContent.model_validate(content).model_dump(mode="json")


def new_strategy(content: Mapping[str, Any], shop: Shop) -> NewStrategy:
    """A record for the token's shop that asks for nothing that only people do."""
    record = validated(NewStrategy, content)
    refuse_other_shop(content, shop)
    if record.enabled:
        raise by_hand()
    return record


def with_changes(strategy: Strategy, content: Mapping[str, Any], shop: Shop) -> NewStrategy:
    """The record that the strategy would have with these of its keys changed."""
    refuse_other_shop(content, shop)
    if content.get("scenario", strategy.scenario) != strategy.scenario:
        raise Invalid([FieldError("scenario", _("a strategy stays in its scenario"))])
    if content.get("enabled") and not strategy.enabled:
        raise by_hand()
    return validated(NewStrategy, {**as_record(strategy, shop), **content})


def refuse_other_shop(content: Mapping[str, Any], shop: Shop) -> None:
    if content.get("shop") not in (None, shop.code):
        message = _("expected %(shop)s, the shop of the token") % {"shop": shop.code}
        raise Invalid([FieldError("shop", message)])


def by_hand() -> NeedsPerson:
    """SPEC T2, O7, P5: no program enables a strategy."""
    message = _(
        "A strategy is enabled by a person, in the admin under Strategies, after reading its risks."
    )
    return NeedsPerson(message, pointer="enabled")
