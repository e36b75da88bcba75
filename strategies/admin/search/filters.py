"""Filters of the decision search, all of them in the address."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from aftersale.admin.kit import access
from aftersale.domain.labels import REASONS

FROM, TO = "from", "to"
_DAYS = (1, 7, 30)


class ReasonFilter(admin.SimpleListFilter):
    """The buyer's reason; one unknown to all platforms is found by its code in the address."""

    title = _("application reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(REASONS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        return queryset if value is None else queryset.filter(reason=value.replace("\0", ""))


class TimeFilter(admin.ListFilter):
    """Decided from … until … on the shop's clock; the project's where several shops are listed."""

    title = _("decided at")
    template = "strategies/search/time.html"

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in (FROM, TO):
            if name in params:
                value = params.pop(name)
                self.used_parameters[name] = value[-1] if isinstance(value, list) else value
        self.zone = zone_of(request)

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [FROM, TO]

    def at(self, name: str) -> datetime | None:
        return read_time(str(self.used_parameters.get(name, "")), self.zone)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        start, end = self.at(FROM), self.at(TO)
        if start is not None:
            queryset = queryset.filter(decided_at__gte=start)
        return queryset if end is None else queryset.filter(decided_at__lt=end)

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {
            "from": _typed(self.at(FROM)),
            "to": _typed(self.at(TO)),
            "others": [
                (name, value)
                for name, values in changelist.filter_params.items()
                for value in values
                if name not in (FROM, TO)
            ]
            + [("q", changelist.query)] * bool(changelist.query),
            "quick": [
                {"query": self._query(changelist, days), "label": _last_days(days)}
                for days in _DAYS
            ],
        }

    def _query(self, changelist: Any, days: int) -> str:
        """From the beginning of the shop's day on."""
        today = timezone.localtime(timezone.now(), self.zone).replace(tzinfo=None)
        start = datetime(today.year, today.month, today.day) - timedelta(days=days - 1)
        return changelist.get_query_string({FROM: f"{start:%Y-%m-%dT%H:%M}"}, [TO])


def zone_of(request: HttpRequest) -> Any:
    """The clock of the one shop that is listed."""
    shops = access.shops(request)
    wanted = request.GET.get("shop", "")
    listed = [shop for shop in shops if not wanted or str(shop.pk) == wanted]
    if len({shop.timezone for shop in listed}) == 1:
        return ZoneInfo(listed[0].timezone)
    return timezone.get_default_timezone()


def read_time(text: str, zone: Any) -> datetime | None:
    """A time as a browser's field sends it; None for text that can't be read."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)) if at.year > 1 else None
    except ValueError:
        return None


def _typed(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%dT%H:%M}"


def _last_days(days: int) -> str:
    if days == 1:
        return str(_("Today"))
    return ngettext("Last %(days)d day", "Last %(days)d days", days) % {"days": days}
