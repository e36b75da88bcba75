"""Single dates with hours of their own, or none: the list, and its dialogs (SPEC T7)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftersale.admin.kit.dialogs import ask, caller, incomplete, posted
from aftersale.admin.kit.hours import intervals as of_a_day
from aftersale.admin.kit.pages import desk_page, done
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
    """Consecutive dates with the same hours."""

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
        return of_a_day(self.hours) or _("closed all day")


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
    typed = _typed(request, intervals.Day(_OWN, str(_("Special day")), [intervals.Row()]))
    form = DatesForm(initial=request.POST.dict()) if typed.drafted else DatesForm(posted(request))

    def act() -> HttpResponse:
        if not form.is_valid() or typed.wrong:
            raise incomplete()
        dates = between(form.cleaned_data["first"], form.cleaned_data["last"])
        taken = [text for text in dates if text in shop.special_days]
        if taken:
            raise Refused(
                _("%(day)s has hours of its own already; change them in the list.")
                % {"day": taken[0]}
            )
        return _set(request, shop, dates, typed, seen=dict.fromkeys(dates))

    return _ask(
        request,
        typed,
        act,
        title=_("Add special days"),
        # Checked by `act`, with the hours.
        look=lambda _refused: {"form": form},
    )


@desk_page
def change(request: HttpRequest, pk: int, first: str, last: str) -> HttpResponse:
    """Gives dates of the list other hours."""
    shop = owned_shop(request, pk)
    dates, seen = _seen(request, shop, first, last)
    hours = shop.special_days.get(dates[0], ())
    typed = _typed(request, intervals.stored(_OWN, str(_("Special day")), hours))

    def act() -> HttpResponse:
        if typed.wrong:
            raise incomplete()
        return _set(request, shop, dates, typed, seen=unseal(seen))

    return _ask(request, typed, act, title=_span(dates), seen=seen)


@desk_page
def remove(request: HttpRequest, pk: int, first: str, last: str) -> HttpResponse:
    """Makes dates of the list ordinary days again."""
    shop = owned_shop(request, pk)
    dates, seen = _seen(request, shop, first, last)

    def act() -> HttpResponse:
        settings.set_special_days(
            shop_id=shop.pk, days=dict.fromkeys(dates), seen=unseal(seen), **caller(request)
        )
        return _done(shop, _("The dates are ordinary days again."))

    left = {day: hours for day, hours in shop.special_days.items() if day not in dates}
    return ask(
        request,
        "aftersale/shop_settings/special_day_remove.html",
        act=act,
        title=_("Make ordinary days again"),
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
    """Dates of a dialog, and the seal of their hours when it was opened.

    POST reads the dates from the seal: the list may have changed since.
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


class Typed(NamedTuple):
    """Hours in the dialog. A draft is a row more or less, which a button asked for."""

    day: intervals.Day
    closed: bool
    drafted: bool = False

    @property
    def wrong(self) -> bool:
        return self.day.wrong and not self.closed


def _typed(request: HttpRequest, opened: intervals.Day) -> Typed:
    """The hours as sent; GET opens the dialog with those of `opened`."""
    if request.method != "POST":
        return Typed(opened, closed=not opened.intervals())
    day = intervals.sent(opened.key, opened.label, request.POST)
    closed = request.POST.get("closed") != "no"
    if not closed and not day.intervals() and not day.wrong:
        day.error = _("Give the hours, or say that the shop is closed.")
    drafted = _drafted(request, day)
    return Typed(day, closed and not drafted, drafted)


def _drafted(request: HttpRequest, day: intervals.Day) -> bool:
    """Adds or removes a row where a button asked for it; False where none did."""
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
    typed: Typed,
    *,
    seen: Any,
) -> HttpResponse:
    hours = [] if typed.closed else typed.day.intervals()
    settings.set_special_days(
        shop_id=shop.pk, days=dict.fromkeys(dates, hours), seen=seen, **caller(request)
    )
    return _done(shop, _("The special days are saved."))


def _done(shop: Shop, message: str) -> HttpResponse:
    shop.refresh_from_db()
    if warning := without_hours(shop, shop.working_hours, shop.special_days):
        return done(warning, kind="warning")
    return done(message)


def _ask(
    request: HttpRequest, typed: Typed, act: Callable[[], HttpResponse], **context: Any
) -> HttpResponse:
    return ask(
        request,
        "aftersale/shop_settings/special_day.html",
        act=None if typed.drafted else act,
        submit=_("Save"),
        day=typed.day,
        closed=typed.closed,
        most=intervals.MOST,
        draft_url=request.path,
        draft_target="#desk-dialog-content",
        **context,
    )
