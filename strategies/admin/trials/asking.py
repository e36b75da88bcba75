"""Starting trial runs, and the dialog that shows their progress (SPEC M3).

A proposal goes through the service that would save it (trials.content_after): it gives the same
strategies, and the same refusals.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aftersale.admin.kit import access
from aftersale.admin.kit.access import person
from aftersale.admin.kit.dialogs import ask
from aftersale.admin.kit.pages import desk_page, dialog
from aftersale.admin.kit.typed_keys import typed_keys
from aftersale.models import Shop
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from strategies.models import Scenario, Strategy, TrialKind, TrialRun
from strategies.services import strategies, trials

from ..editor.permitted import shop_for, shops_for, strategy_for

DAYS = (7, 30, 90)


def period_of(data: Mapping[str, Any], shop: Shop, *, now: datetime) -> tuple[date, date]:
    """The first and the last day that were chosen: so many up to today, or dates."""
    chosen = data.get("period", "")
    today = now.astimezone(ZoneInfo(shop.timezone)).date()
    if chosen in map(str, DAYS):
        return today - timedelta(days=int(chosen) - 1), today
    try:
        return date.fromisoformat(data.get("first", "")), date.fromisoformat(data.get("last", ""))
    except ValueError as wrong:
        raise Refused(_("Choose the first and the last day."), pointer="first") from wrong


def started(request: HttpRequest, trial: TrialRun) -> HttpResponse:
    """The dialog with a trial run's progress; the page behind it stays as it was."""
    return dialog(
        request,
        "strategies/trials/started.html",
        title=_("Trial run"),
        trial=trial,
        in_dialog=True,
        may_cancel=True,
    )


@desk_page
@require_http_methods(["GET", "POST"])
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Trial run of enabling or disabling a strategy."""
    strategy = strategy_for(request, pk)
    user, now = person(request), timezone.now()

    def change() -> Strategy:
        if strategy.enabled:
            return strategies.disable(strategy_id=pk, user=user, now=now)
        return strategies.enable(strategy_id=pk, user=user, now=now)

    def begin() -> TrialRun:
        first, last = period_of(request.POST, strategy.shop, now=now)
        return trials.begin(
            shop_id=strategy.shop_id,
            kind=TrialKind.STRATEGY,
            title=strategy.name,
            proposed=trials.content_after(strategy.shop_id, change),
            first=first,
            last=last,
            user=user,
            now=now,
        )

    question = (
        _("What would have been different in the past without “%(name)s”?")
        if strategy.enabled
        else _("What would have been different in the past with “%(name)s” enabled?")
    )
    return _ask(
        request,
        begin,
        question=question % {"name": strategy.name},
    )


@desk_page
@require_http_methods(["GET", "POST"])
def pause(request: HttpRequest) -> HttpResponse:
    """Trial run of a pause of automatic refunds (SPEC G2)."""
    return _of_a_shop(
        request,
        TrialKind.PAUSE,
        question=_("What would a pause of automatic refunds have stopped?"),
    )


@desk_page
@require_http_methods(["GET", "POST"])
def present(request: HttpRequest) -> HttpResponse:
    """Trial run of the strategies as they are."""
    return _of_a_shop(
        request,
        TrialKind.PRESENT,
        question=_("What would the strategies as they are now have decided in the past?"),
    )


def _of_a_shop(request: HttpRequest, kind: TrialKind, *, question: str) -> HttpResponse:
    """Nothing is proposed: the shop's strategies stay as they are."""
    shops = shops_for(request)
    if not shops:
        raise NotAllowed(_("Your role in this shop does not allow this."))

    def begin() -> TrialRun:
        if not request.POST.get("shop"):
            raise Refused(_("Choose a shop."))
        shop, now = shop_for(request, request.POST["shop"]), timezone.now()
        first, last = period_of(request.POST, shop, now=now)
        return trials.begin(
            shop_id=shop.pk,
            kind=kind,
            title=shop.name,
            proposed=None,
            first=first,
            last=last,
            user=person(request),
            now=now,
        )

    return _ask(request, begin, question=question, shops=shops)


@desk_page
@require_http_methods(["GET", "POST"])
def order(request: HttpRequest, shop_id: int, scenario: str) -> HttpResponse:
    """Trial run of another order of priorities; `before` is the present order."""
    shop = shop_for(request, str(shop_id))
    if scenario not in Scenario.values:
        raise NotFound(_("There is no such scenario."))
    user, now = person(request), timezone.now()
    live = Strategy.objects.filter(shop=shop, scenario=scenario, deleted_at=None)
    cards = list(live.order_by("priority"))
    present = [strategy.pk for strategy in cards]
    before = typed_keys(request.POST.get("before", request.GET.get("before", "")))

    def content(ids: list[int]) -> dict[str, Any]:
        return trials.content_after(
            shop.pk,
            lambda: strategies.reorder(
                shop_id=shop.pk, scenario=scenario, ids=ids, seen=present, user=user, now=now
            ),
        )

    def begin() -> TrialRun:
        first, last = period_of(request.POST, shop, now=now)
        if before:
            sides = {"present": content(before), "proposed": None}
        else:
            sides = {"proposed": content(_places(request, present))}
        return trials.begin(
            shop_id=shop.pk,
            kind=TrialKind.PRIORITIES,
            title=scenario,
            first=first,
            last=last,
            user=user,
            now=now,
            **sides,
        )

    return _ask(
        request,
        begin,
        question=_("What would this order have changed?")
        if before
        else _("What would another order have changed? Nothing is saved."),
        before=",".join(map(str, before)),
        cards=[]
        if before
        else [
            {"strategy": each, "place": request.POST.get(f"place-{each.pk}", str(each.priority))}
            for each in cards
        ],
        places=[str(number) for number in range(1, len(cards) + 1)],
    )


def _places(request: HttpRequest, present: list[int]) -> list[int]:
    places = {pk: request.POST.get(f"place-{pk}", "") for pk in present}
    wanted = {str(number) for number in range(1, len(present) + 1)}
    if set(places.values()) != wanted:
        raise Refused(_("Give each strategy a place of its own."))
    ids = sorted(present, key=lambda pk: int(places[pk]))
    if ids == present:
        raise Refused(_("This is the order as it is. Change a place first."))
    return ids


def _ask(request: HttpRequest, begin: Callable[[], TrialRun], **context: Any) -> HttpResponse:
    return ask(
        request,
        "strategies/trials/ask.html",
        act=lambda: started(request, begin()),
        title=_("Try it on the past"),
        submit=_("Try it"),
        sent=request.POST,
        days=DAYS,
        seen=access.shops(request),
        **context,
    )
