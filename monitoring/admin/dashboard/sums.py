"""Figures of the chosen shops and days, summed as the page shows them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q, Sum

from aftersale.models import Shop
from config import replica
from monitoring.admin.dashboard.choice import Choice, Period
from monitoring.services.figures import Figure, FigureSource, earliest_days, read
from monitoring.services.figures.decided import Decided, decided
from strategies.models import DecisionTally, Outcome, StrategyUsage

AUTOMATIC = ("strategy", "fast_refund")


@dataclass
class Totals:
    """A number of rows, their amounts (fen) and their seconds."""

    number: int = 0
    amount: int = 0
    seconds: int = 0

    def add(self, figure: Figure) -> None:
        self.number += figure.number
        self.amount += figure.amount
        self.seconds += figure.seconds

    @property
    def mean(self) -> int | None:
        return self.seconds // self.number if self.number else None


Test = Callable[[Figure], bool]


@dataclass
class Hits:
    number: int = 0
    amount: int = 0


@dataclass
class Sums:
    """The figures of all chosen shops in a period."""

    figures: list[Figure]
    # Number of decisions by day and outcome.
    decisions: dict[tuple[date, str], int]
    # By strategy.
    hits: dict[int, Hits] = field(default_factory=dict)
    hits_of_shop: dict[int, Hits] = field(default_factory=dict)

    def of(self, source: str, fits: Test | None = None) -> Totals:
        found = Totals()
        for figure in self.figures:
            if figure.source == source and (fits is None or fits(figure)):
                found.add(figure)
        return found

    def by(self, source: str, name: Callable[[Figure], Any]) -> dict[Any, Totals]:
        found: dict[Any, Totals] = defaultdict(Totals)
        for figure in self.figures:
            if figure.source == source:
                found[name(figure)].add(figure)
        return found

    @property
    def automatic(self) -> int:
        """Number of decisions without people."""
        return sum(
            number for (_, outcome), number in self.decisions.items() if outcome != Outcome.MANUAL
        )

    @property
    def decided(self) -> int:
        return sum(self.decisions.values())


def is_automatic(figure: Figure) -> bool:
    return figure.kind in AUTOMATIC


def is_by_people(figure: Figure) -> bool:
    return figure.kind == "person"


def sums(choice: Choice, now: datetime) -> tuple[Sums, Sums]:
    """The sums of the period, and of the period before it; a replica may answer."""
    return replica.answered(lambda using: _sums(choice, now, using))


def _sums(choice: Choice, now: datetime, using: str) -> tuple[Sums, Sums]:
    periods = choice.period, choice.period.before()
    spans = [period.spans(choice.shops, now) for period in periods]
    # Products are summed in the database: figures/products.py.
    each_day = [span for part in spans for span in part]
    figures = read(each_day, without=FigureSource.PRODUCT, using=using)
    parts = [span for period in periods for span in period.parts(choice.shops, now)]
    decisions = decided(each_day, parts=parts, using=using)
    found = []
    for part in spans:
        days = {(span.shop_id, span.day) for span in part}
        found.append(
            Sums(
                [figure for figure in figures if (figure.shop_id, figure.day) in days],
                _by_outcome(decisions, days),
            )
        )
    current, before = found
    _add_hits(current, choice, now, using)
    return current, before


def _by_outcome(
    decisions: Iterable[Decided], days: set[tuple[int, date]]
) -> dict[tuple[date, str], int]:
    found: dict[tuple[date, str], int] = defaultdict(int)
    for one in decisions:
        if (one.shop_id, one.day) in days:
            found[one.day, one.outcome] += one.number
    return found


def reaches_back(choice: Choice, current: Sums, now: datetime) -> bool:
    """True if the period before can be compared with: every shop with figures in this one has been
    here for all of it."""
    shops = {figure.shop_id for figure in current.figures}
    first = {
        shop.pk: choice.period.before().days(shop, now)[0]
        for shop in choice.shops
        if shop.pk in shops
    }
    earliest = earliest_days(list(first))
    return bool(first) and all(pk in earliest and earliest[pk] <= day for pk, day in first.items())


def in_days(shops: Iterable[Shop], period: Period, now: datetime, path: str) -> Q:
    """Filters rows that have a shop-local day: each shop by its own days."""
    together: dict[tuple[date, date], list[int]] = defaultdict(list)
    for shop in shops:
        together[period.days(shop, now)].append(shop.pk)
    found = Q(pk=None)
    for days, ids in together.items():
        found |= Q(**{f"{path}__in": ids, "day__range": days})
    return found


def _add_hits(found: Sums, choice: Choice, now: datetime, using: str) -> None:
    hits = DecisionTally.objects.using(using).filter(
        in_days(choice.shops, choice.period, now, "shop"), strategy_id__gt=0
    )
    rows = (
        hits.values_list("shop_id", "strategy_id")
        .annotate(Sum("decisions"), Sum("amount"))
        .order_by()
    )
    for shop_id, strategy_id, number, amount in rows:
        found.hits[strategy_id] = Hits(number, amount)
        of_shop = found.hits_of_shop.setdefault(shop_id, Hits())
        of_shop.number += number
        of_shop.amount += amount


def cap_use(choice: Choice, now: datetime) -> dict[int, tuple[int, int]]:
    """By strategy: amount used, and the sum of its caps on the days on which it hit."""
    rows = (
        StrategyUsage.objects.filter(in_days(choice.shops, choice.period, now, "strategy__shop"))
        .values_list("strategy")
        .annotate(Sum("used"), Sum("cap"))
        .order_by()
    )
    return {strategy: (used, cap) for strategy, used, cap in rows}


__all__ = ["FigureSource", "Hits", "Sums", "Totals", "cap_use", "in_days", "sums"]
