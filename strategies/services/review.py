"""Review of a shop's strategies, as they are or as proposed (SPEC M5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from aftersale.models import Shop
from strategies.engine import Rulebook, compile_rulebook
from strategies.engine.hours import micros
from strategies.engine.review import Shadowing, off_hours_gaps, review
from strategies.engine.running import unchanged_since
from strategies.models import EvaluatorLane, Strategy, StrategyUsage

from .evaluator.rulebooks import load_rulebook
from .lanes import current_content
from .rulebook_content import content_with

IDLE_DAYS = 30


class Never(Enum):
    """The reason why a strategy never takes a ticket any more."""

    EXPIRED = "expired"
    EMPTY_VALIDITY = "empty_validity"
    NO_GOODS = "no_goods"
    NO_WORKING_HOURS = "no_working_hours"
    NO_OFF_HOURS = "no_off_hours"
    NO_TIME = "no_time"


@dataclass(frozen=True)
class Reading:
    """Findings are by index in `rulebook.strategies`; `idle` has keys of strategies."""

    rulebook: Rulebook
    found: tuple[Shadowing, ...]
    gaps: tuple[tuple[int, int], ...] = ()
    """Off-hours of the coming week that no strategy before shipping covers: [start, end)."""
    idle: frozenset[int] = frozenset()
    """Enabled for IDLE_DAYS, and hit nothing in them."""

    def of(self, index: int) -> list[Shadowing]:
        return [found for found in self.found if found.strategy == index]

    def index_of(self, key: object) -> int | None:
        strategies = enumerate(self.rulebook.strategies)
        return next((index for index, strategy in strategies if strategy.id == key), None)


def read_shop(shop: Shop, *, now: datetime) -> Reading:
    """The shop's strategies as they are."""
    lane = EvaluatorLane.objects.filter(shop=shop).values_list("rulebook", flat=True).first()
    at = micros(now)
    if lane is None:  # nothing of the shop has been changed or decided yet
        rulebook = compile_rulebook(current_content(shop.pk))
        found = tuple(review(rulebook, since=at))
    else:
        rulebook = load_rulebook(lane).rulebook
        found = _found(lane, unchanged_since(rulebook, at))
    gaps = off_hours_gaps(rulebook, since=at)
    return Reading(rulebook, found, tuple(gaps), _idle(shop, now))


def read_with(shop: Shop, entry: Mapping[str, Any], *, now: datetime) -> Reading:
    """The shop's strategies with `entry` in place of the one with its `id`, or added last in its
    scenario where `id` is None. `entry` is a strategy's content with `id`, read as if enabled.
    Nothing is written.
    """
    rulebook = compile_rulebook(content_with(current_content(shop.pk), entry))
    return Reading(rulebook, tuple(review(rulebook, since=micros(now))))


def why_never(rulebook: Rulebook, index: int, *, now: datetime) -> Never:
    """Why a strategy takes no ticket that is applied for from now on."""
    strategy, at = rulebook.strategies[index], micros(now)
    start, end = strategy.valid_from, strategy.valid_until
    if end is not None and end <= at:
        return Never.EXPIRED
    if start is not None and end is not None and end <= start:
        return Never.EMPTY_VALIDITY
    if strategy.product_condition == "include" and not strategy.products | strategy.categories:
        return Never.NO_GOODS
    if strategy.execution_time == "off_hours":
        return Never.NO_OFF_HOURS if rulebook.hours.any else Never.NO_WORKING_HOURS
    return Never.NO_TIME


@lru_cache(maxsize=256)
def _found(revision_id: int, since: int) -> tuple[Shadowing, ...]:
    """Cached: a revision never changes, and its findings change only with a time condition."""
    return tuple(review(load_rulebook(revision_id).rulebook, since=since))


def _idle(shop: Shop, now: datetime) -> frozenset[int]:
    began = now - timedelta(days=IDLE_DAYS)
    day = began.astimezone(ZoneInfo(shop.timezone)).date()
    hit = StrategyUsage.objects.filter(day__gte=day, hits__gt=0).values("strategy")
    enabled = Strategy.objects.filter(shop=shop, enabled=True, enabled_at__lte=began)
    return frozenset(enabled.exclude(pk__in=hit).values_list("pk", flat=True))
