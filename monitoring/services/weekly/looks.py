"""Things to look at after a shop's week (SPEC M6). Amounts in fen."""

from collections import Counter
from datetime import date
from typing import Any

from aftersale.models import Shop
from monitoring.services.figures import FigureSource
from strategies.models import AdviceRun, Strategy, TrialStatus
from strategies.services.advice import chosen_point

from .figures import WEEK, WEEKS_BEFORE, figures_of

PROPOSALS, MISTAKES, CAP = "proposals", "mistakes", "cap"
# A proposal that saves less a month is not worth a line; one that was told is told again once it
# has grown so much.
LEAST_MINUTES, GROWN = 60, 1.25
# Mistakes of a strategy in the week, and how many times those of a week before.
LEAST_MISTAKES, TIMES = 3, 2
# Days of the week on which a cap ran out.
LEAST_DAYS_OUT = 2


def to_look_at(
    shop: Shop, first: date, last: date, run: AdviceRun | None, *, told: int
) -> tuple[list[dict[str, Any]], int]:
    """The points to look at, and the minutes a month of the proposals that were told last."""
    found, told = _proposals(run, told)
    names = {
        str(pk): name
        for pk, name in Strategy.objects.filter(shop=shop, deleted_at=None, enabled=True)
        .order_by("pk")
        .values_list("pk", "name")
    }
    found += _mistakes(shop, first, last, names)
    found += _caps(run, first, last, names)
    return found, told


def _proposals(run: AdviceRun | None, told: int) -> tuple[list[dict[str, Any]], int]:
    point = chosen_point(run) if run is not None and run.status == TrialStatus.DONE else None
    if point is None or not point["figures"]:
        return [], told
    month = point["figures"]["month"]
    minutes = month["minutes_a_month"]
    if minutes < max(LEAST_MINUTES, told * GROWN):
        return [], told
    said = {
        "what": PROPOSALS,
        "count": len(point["proposals"]),
        "minutes": minutes,
        "loss": month["loss_a_month"],
    }
    return [said], minutes


def _mistakes(shop: Shop, first: date, last: date, names: dict[str, str]) -> list[dict[str, Any]]:
    """Enabled strategies whose hits became losses more often than in the weeks before."""
    now: Counter[str] = Counter()
    before: Counter[str] = Counter()
    amount: Counter[str] = Counter()
    for each in figures_of(shop, first - WEEKS_BEFORE * WEEK, last):
        if each.source == FigureSource.REGRET:
            if each.day >= first:
                now[each.kind] += each.number
                amount[each.kind] += each.amount
            else:
                before[each.kind] += each.number
    return [
        {"what": MISTAKES, "name": names[key], "number": number, "amount": amount[key]}
        for key, number in now.most_common()
        if key in names and number >= LEAST_MISTAKES and number > TIMES * before[key] / WEEKS_BEFORE
    ]


def _caps(
    run: AdviceRun | None, first: date, last: date, names: dict[str, str]
) -> list[dict[str, Any]]:
    """Daily caps that would have run out by the strategies as they are, as the search decided the
    days once more."""
    days_out = run.summary.get("ran_out", {}) if run is not None else {}
    found = []
    for key, days in days_out.items():
        own = [day for day in days if first <= date.fromisoformat(day) <= last]
        if key in names and len(own) >= LEAST_DAYS_OUT:
            found.append({"what": CAP, "name": names[key], "days": len(own)})
    return found
