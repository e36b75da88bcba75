"""The holidays of mainland China, offered with the dates that would be written (SPEC T7)."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.kit.hours import WEEKDAYS as LABELS
from aftersale.admin.kit.hours import intervals
from aftersale.admin.kit.pages import desk_page, done
from aftersale.domain import holidays
from aftersale.domain.working_week import WEEKDAYS, days_in_words
from aftersale.models import Shop
from aftersale.services.shared.errors import Refused
from aftersale.services.shops import settings

from .dates import shop_today
from .frame import owned_shop, seal, unseal


@desk_page
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    year = _year(request, shop)
    found = holidays.of_year(year)
    like = request.POST.get("like") or _first_working_day(shop)
    this_year = shop_today(shop).year

    def act() -> HttpResponse:
        assert found is not None
        days = _chosen_days(request, shop, found, like)
        if not days:
            raise Refused(_("Choose at least one date."))
        seen = unseal(request.POST.get("seen"))
        settings.set_special_days(
            shop_id=shop.pk,
            days=days,
            seen={day: seen.get(day) for day in days},
            **caller(request),
        )
        return done(
            ngettext(
                "%(count)d special day is saved.", "%(count)d special days are saved.", len(days)
            )
            % {"count": len(days)}
        )

    return ask(
        request,
        "aftersale/shop_settings/holidays.html",
        act=None if found is None else act,
        title=_("Holidays of mainland China"),
        action=f"{request.path}?year={year}",
        here=request.path,
        year=year,
        years=[this_year, this_year + 1],
        published=found is not None,
        like=like,
        likes=[
            (key, label, intervals(shop.working_hours[key]))
            for key, label in LABELS.items()
            if shop.working_hours.get(key)
        ],
        **_offered(request, shop, found),
    )


def _chosen_days(
    request: HttpRequest, shop: Shop, found: holidays.Holidays, like: str
) -> dict[str, Any]:
    """Hours of each chosen date: none of a day off, those of weekday `like` of a working day."""
    chosen = set(request.POST.getlist("day"))
    days: dict[str, Any] = {
        day.isoformat(): [] for day in found.days_off if day.isoformat() in chosen
    }
    if like in WEEKDAYS:
        days |= {
            day.isoformat(): shop.working_hours.get(like, [])
            for day in found.working_days
            if day.isoformat() in chosen
        }
    return days


def _offered(request: HttpRequest, shop: Shop, found: holidays.Holidays | None) -> dict[str, Any]:
    context: dict[str, Any] = {"festivals": [], "working": []}
    if found is not None:
        chosen = set(request.POST.getlist("day")) if request.method == "POST" else None
        dates = [day.isoformat() for day in (*found.days_off, *found.working_days)]
        festivals: dict[str, list[dict[str, Any]]] = {}
        for day, name in found.days_off.items():
            title = str(holidays.FESTIVALS.get(name, name))
            festivals.setdefault(title, []).append(_date(shop, day, chosen))
        context = {
            "festivals": [{"name": name, "days": days} for name, days in festivals.items()],
            "working": [_date(shop, day, chosen) for day in found.working_days],
            "summary": _("%(days_off)s, %(working_days)s")
            % {
                "days_off": ngettext("%(count)d day off", "%(count)d days off", len(found.days_off))
                % {"count": len(found.days_off)},
                "working_days": ngettext(
                    "%(count)d make-up working day",
                    "%(count)d make-up working days",
                    len(found.working_days),
                )
                % {"count": len(found.working_days)},
            },
            "seen": request.POST.get("seen") or seal(settings.special_days_of(shop, dates)),
            "submit": _("Add the chosen dates"),
        }
    return context


def _date(shop: Shop, day: date, chosen: set[str] | None) -> dict[str, Any]:
    """A date of the preview; ticked by default unless it is past or has its own hours."""
    text = day.isoformat()
    own = shop.special_days.get(text)
    past, now = day < shop_today(shop), None
    if own is not None:
        now = intervals(own) or _("closed all day")
    return {
        "date": text,
        "weekday": days_in_words([day.weekday()]),
        "now": now,
        "past": past,
        "chosen": own is None and not past if chosen is None else text in chosen,
    }


def _year(request: HttpRequest, shop: Shop) -> int:
    """The year asked for; else this year, or the next once this year's holidays are over."""
    today = shop_today(shop)
    asked = request.GET.get("year", "")
    if asked in (str(today.year), str(today.year + 1)):
        return int(asked)
    found = holidays.of_year(today.year)
    left = found is not None and any(day >= today for day in found.days_off)
    return today.year if left else today.year + 1


def _first_working_day(shop: Shop) -> str:
    return next((day for day in WEEKDAYS if shop.working_hours.get(day)), "")
