"""Changes of a shop's week against the week before (SPEC M6). Amounts in fen."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Sum

from aftersale.models import AlertKind as ParcelKind
from aftersale.models import Shop
from monitoring.services.figures import Figure, FigureSource, earliest_days, read
from monitoring.services.figures.days import day_spans
from monitoring.services.worth import pace
from strategies.models import DecisionTally, Outcome

SHARE, HOURS, LOSSES, REASONS = "share", "hours", "losses", "reasons"
WEEK = timedelta(days=7)
# A reason is new that nobody gave in so many weeks before, and now so many requests.
WEEKS_BEFORE, LEAST_OF_REASON = 4, 3
# Smaller changes are no news: points of the share, of so many decisions; and hours saved.
LEAST_POINTS, LEAST_DECISIONS = 5, 20
LEAST_HOURS, LEAST_PART = 1, 0.2


def changed(shop: Shop, first: date, last: date) -> list[dict[str, Any]]:
    """Said only where the shop has been here for all of the time before."""
    earliest = earliest_days([shop.pk]).get(shop.pk)
    if earliest is None or earliest > first - WEEK:
        return []
    figures = figures_of(shop, first - WEEKS_BEFORE * WEEK, last)
    found = [*_decided(shop, first, last), *_losses(figures, first)]
    if earliest <= first - WEEKS_BEFORE * WEEK:
        found += _new_reasons(figures, first)
    return found


def figures_of(shop: Shop, first: date, last: date) -> list[Figure]:
    return read(day_spans(shop, first, last), without=FigureSource.PRODUCT)


def _decided(shop: Shop, first: date, last: date) -> list[dict[str, Any]]:
    """The share of cases decided without people, and the work that this saved."""
    (automatic, decided), (automatic_before, decided_before) = (
        _cases(shop, first, last),
        _cases(shop, first - WEEK, last - WEEK),
    )
    found = []
    if min(decided, decided_before) >= LEAST_DECISIONS:
        now, before = (
            round(automatic * 100 / decided),
            round(automatic_before * 100 / decided_before),
        )
        if abs(now - before) >= LEAST_POINTS:
            found.append({"what": SHARE, "now": now, "before": before})
    seconds = pace(day_spans(shop, first - WEEK, last)).seconds_a_case
    hours, hours_before = automatic * seconds / 3600, automatic_before * seconds / 3600
    if abs(hours - hours_before) >= max(LEAST_HOURS, LEAST_PART * hours_before):
        found.append({"what": HOURS, "now": round(hours * 60), "before": round(hours_before * 60)})
    return found


def _cases(shop: Shop, first: date, last: date) -> tuple[int, int]:
    rows = DecisionTally.objects.filter(shop=shop, day__range=(first, last))
    by_outcome = dict(rows.values_list("outcome").annotate(Sum("decisions")).order_by())
    decided = sum(by_outcome.values())
    return decided - by_outcome.get(Outcome.MANUAL, 0), decided


def _losses(figures: Sequence[Figure], first: date) -> list[dict[str, Any]]:
    """Likely losses found in the week; said where there are more, or fewer."""
    found = [
        each
        for each in figures
        if each.source == FigureSource.LOSS and each.kind == ParcelKind.LIKELY_LOSS
    ]
    now = sum(each.number for each in found if each.day >= first)
    before = sum(each.number for each in found if first - WEEK <= each.day < first)
    if now == before:
        return []
    amount = sum(each.amount for each in found if each.day >= first)
    return [{"what": LOSSES, "now": now, "before": before, "amount": amount}]


def _new_reasons(figures: Sequence[Figure], first: date) -> list[dict[str, Any]]:
    now: Counter[str] = Counter()
    known = {""}
    for each in figures:
        if each.source == FigureSource.REQUEST:
            if each.day >= first:
                now[each.kind] += each.number
            else:
                known.add(each.kind)
    new = [
        {"reason": reason, "requests": number}
        for reason, number in now.most_common()
        if number >= LEAST_OF_REASON and reason not in known
    ]
    # Nobody who asked before: then every reason would be new.
    return [{"what": REASONS, "reasons": new[:3]}] if new and len(known) > 1 else []
