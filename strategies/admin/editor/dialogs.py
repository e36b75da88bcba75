"""The dialogs of a strategy: enable after reading its risks, disable, delete (SPEC T2, T8)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aftersale.admin.desk.automation_switch import evaluate_offer
from aftersale.admin.kit.access import person
from aftersale.admin.kit.pages import desk_page, dialog, done
from aftersale.domain.money import format_yuan
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from strategies.admin.wording.sentence import sentence
from strategies.models import ExecutionTime, Scenario, Strategy
from strategies.services import strategies
from strategies.services.risks import risks_of
from strategies.services.rulebook_content import strategy_content

from .permitted import seen_revision, strategy_for


@desk_page
@require_http_methods(["GET", "POST"])
def enable(request: HttpRequest, pk: int) -> HttpResponse:
    strategy = strategy_for(request, pk)
    refused = None
    if request.method == "POST":
        if not request.POST.get("read"):
            refused = Refused(_("Confirm first that you have read this."))
        else:
            try:
                strategies.enable(
                    strategy_id=pk,
                    revision=seen_revision(request),
                    user=person(request),
                    now=timezone.now(),
                )
            except (NotFound, NotAllowed):
                raise
            except Refused as why:
                refused = why
                strategy.refresh_from_db()
            else:
                message = _("“%(name)s” is enabled.") % {"name": strategy.name}
                return evaluate_offer(request, strategy.shop, message)
    off_hours = strategy.execution_time == ExecutionTime.OFF_HOURS
    without_hours = off_hours and not strategies.has_working_hours(strategy.shop)
    return dialog(
        request,
        "strategies/editor/enable.html",
        refused=refused,
        title=_("Enable “%(name)s”") % {"name": strategy.name},
        action=_address("enable", pk),
        # SPEC T7: it would be refused; the way to the hours is shown instead.
        submit="" if without_hours else _button(strategy),
        strategy=strategy,
        scenario=Scenario(strategy.scenario),
        sentence=_sentence(strategy),
        risks=risks_of(strategy, now=timezone.now()),
        shop=strategy.shop,
        without_hours=without_hours,
    )


@desk_page
@require_http_methods(["GET", "POST"])
def disable(request: HttpRequest, pk: int) -> HttpResponse:
    strategy = strategy_for(request, pk)
    if request.method == "POST":
        strategies.disable(strategy_id=pk, user=person(request), now=timezone.now())
        return done(_("“%(name)s” is not enabled any more.") % {"name": strategy.name})
    return _ask(
        request,
        strategy,
        step="disable",
        title=_("Disable “%(name)s”") % {"name": strategy.name},
        question=_(
            "It takes no more tickets from now on. What it decided stands, and it keeps its place"
            " in the order."
        ),
        submit=_("Disable"),
        try_url=reverse("automation:trial-switch", args=[pk]) if strategy.enabled else "",
    )


@desk_page
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    strategy = strategy_for(request, pk)
    if request.method == "POST":
        strategies.delete(strategy_id=pk, user=person(request), now=timezone.now())
        return done(_("“%(name)s” is deleted.") % {"name": strategy.name})
    return _ask(
        request,
        strategy,
        step="delete",
        title=_("Delete “%(name)s”") % {"name": strategy.name},
        question=_(
            "It takes no more tickets and can't be brought back. What it decided, and every version"
            " of it, stay readable."
        ),
        submit=_("Delete this strategy"),
        submit_kind="danger",
    )


def _ask(request: HttpRequest, strategy: Strategy, *, step: str, **context: Any) -> HttpResponse:
    return dialog(
        request,
        "strategies/editor/ask.html",
        action=_address(step, strategy.pk),
        sentence=_sentence(strategy),
        **context,
    )


def _address(step: str, pk: int) -> str:
    return reverse(f"automation:strategy-{step}", args=[pk])


def _sentence(strategy: Strategy) -> str:
    return sentence(strategy_content(strategy), zone=strategy.shop.timezone)


def _button(strategy: Strategy) -> str:
    """SPEC T2: the user reads how much money may leave automatically before pressing it."""
    caps = {
        "single": format_yuan(strategy.single_amount_cap),
        "daily": format_yuan(strategy.daily_cap),
    }
    if strategy.scenario == Scenario.POST_SHIP_RETURN:
        return _("Enable: up to %(single)s a return, %(daily)s a day") % caps
    return _("Enable: up to %(single)s a refund, %(daily)s a day") % caps
