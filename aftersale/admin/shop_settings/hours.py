"""The week's working hours: a grid, its bars and its words (SPEC T7)."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from aftersale.admin.kit.dialogs import attempt, caller
from aftersale.admin.kit.hours import WEEKDAYS
from aftersale.admin.kit.pages import desk_page, done
from aftersale.domain import working_week
from aftersale.domain.punctuation import COMMA
from aftersale.models import Shop
from aftersale.services.shared.errors import Refused
from aftersale.services.shops import settings

from . import automation, intervals, zones
from .frame import owned_shop, seal, section, the_shop, unseal

_WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
_COPIES = {
    "weekdays": _WORKDAYS,
    "weekend": ("sat", "sun"),
    "all": tuple(WEEKDAYS),
}


@desk_page
def hours(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        return _save(request, owned_shop(request, pk))
    shop = the_shop(request, pk)
    days = [
        intervals.stored(key, str(label), shop.working_hours.get(key, ()))
        for key, label in WEEKDAYS.items()
    ]
    return _section(request, shop, days, shop.timezone, seal(settings.hours_of(shop)))


@require_POST
@desk_page
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Saves nothing: answers with a row more or less, or with the bars and words of the typed
    hours."""
    shop = owned_shop(request, pk)
    days, do = _sent(request.POST), request.POST.get("do", "")
    if do:
        _carry_out(days, do)
    template = "hours_grid.html" if do else "hours_preview.html"
    return render(request, f"aftersale/shop_settings/{template}", _drawn(shop, days))


def _save(request: HttpRequest, shop: Shop) -> HttpResponse:
    days, zone = _sent(request.POST), request.POST.get("timezone", "")

    def act() -> HttpResponse:
        if any(day.wrong for day in days):
            raise Refused(_("Some times can't be read."))
        settings.set_hours(
            shop_id=shop.pk,
            timezone=zone,
            working_hours={day.key: day.intervals() for day in days},
            seen=unseal(request.POST.get("seen")),
            **caller(request),
        )
        shop.refresh_from_db()
        if warning := without_hours(shop, shop.working_hours, shop.special_days):
            return done(warning, kind="warning")
        return done(_("The working hours are saved."))

    def again(refused: Refused) -> HttpResponse:
        for day in days:
            if refused.pointer.startswith(f"working_hours.{day.key}"):
                day.error = refused.message
        return _section(request, shop, days, zone, request.POST.get("seen", ""), refused=refused)

    return attempt(act, again)


def without_hours(shop: Shop, working_hours: Any, special_days: Any) -> str:
    """The effect of having no hours on off-hours strategies (SPEC T7)."""
    if any([*working_hours.values(), *special_days.values()]):
        return ""
    names = [name for ask in automation.off_hours_strategies for name in ask(shop)]
    if not names:
        return ""
    return _(
        "Without working hours there are no off-hours, and these strategies approve nothing:"
        " %(names)s"
    ) % {"names": str(COMMA).join(names)}


def _sent(data: QueryDict) -> list[intervals.Day]:
    return [intervals.sent(key, str(label), data) for key, label in WEEKDAYS.items()]


def _carry_out(days: list[intervals.Day], do: str) -> None:
    """Changes the grid as a button said: "add:mon", "remove:mon:2", "copy:mon:weekdays"."""
    what, key, detail = (*do.split(":"), "", "")[:3]
    by_key = {day.key: day for day in days}
    day = by_key.get(key)
    if day is None:
        return
    if what == "add":
        intervals.add(day)
    elif what == "remove":
        intervals.remove(day, detail)
    elif what == "copy":
        for target in _COPIES.get(detail, (detail,)):
            if target in by_key:
                by_key[target].rows = [replace(row) for row in day.rows]
        day.focus = "copy"


def _section(
    request: HttpRequest,
    shop: Shop,
    days: list[intervals.Day],
    zone: str,
    seen: str,
    *,
    refused: Refused | None = None,
) -> HttpResponse:
    return section(
        request,
        shop,
        "shop-settings",
        refused=refused,
        seen=seen,
        zone=zone,
        zone_label=zones.label(shop.timezone, get_language() or ""),
        zones=zones.choices(zone, get_language() or ""),
        **_drawn(shop, days),
    )


def _drawn(shop: Shop, days: list[intervals.Day]) -> dict[str, Any]:
    """The days with their bars and their summary in words."""
    week = {day.key: day.intervals() for day in days}
    for key, spans in working_week.bars(week).items():
        next(day for day in days if day.key == key).bar = intervals.bar(spans)
    return {
        "days": days,
        "draft_url": reverse("desk:shop-hours-draft", args=[shop.pk]),
        "draft_target": "#hours-grid",
        "words": working_week.in_words(week, shop.special_days),
        "warning": without_hours(shop, week, shop.special_days),
        "unread": any(day.wrong for day in days),
        "most": intervals.MOST,
    }
