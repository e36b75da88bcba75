"""Why a case came to a person, at its side on the workbench (SPEC E8, promise 3)."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.workbench.panels import Panel, register
from aftersale.models import Ticket
from strategies.models import Condition, Decision, Outcome, Scenario, Why

from .distance import distance
from .explain import trace_of, used_before, words

TEMPLATE = "strategies/workbench/why.html"


@register
def why_people(request: HttpRequest, ticket: Ticket) -> Panel:
    """The last decision on the ticket: every strategy that was asked, and what it failed by."""
    title = gettext_lazy("Why it is here")
    decisions = Decision.objects.filter(ticket=ticket).select_related("rulebook", "shop")
    decision = decisions.order_by("-pk").first()
    if decision is None:
        return Panel(title, TEMPLATE, {"sentence": _undecided(ticket)})
    asked = trace_of(decision)
    return Panel(
        title,
        TEMPLATE,
        {
            "sentence": _sentence(decision),
            "lines": _lines(decision, asked),
            "url": reverse("admin:strategies_decision_change", args=[decision.pk]),
        },
    )


def _lines(decision: Decision, asked: list[Any]) -> list[dict[str, Any]]:
    used = used_before(decision, asked)
    scenarios, conditions = dict(Scenario.choices), dict(Condition.choices)
    return [
        {
            "strategy": line.strategy,
            "scenario": scenarios[line.scenario],
            "failed": conditions[line.failed] if line.failed else "",
            "distance": distance(decision, line, used),
            "words": words(decision, line, used),
        }
        for line in asked
    ]


def _undecided(ticket: Ticket) -> str:
    if ticket.waits:
        return _("The automation has yet to look at it.")
    if ticket.order_id is None:
        return _("The automation looks at it once its order has arrived.")
    return _("The automation has never looked at it.")


def _sentence(decision: Decision) -> str:
    if decision.outcome != Outcome.MANUAL:
        return _("The automation decided it: %(outcome)s.") % {
            "outcome": decision.get_outcome_display()
        }
    sentences = {
        Why.NONE_HIT: _("No strategy took it."),
        Why.NO_SCENARIO: _(
            "There are no strategies for this type of ticket on an order in this status."
        ),
        Why.PAUSED: _("Automatic refunds of the shop were paused."),
        Why.OVER_REFUNDABLE: _("It asks for more than can be refunded of the order."),
        Why.NO_AMOUNT: _("It asks for no money."),
        Why.ERROR: _("Evaluating it failed."),
    }
    return sentences.get(Why(decision.why), "") if decision.why else ""
