"""The dialogs of a strategy: enable after reading its risks, disable, delete (SPEC T2, T8)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aftersale.admin.desk.automation_switch import evaluate_offer
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.kit.pages import desk_page, done
from aftersale.domain.money import format_yuan
from aftersale.services.shared.errors import Refused
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

    def act() -> HttpResponse:
        if not request.POST.get("read"):
            raise Refused(_("Confirm first that you have read this."))
        strategies.enable(strategy_id=pk, revision=seen_revision(request), **caller(request))
        message = _("“%(name)s” is enabled.") % {"name": strategy.name}
        return evaluate_offer(request, strategy.shop, message)

    def look(refused: Refused | None) -> dict[str, Any]:
        if refused is not None:
            strategy.refresh_from_db()
        off_hours = strategy.execution_time == ExecutionTime.OFF_HOURS
        without_hours = off_hours and not strategies.has_working_hours(strategy.shop)
        return {
            "title": _("Enable “%(name)s”") % {"name": strategy.name},
            # SPEC T7: it would be refused; the way to the hours is shown instead.
            "submit": "" if without_hours else _button(strategy),
            "strategy": strategy,
            "scenario": Scenario(strategy.scenario),
            "sentence": _sentence(strategy),
            "risks": risks_of(strategy, now=timezone.now()),
            "shop": strategy.shop,
            "without_hours": without_hours,
        }

    return ask(request, "strategies/editor/enable.html", act=act, look=look)


@desk_page
@require_http_methods(["GET", "POST"])
def disable(request: HttpRequest, pk: int) -> HttpResponse:
    strategy = strategy_for(request, pk)

    def act() -> HttpResponse:
        strategies.disable(strategy_id=pk, **caller(request))
        return done(_("“%(name)s” is not enabled any more.") % {"name": strategy.name})

    return ask(
        request,
        "strategies/editor/ask.html",
        act=act,
        sentence=_sentence(strategy),
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

    def act() -> HttpResponse:
        strategies.delete(strategy_id=pk, **caller(request))
        return done(_("“%(name)s” is deleted.") % {"name": strategy.name})

    return ask(
        request,
        "strategies/editor/ask.html",
        act=act,
        sentence=_sentence(strategy),
        title=_("Delete “%(name)s”") % {"name": strategy.name},
        question=_(
            "It takes no more tickets and can't be brought back. What it decided, and every version"
            " of it, stay readable."
        ),
        submit=_("Delete this strategy"),
        submit_kind="danger",
    )


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
