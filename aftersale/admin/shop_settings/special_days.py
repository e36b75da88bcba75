"""Single dates with hours of their own, or none: the list, and its dialogs (SPEC T7)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import desk_page, dialog, done
from aftersale.domain import holidays
from aftersale.domain.working_week import days_in_words
from aftersale.models import Shop
from aftersale.services.shared.errors import NotFound, Refused, Stale
from aftersale.services.shops import settings

from . import intervals
from .dates import DatesForm, shop_today
from .frame import owned_shop, seal, section, the_shop, unseal
from .hours import without_hours

_OWN = "own"


class Run(NamedTuple):
    """Dates on end with the same hours."""

    first: date
    last: date
    hours: Sequence[Sequence[str]]
    name: str
    """The holiday, if they are one."""

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def weekdays(self) -> str:
        first, last = self.first.weekday(), self.last.weekday()
        if self.first == self.last:
            return days_in_words([first])
        return _("%(first)s–%(last)s") % {
            "first": days_in_words([first]),
            "last": days_in_words([last]),
        }

    @property
    def words(self) -> str:
        return ", ".join(f"{start}–{end}" for start, end in self.hours) or _("closed all day")


@desk_page
def special_days(request: HttpRequest, pk: int) -> HttpResponse:
    shop = the_shop(request, pk)
    today = shop_today(shop)
    runs = runs_of(shop.special_days)
    return section(
        request,
        shop,
        "shop-special-days",
        coming=[run for run in runs if run.last >= today],
        past=[run for run in reversed(runs) if run.last < today],
    )


@desk_page
def add(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    form = DatesForm(request.POST if request.method == "POST" else None)
    day = intervals.Day(_OWN, str(_("Special day")), [intervals.Row()])
    if request.method != "POST":
        return _dialog(request, shop, day, closed=True, form=form)
    day, closed = _sent(request)
    if _drafted(request, day):
        closed = False
        form = DatesForm(initial=request.POST.dict())
        return _dialog(request, shop, day, closed=closed, form=form)
    refused: Refused | None = None
    if not form.is_valid() or (day.wrong and not closed):
        refused = Refused(_("Something is missing or wrong below."))
    else:
        dates = between(form.cleaned_data["first"], form.cleaned_data["last"])
        taken = [text for text in dates if text in shop.special_days]
        if taken:
            refused = Refused(
                _("%(day)s has hours of its own already; change them in the list.")
                % {"day": taken[0]}
            )
        else:
            refused = _set(request, shop, dates, day, closed=closed, seen=dict.fromkeys(dates))
    if refused is not None:
        return _dialog(request, shop, day, closed=closed, form=form, refused=refused)
    return _done(shop, _("The special days are saved."))


@desk_page
def change(request: HttpRequest, pk: int, first: str, last: str) -> HttpResponse:
    """Gives dates of the list other hours."""
    shop = owned_shop(request, pk)
    dates, seen = _seen(request, shop, first, last)
    context: dict[str, Any] = {"dates": dates, "seen": seen}
    if request.method != "POST":
        hours = shop.special_days[dates[0]]
        day = intervals.stored(_OWN, str(_("Special day")), hours)
        return _dialog(request, shop, day, closed=not hours, **context)
    day, closed = _sent(request)
    if _drafted(request, day):
        closed = False
        return _dialog(request, shop, day, closed=closed, **context)
    if day.wrong and not closed:
        refused: Refused | None = Refused(_("Something is missing or wrong below."))
    else:
        refused = _set(request, shop, dates, day, closed=closed, seen=seen)
    if refused is not None:
        return _dialog(request, shop, day, closed=closed, refused=refused, **context)
    return _done(shop, _("The special days are saved."))


@desk_page
def remove(request: HttpRequest, pk: int, first: str, last: str) -> HttpResponse:
    """Makes dates of the list ordinary days again."""
    shop = owned_shop(request, pk)
    dates, seen = _seen(request, shop, first, last)
    refused: Refused | None = None
    if request.method == "POST":
        try:
            settings.set_special_days(
                shop_id=shop.pk,
                days=dict.fromkeys(dates),
                seen=unseal(seen),
                user=access.person(request),
                now=timezone.now(),
            )
        except Refused as error:
            refused = error
        else:
            return _done(shop, _("The dates are ordinary days again."))
    left = {day: hours for day, hours in shop.special_days.items() if day not in dates}
    return dialog(
        request,
        "aftersale/shop_settings/special_day_remove.html",
        refused=refused,
        title=_("Make ordinary days again"),
        action=request.path,
        submit=ngettext("Make %(count)d day ordinary", "Make %(count)d days ordinary", len(dates))
        % {"count": len(dates)},
        dates=_span(dates),
        seen=seen,
        warning=without_hours(shop, shop.working_hours, left),
    )


def runs_of(days: Mapping[str, Sequence[Sequence[str]]]) -> list[Run]:
    runs: list[Run] = []
    for text in sorted(days):
        day, hours = date.fromisoformat(text), days[text]
        name = holidays.name_on(day)
        before = runs[-1] if runs else None
        if (
            before is not None
            and before.last + timedelta(days=1) == day
            and (before.hours, before.name) == (hours, name)
        ):
            runs[-1] = before._replace(last=day)
        else:
            runs.append(Run(day, day, hours, name))
    return runs


def between(first: date, last: date) -> list[str]:
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def _seen(request: HttpRequest, shop: Shop, first: str, last: str) -> tuple[list[str], str]:
    """The dates that a dialog is about, and the seal of what they were when it was opened.

    Once it is sent back the seal says which: the list may be another by then.
    """
    sent = request.POST.get("seen")
    if request.method == "POST":
        try:
            dates = sorted(unseal(sent))
        except Stale:
            dates = []
    else:
        dates = sorted(day for day in shop.special_days if first <= day <= last)
    if not dates:
        raise NotFound(_("There are no such special days."))
    return dates, sent or seal(settings.special_days_of(shop, dates))


def _span(dates: Sequence[str]) -> str:
    return dates[0] if len(dates) == 1 else f"{dates[0]} – {dates[-1]}"


def _sent(request: HttpRequest) -> tuple[intervals.Day, bool]:
    day = intervals.sent(_OWN, str(_("Special day")), request.POST)
    closed = request.POST.get("closed") != "no"
    if not closed and not day.intervals() and not day.wrong:
        day.error = _("Give the hours, or say that the shop is closed.")
    return day, closed


def _drafted(request: HttpRequest, day: intervals.Day) -> bool:
    """Whether a button asked for a row more or less, which is done then."""
    what, _key, number = (*request.POST.get("do", "").split(":"), "", "")[:3]
    if what == "add":
        intervals.add(day)
    elif what == "remove":
        intervals.remove(day, number)
    else:
        return False
    day.error = ""
    return True


def _set(
    request: HttpRequest,
    shop: Shop,
    dates: Sequence[str],
    day: intervals.Day,
    *,
    closed: bool,
    seen: Any,
) -> Refused | None:
    hours = [] if closed else day.intervals()
    try:
        settings.set_special_days(
            shop_id=shop.pk,
            days=dict.fromkeys(dates, hours),
            seen=unseal(seen) if isinstance(seen, str) else seen,
            user=access.person(request),
            now=timezone.now(),
        )
    except Refused as refused:
        return refused
    return None


def _done(shop: Shop, message: str) -> HttpResponse:
    shop.refresh_from_db()
    if warning := without_hours(shop, shop.working_hours, shop.special_days):
        return done(warning, kind="warning")
    return done(message)


def _dialog(
    request: HttpRequest,
    shop: Shop,
    day: intervals.Day,
    *,
    closed: bool,
    refused: Refused | None = None,
    dates: Sequence[str] = (),
    **context: Any,
) -> HttpResponse:
    return dialog(
        request,
        "aftersale/shop_settings/special_day.html",
        refused=refused,
        title=_span(dates) if dates else _("Add special days"),
        action=request.path,
        submit=_("Save"),
        day=day,
        closed=closed,
        most=intervals.MOST,
        draft_url=request.path,
        draft_target="#desk-dialog-content",
        **context,
    )
