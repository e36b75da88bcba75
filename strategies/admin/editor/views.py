"""The pages: the picker, and the form for a new, a changed and a copied strategy."""

from collections.abc import Mapping
from itertools import chain, count
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from aftersale.admin.kit.access import person
from aftersale.admin.kit.pages import CONFLICT, UNPROCESSABLE, desk_page, show
from aftersale.models import Shop
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale
from aftersale.services.shared.shown import EMPTY, format_time, who
from strategies.admin.board.findings import Note, notes_of_typed
from strategies.admin.wording.revision import shown_content
from strategies.admin.wording.sentence import sentence
from strategies.models import Scenario, Strategy, StrategyRevision, TrialKind
from strategies.services import strategies, trials
from strategies.services.review import read_with
from strategies.services.risks import missing_limits, setting_risks
from strategies.strategy_record import StrategyRecord

from ..trials import asking
from .form import StrategyForm
from .offers import OFFERS, PLAIN, READY, Offer, places_left
from .permitted import seen_revision, shop_for, shops_for, strategy_for, typed_over


@desk_page
def picker(request: HttpRequest) -> HttpResponse:
    """SPEC T1, T3, T7: scenarios that can be added, their risks, and the places left."""
    shops = shops_for(request)
    if not shops:
        raise PermissionDenied
    chosen = request.GET.get("shop")
    shop = shop_for(request, chosen) if chosen else shops[0]
    left = places_left(shop)

    def cards(offers: list[Offer]) -> list[tuple[Offer, int]]:
        return [(offer, left[offer.scenario]) for offer in offers]

    return show(
        request,
        "strategies/editor/picker.html",
        _("Add a strategy"),
        shop=shop,
        shops=shops,
        plain=cards(PLAIN),
        ready=cards(READY),
        without_hours=not strategies.has_working_hours(shop),
    )


@desk_page
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, key: str) -> HttpResponse:
    offer = OFFERS.get(key)
    if offer is None:
        raise Http404
    shop = shop_for(request, request.GET.get("shop"))
    filled = dict(offer.filled)
    if "name" in filled:
        filled["name"] = _free_name(shop, offer.scenario, str(filled["name"]))
    form = StrategyForm(
        request.POST if request.method == "POST" else None,
        shop=shop,
        scenario=offer.scenario,
        filled=filled,
    )

    def create(record: StrategyRecord) -> Strategy:
        return strategies.create(
            shop_id=shop.pk, record=record, user=person(request), now=timezone.now()
        )

    return _page(request, form, create, title=offer.title)


@desk_page
@require_http_methods(["GET", "POST"])
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """The same settings under another name; not enabled, like every new one (SPEC T2)."""
    source = strategy_for(request, pk)
    copy = _("%(name)s (copy)") % {"name": source.name[:100]}
    form = StrategyForm(
        request.POST if request.method == "POST" else None,
        shop=source.shop,
        scenario=source.scenario,
        kept=source,
        filled={"name": _free_name(source.shop, source.scenario, copy)},
    )

    def create(record: StrategyRecord) -> Strategy:
        return strategies.create(
            shop_id=source.shop_id, record=record, user=person(request), now=timezone.now()
        )

    title = _("Copy of “%(name)s”") % {"name": source.name}
    return _page(request, form, create, title=title)


@desk_page
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    strategy = strategy_for(request, pk)
    form = StrategyForm(
        request.POST if request.method == "POST" else None,
        shop=strategy.shop,
        scenario=strategy.scenario,
        kept=strategy,
    )
    seen = seen_revision(request) or strategy.revision

    def change(record: StrategyRecord) -> Strategy:
        return strategies.change(
            strategy_id=strategy.pk,
            record=record,
            revision=seen,
            user=person(request),
            now=timezone.now(),
        )

    title = _("Change “%(name)s”") % {"name": strategy.name}
    return _page(request, form, change, title=title, strategy=strategy, seen=seen)


@desk_page
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Preview of the strategy as the form stands; nothing is written."""
    scenario = request.POST.get("scenario")
    if scenario not in Scenario.values:
        raise Http404
    shop = shop_for(request, request.POST.get("shop"))
    form = StrategyForm(request.POST, shop=shop, scenario=scenario)
    return render(request, "strategies/editor/preview.html", said(form, typed_over(request, shop)))


def said(form: StrategyForm, key: int | None) -> dict[str, Any]:
    """The form's content as a sentence, its risks, and the strategies before and behind it; `key`
    is that of the strategy being changed."""
    content = form.content()
    off_hours = content["execution_time"] == "off_hours"
    return {
        "shop": form.shop,
        "notes": _beside(form.shop, content, key),
        "sentence": sentence(content, zone=form.shop.timezone),
        "warnings": setting_risks(content, now=timezone.now()),
        "hints": missing_limits(content),
        "without_hours": off_hours and not strategies.has_working_hours(form.shop),
    }


def _beside(shop: Shop, content: Mapping[str, Any], key: int | None) -> list[Note]:
    """SPEC M5, before anything is saved; nothing where its caps are not typed yet."""
    if content["single_amount_cap"] is None or content["daily_cap"] is None:
        return []
    now = timezone.now()
    reading = read_with(shop, {**content, "id": key}, now=now)
    return notes_of_typed(reading, key, zone=shop.timezone)


def _page(
    request: HttpRequest,
    form: StrategyForm,
    save: Any,
    *,
    title: Any,
    strategy: Strategy | None = None,
    seen: int = 0,
) -> HttpResponse:
    """Shows the form, or the page after saving. Typed input is never lost."""
    status, stale = 200, None
    if request.method == "POST":
        status = UNPROCESSABLE
        if form.is_valid():
            assert form.record is not None
            try:
                if request.POST.get("try"):
                    return _try(request, form, save)
                saved = save(form.record)
            except (NotFound, NotAllowed):
                raise
            except Stale as refused:
                assert strategy is not None
                status, stale = CONFLICT, _stale(strategy, seen, refused)
            except Refused as refused:
                form.refuse(refused.pointer, refused.message)
            else:
                messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
                return HttpResponseRedirect(page_of(saved) + "?saved=1")
    response = show(
        request,
        "strategies/editor/form.html",
        title,
        form=form,
        scenario=Scenario(form.scenario),
        strategy=strategy,
        revision=stale["revision"] if stale else seen,
        stale=stale,
        days=asking.DAYS,
        full=strategy is None and places_left(form.shop)[form.scenario] <= 0,
        sent=request.POST,
        **said(form, strategy.pk if strategy else None),
    )
    response.status_code = status
    if request.POST.get("try"):  # asked for from the page, which then shows what is wrong
        response["HX-Retarget"] = response["HX-Reselect"] = ".d-page"
        response["HX-Reswap"] = "outerHTML show:window:top"
    return response


def _try(request: HttpRequest, form: StrategyForm, save: Any) -> HttpResponse:
    """A trial run of the form's content as if saved and enabled; neither is kept (SPEC M3)."""
    user, now = person(request), timezone.now()

    def change() -> None:
        saved = save(form.record)
        strategies.enable(strategy_id=saved.pk, user=user, now=now)

    first, last = asking.period_of(request.POST, form.shop, now=now)
    assert form.record is not None
    trial = trials.begin(
        shop_id=form.shop.pk,
        kind=TrialKind.STRATEGY,
        title=form.record.name,
        proposed=trials.content_after(form.shop.pk, change),
        first=first,
        last=last,
        user=user,
        now=now,
    )
    return asking.started(request, trial)


def page_of(strategy: Strategy) -> str:
    return reverse("admin:strategies_strategy_change", args=[strategy.pk])


def _stale(strategy: Strategy, seen: int, refused: Stale) -> dict[str, Any]:
    """Changes since the revision that the person saw (SPEC T6)."""
    revisions = StrategyRevision.objects.filter(strategy=strategy).select_related(
        "created_by", "created_token"
    )
    latest = revisions.order_by("-number")[0]
    before = revisions.filter(number=seen).first()
    changes: list[Mapping[str, Any]] = []
    priority = Strategy._meta.get_field("priority").verbose_name
    if before is not None:
        old = shown_content(before.content, strategy.shop)
        for label, value in shown_content(latest.content, strategy.shop).items():
            # The board changes the priority and reports conflicts about it; the form never changes
            # it.
            if label != priority and old.get(label, EMPTY) != value:
                changes.append({"label": label, "old": old.get(label, EMPTY), "new": value})
    return {
        "message": refused.message,
        "revision": latest.number,
        "at": format_time(latest.created_at, strategy.shop),
        "by": who(latest, "created_by") if latest.created_by else _("the program"),
        "changes": changes,
    }


def _free_name(shop: Shop, scenario: str, name: str) -> str:
    """The name, with a number behind it where it is taken (SPEC T1)."""
    live = Strategy.objects.filter(shop=shop, scenario=scenario, deleted_at=None)
    taken = set(live.values_list("name", flat=True))
    numbered = (f"{name} {number}" for number in count(2))
    return next(free for free in chain([name], numbered) if free not in taken)
