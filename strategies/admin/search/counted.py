"""The number of decisions that a search finds, from their tally where it covers the search (SPEC
M2)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib.admin.views.main import ALL_VAR
from django.db.models import Sum
from django.http import HttpRequest

from aftersale.admin.kit import access
from aftersale.admin.kit.change_list import SHOP
from aftersale.domain.digits import whole_number
from strategies.models import DecisionTally

from .filters import FROM, TO, read_time, zone_of

STRATEGY = "strategy"
# The filters in the address, and what they ask of a tally.
_ASKED = {
    "outcome__exact": "outcome",
    "outcome__in": "outcome__in",
    "why__exact": "why",
    "source__exact": "source",
    "scenario__exact": "scenario",
    STRATEGY: "strategy_id",
}


def counted(request: HttpRequest, params: Mapping[str, str]) -> int | None:
    """The number of decisions, equal to a count of the rows however many there are; for whole days
    of shops on one clock. None where the search asks for more than is tallied."""
    if not params.keys() <= _ASKED.keys() | {FROM, TO, SHOP, ALL_VAR}:
        return None
    first, after = (_midnight(request, params.get(name, "")) for name in (FROM, TO))
    shops = [shop for shop in access.shops(request) if params.get(SHOP) in (None, str(shop.pk))]
    if first is None or after is None or len({shop.timezone for shop in shops}) != 1:
        return None
    if any(shop.archived_before and first <= shop.archived_before.date() for shop in shops):
        return None  # decisions of such days may be in an archive, and are in the tallies still
    asked: dict[str, Any] = {
        name: params[key] for key, name in _ASKED.items() if key in params and key != STRATEGY
    }
    if "outcome__in" in asked:
        asked["outcome__in"] = asked["outcome__in"].split(",")
    if STRATEGY in params:
        asked["strategy_id"] = key_of(params[STRATEGY])
    tallies = DecisionTally.objects.filter(
        shop__in=shops, day__gte=first, day__lte=after - timedelta(days=1), **asked
    )
    return tallies.aggregate(number=Sum("decisions", default=0))["number"]


def key_of(text: str) -> int:
    """A strategy's key; for any other text 0, which no strategy has."""
    return whole_number(text) or 0


def _midnight(request: HttpRequest, text: str) -> date | None:
    """The day that begins at this time on the listed shops' clock."""
    at = read_time(text, zone_of(request))
    if at is None or (at.hour, at.minute, at.second, at.microsecond) != (0, 0, 0, 0):
        return None
    return at.date()
