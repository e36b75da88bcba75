"""The page of advice: begin a search, watch it, look at its result, make drafts of it (SPEC M6)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import desk_page, show
from aftersale.domain.digits import whole_number
from aftersale.models import Shop
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from strategies.models import UNDER_WAY, AdviceRun, Strategy, TrialKind, TrialStatus
from strategies.services import advice, strategies, trials

from ..editor.permitted import shop_for, shops_for
from . import result

EARLIER = 10


@desk_page
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The newest advice of a shop: the one asked for, else the first that the person may change."""
    shops = shops_for(request)
    wanted = request.GET.get("shop", "")
    if not shops and not wanted:
        raise NotAllowed(_("Your role in this shop does not allow this."))
    shop = shop_for(request, wanted) if wanted else shops[0]
    return _page(request, shop, _runs(shop).first())


@desk_page
@require_GET
def one(request: HttpRequest, pk: int) -> HttpResponse:
    run = advice_for(request, pk)
    return _page(request, run.shop, run)


@desk_page
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it has come, asked for once a second; at its end the page is read anew."""
    return _progress(request, advice_for(request, pk))


@desk_page
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    advice.cancel(run_id=pk, user=access.person(request), now=timezone.now())
    return _progress(request, advice_for(request, pk))


@desk_page
@require_POST
def drafts(request: HttpRequest, pk: int) -> HttpResponse:
    """The strategies of a point as drafts, not enabled."""
    run = advice_for(request, pk)
    point = whole_number(request.POST.get("point", ""), digits=3)
    try:
        made = advice.make_drafts(
            run_id=pk,
            point=-1 if point is None else point,
            user=access.person(request),
            now=timezone.now(),
        )
    except NotAllowed:
        raise
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        said = ngettext(
            "%d draft is made. It is not enabled: try it on the past first.",
            "%d drafts are made. They are not enabled: try them on the past first.",
            len(made),
        )
        messages.success(request, said % len(made))
    address = reverse("automation:advice-one", args=[run.pk])
    return redirect(address if point is None else f"{address}?point={point}")


@desk_page
@require_POST
def try_drafts(request: HttpRequest, pk: int) -> HttpResponse:
    """Trial run of the whole board with the drafts enabled, over the days of the advice."""
    run = advice_for(request, pk)
    user, now = access.person(request), timezone.now()
    left = Strategy.objects.filter(pk__in=run.drafts, deleted_at=None)

    def enable() -> None:
        if not left:
            raise Refused(_("Make drafts first."))
        for draft in left:
            strategies.enable(strategy_id=draft.pk, user=user, now=now)

    return _trial_of(request, run, enable, TrialKind.STRATEGY, _("drafts of the advice"))


@desk_page
@require_POST
def draft_change(request: HttpRequest, pk: int, strategy_id: int) -> HttpResponse:
    """The change of a strategy as a draft beside it, not enabled."""
    run = advice_for(request, pk)
    try:
        made = advice.make_change(
            run_id=pk, strategy_id=strategy_id, user=access.person(request), now=timezone.now()
        )
    except (NotFound, NotAllowed):
        raise
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        said = _("The draft “%s” is made. It is not enabled: try it in the other's place first.")
        messages.success(request, said % made.name)
    return redirect("automation:advice-one", run.pk)


@desk_page
@require_POST
def try_change(request: HttpRequest, pk: int, strategy_id: int) -> HttpResponse:
    """Trial run of the whole board with what is advised about a strategy."""
    run = advice_for(request, pk)
    kind = advice.advised(run, strategy_id)["kind"]

    def change() -> None:
        advice.apply_change(run, strategy_id, user=access.person(request), now=timezone.now())

    kinds = TrialKind.PRIORITIES if kind == "move" else TrialKind.STRATEGY
    return _trial_of(request, run, change, kinds, _("a change that was advised"))


def _trial_of(
    request: HttpRequest, run: AdviceRun, change: Callable[[], object], kind: str, title: str
) -> HttpResponse:
    first, last = result.days_of(run)
    try:
        trial = trials.begin(
            shop_id=run.shop_id,
            kind=kind,
            title=title,
            proposed=trials.content_after(run.shop_id, change),
            first=first,
            last=last,
            user=access.person(request),
            now=timezone.now(),
        )
    except (NotFound, NotAllowed):
        raise
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("automation:advice-one", run.pk)
    return redirect("automation:trial", trial.pk)


def advice_for(request: HttpRequest, pk: int) -> AdviceRun:
    """The advice, if this person may change its shop's strategies."""
    seen = rights.scoped(AdviceRun.objects.all(), access.person(request))
    run = seen.select_related("shop", "created_by").filter(pk=pk).first()
    if run is None:
        raise NotFound(_("There is no such advice."))
    rights.require(access.person(request), run.shop_id, Right.CHANGE_STRATEGIES)
    return run


def _runs(shop: Shop) -> Any:
    runs = AdviceRun.objects.filter(shop=shop).select_related("shop", "created_by")
    return runs.defer("present").order_by("-id")


def _page(request: HttpRequest, shop: Shop, run: AdviceRun | None) -> HttpResponse:
    context: dict[str, Any] = {}
    if run is not None:
        context |= _about(run)
        if run.status == TrialStatus.DONE:
            wanted = whole_number(request.GET.get("point", ""), digits=3)
            context |= result.result(run, wanted)
    zone = ZoneInfo(shop.timezone)
    earlier = [
        {
            "pk": each.pk,
            "days": (each.starts_at.astimezone(zone), each.ends_at.astimezone(zone) - _SECOND),
            "run": each,
        }
        for each in _runs(shop).defer("present", "summary")[:EARLIER]
        if run is None or each.pk != run.pk
    ]
    return show(
        request,
        "strategies/advice/page.html",
        _("Advice"),
        shop=shop,
        shops=shops_for(request),
        earlier=earlier,
        **context,
    )


_SECOND = timedelta(seconds=1)


def _about(run: AdviceRun) -> dict[str, Any]:
    return {
        "run": run,
        "days": result.days_of(run),
        "under_way": run.status in UNDER_WAY,
        "percent": run.done * 100 // run.total if run.total else 0,
    }


def _progress(request: HttpRequest, run: AdviceRun) -> HttpResponse:
    response = render(request, "strategies/advice/progress.html", _about(run))
    if run.status not in UNDER_WAY:
        response.headers["HX-Refresh"] = "true"
    return response
