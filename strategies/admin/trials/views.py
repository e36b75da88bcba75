"""The pages of trial runs: their list, one with its progress and result, the tickets behind."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import desk_page, show
from aftersale.domain.digits import whole_number
from aftersale.models import TicketStatus
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotFound
from strategies.models import UNDER_WAY, TrialKind, TrialRun, TrialStatus
from strategies.services import trials

from ..editor.permitted import shops_for
from . import result

PAGE = 50
_BADGES = {
    TrialStatus.QUEUED: "info",
    TrialStatus.RUNNING: "info",
    TrialStatus.DONE: "success",
    TrialStatus.CANCELLED: "",
    TrialStatus.FAILED: "danger",
}


@desk_page
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The trial runs of the user's shops, the newest first; of one shop where one is chosen."""
    runs = rights.scoped(TrialRun.objects.all(), access.person(request))
    runs = runs.select_related("shop", "created_by", "created_token").defer(
        "present", "proposed", "summary"
    )
    chosen = whole_number(request.GET.get("shop", ""))
    if chosen is not None:
        runs = runs.filter(shop=chosen)
    page = Paginator(runs.order_by("-id"), PAGE).get_page(request.GET.get("page"))
    for trial in page.object_list:
        _dress(trial)
    return show(
        request,
        "strategies/trials/list.html",
        _("Trial runs"),
        page=page,
        shops=access.shops(request),
        chosen=chosen,
        may_try=bool(shops_for(request)),
    )


@desk_page
@require_GET
def leads_to_listing(request: HttpRequest) -> HttpResponse:
    """Somebody who guesses the address, as lists of the admin are named after their model."""
    return redirect("automation:trials")


@desk_page
@require_GET
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    run = _trial(request, pk)
    context: dict[str, Any] = _about(request, run)
    context["alone"] = run.kind == TrialKind.PRESENT
    if run.status == TrialStatus.DONE:
        against = _one_of(request, "against", _against(run), result.default_against(run))
        names = result.Names(run)
        found = result.lines(run, names, against)
        key = request.GET.get("strategy", "") or result.most_different(found)
        keys = {line.key for line in found}
        context |= {
            "against": against,
            "words": result.in_words(run, against),
            "changes": run.summary["changes"][against],
            "lines": found,
            "cap_use": result.cap_use(run, names, key) if key in keys else None,
            "hours": result.hours(run),
            "breakers": result.breakers(run, names),
        }
    context["tried"] = result.tried(run) if run.status != TrialStatus.FAILED else []
    return show(request, "strategies/trials/trial.html", result.heading(run), **context)


@desk_page
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it has come, asked for once a second; at its end the page is read anew."""
    return _progress(request, _trial(request, pk), in_dialog="dialog" in request.GET)


@desk_page
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    trials.cancel(trial_id=pk, user=access.person(request), now=timezone.now())
    return _progress(request, _trial(request, pk), in_dialog="dialog" in request.GET)


@desk_page
@require_GET
def tickets(request: HttpRequest, pk: int) -> HttpResponse:
    """The list behind each number (SPEC M3)."""
    run = _trial(request, pk)
    if run.status != TrialStatus.DONE:
        raise NotFound(_("This trial run has no result."))
    against = _one_of(request, "against", _against(run), result.default_against(run))
    change = _one_of(request, "change", trials.CHANGES, "gained")
    only = _one_of(request, "only", trials.ONLY, "")
    strategy = request.GET.get("strategy", "")[:24]
    try:
        day = date.fromisoformat(text) if (text := request.GET.get("day", "")) else None
    except ValueError as wrong:
        raise BadRequest("not a day") from wrong
    hour = whole_number(request.GET.get("hour", ""), digits=2)
    number = whole_number(request.GET.get("page", ""), digits=6) or 1
    rows, count = trials.found(
        run,
        against=against,
        change=change,
        only=only,
        strategy=strategy,
        day=day,
        hour=hour,
        offset=(number - 1) * PAGE,
        limit=PAGE,
    )
    names = result.Names(run)
    statuses = dict(TicketStatus.choices)
    return show(
        request,
        "strategies/trials/tickets.html",
        _("Tickets that would have been approved automatically")
        if change == "gained"
        else _("Tickets that would have gone to people"),
        trial=run,
        heading=result.heading(run),
        rows=[
            {
                "found": row,
                "status": statuses.get(row.status, row.status),
                "took": [names(row.real), names(row.present), names(row.proposed)],
            }
            for row in rows
        ],
        count=count,
        against=against,
        change=change,
        only=only,
        strategy=strategy,
        strategy_name=names(strategy) if strategy else "",
        day=day,
        hour=hour,
        alone=run.kind == TrialKind.PRESENT,
        rest=urlencode(
            {
                "against": against,
                "change": change,
                "only": only,
                "strategy": strategy,
                "day": day.isoformat() if day else "",
                "hour": "" if hour is None else hour,
            }
        ),
        # The rows are counted where they are found; the paginator only knows the numbers.
        page=Paginator(range(count), PAGE).get_page(number),
    )


def _trial(request: HttpRequest, pk: int) -> TrialRun:
    seen = rights.scoped(TrialRun.objects.all(), access.person(request))
    run = seen.select_related("shop", "created_by", "created_token").filter(pk=pk).first()
    if run is None:
        raise NotFound(_("There is no such trial run."))
    return run


def _against(run: TrialRun) -> tuple[str, ...]:
    """The possible baselines; the present strategies are not compared with themselves."""
    return ("real",) if run.kind == TrialKind.PRESENT else trials.AGAINST


def _one_of(request: HttpRequest, name: str, values: tuple[str, ...], default: str) -> str:
    value = request.GET.get(name, default)
    return value if value in values else default


def _dress(run: TrialRun) -> TrialRun:
    run.badge = _BADGES[TrialStatus(run.status)]  # type: ignore[attr-defined]
    run.heading = result.heading(run)  # type: ignore[attr-defined]
    run.days = result.days_of(run)  # type: ignore[attr-defined]
    run.percent = run.done * 100 // run.total if run.total else 0  # type: ignore[attr-defined]
    return run


def _about(request: HttpRequest, run: TrialRun) -> dict[str, Any]:
    return {
        "trial": _dress(run),
        "under_way": run.status in UNDER_WAY,
        "may_cancel": access.may(request, run.shop_id, Right.CHANGE_STRATEGIES),
    }


def _progress(request: HttpRequest, run: TrialRun, *, in_dialog: bool) -> HttpResponse:
    context = {**_about(request, run), "in_dialog": in_dialog}
    if run.status == TrialStatus.DONE:
        context["words"] = result.in_words(run, result.default_against(run))
    response = render(request, "strategies/trials/progress.html", context)
    if run.status not in UNDER_WAY and not in_dialog:
        response.headers["HX-Refresh"] = "true"
    return response
