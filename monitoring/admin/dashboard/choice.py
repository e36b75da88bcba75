"""The shops and days that the dashboard shows, read from the address."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _

from aftersale.admin.kit import access
from aftersale.models import Shop
from monitoring.services.figures.days import Span, day_span, day_spans, today

# With more days the bars of a chart could not be told apart.
MOST_DAYS = 92
DATES = "dates"
# Name: how many days ago the period begins and ends, on each shop's own clock.
AGO = {"today": (0, 0), "yesterday": (1, 1), "7": (6, 0), "30": (29, 0)}
USUAL = "7"


@dataclass(frozen=True)
class Period:
    name: str
    # Days ago for a named period, else dates.
    ago: tuple[int, int] | None
    dates: tuple[date, date] | None
    # True if more days were asked for than are shown at once.
    cut: bool = False
    # The period that this one is compared with: where that one runs still, so long is this one.
    following: "Period | None" = None

    def days(self, shop: Shop, now: datetime) -> tuple[date, date]:
        if self.dates is not None:
            return self.dates
        assert self.ago is not None
        first, last = (today(shop, now) - timedelta(days=ago) for ago in self.ago)
        return first, last

    @property
    def length(self) -> int:
        if self.dates is not None:
            return (self.dates[1] - self.dates[0]).days + 1
        assert self.ago is not None
        return self.ago[0] - self.ago[1] + 1

    def before(self) -> "Period":
        """The period of the same length just before."""
        back = self.length
        if self.dates is not None:
            first, last = (day - timedelta(days=back) for day in self.dates)
            return replace(self, dates=(first, last), following=self)
        assert self.ago is not None
        ago = (self.ago[0] + back, self.ago[1] + back)
        return replace(self, ago=ago, following=self)

    def spans(self, shops: list[Shop], now: datetime) -> list[Span]:
        """A span for each day of each shop; before a period that runs still, as much as has gone
        of that one: its last day ends at this time of day."""
        found = []
        for shop in shops:
            spans = day_spans(shop, *self.days(shop, now))
            if self.following:
                at = today(shop, now)
                over = (at - self.following.days(shop, now)[0]).days
                gone = now - day_span(shop, at).starts
                spans = [
                    span._replace(ends=min(span.ends, span.starts + gone)) if day == over else span
                    for day, span in enumerate(spans)
                    if day <= over
                ]
            found += spans
        return found

    def parts(self, shops: list[Shop], now: datetime) -> list[Span]:
        """Those of the spans that end before their day does."""
        by_key = {shop.pk: shop for shop in shops}
        return [
            span
            for span in self.spans(shops, now)
            if span.ends < day_span(by_key[span.shop_id], span.day).ends
        ]

    def whole(self, shops: list[Shop], now: datetime) -> list[Span]:
        """One span for all days of each shop."""
        return [day_span(shop, *self.days(shop, now)) for shop in shops]


@dataclass(frozen=True)
class Choice:
    seen: list[Shop]
    shops: list[Shop]
    shop: Shop | None
    period: Period

    def query(self, **changes: Any) -> str:
        values: dict[str, Any] = {"period": self.period.name, "shop": self.shop and self.shop.pk}
        if self.period.dates is not None:
            values |= dict(zip(("from", "to"), self.period.dates, strict=True))
        values |= changes
        return urlencode({name: value for name, value in values.items() if value not in ("", None)})

    @property
    def one_clock(self) -> bool:
        return len({shop.timezone for shop in self.shops}) == 1


def read(request: HttpRequest) -> Choice:
    """Ignores values that can't be read, and shops that the user may not see."""
    seen = access.shops(request)
    wanted = request.GET.get("shop", "")
    shop = next((shop for shop in seen if str(shop.pk) == wanted), None)
    return Choice(seen, [shop] if shop else seen, shop, _period(request))


def _period(request: HttpRequest) -> Period:
    name = request.GET.get("period", USUAL)
    if name == DATES:
        try:
            first, last = (date.fromisoformat(request.GET.get(end, "")) for end in ("from", "to"))
        except ValueError:
            return Period(USUAL, AGO[USUAL], None)
        first, last = sorted((first, last))
        if first.year >= 2000 and last.year <= 2100:
            earliest = last - timedelta(days=MOST_DAYS - 1)
            return Period(DATES, None, (max(first, earliest), last), cut=first < earliest)
    return Period(name, AGO[name], None) if name in AGO else Period(USUAL, AGO[USUAL], None)


def names() -> dict[str, str]:
    return {
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "7": _("7 days"),
        "30": _("30 days"),
    }


def compared_with(period: Period) -> str:
    """Names the period that figures are compared with."""
    if period.name == "today":
        return _("yesterday until this time")
    if period.length == 1:
        return _("the day before")
    return _("the %(days)s days before") % {"days": period.length}
