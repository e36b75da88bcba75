"""Why a case came to a person, at its side on the workbench (SPEC E8, promise 3).

A case that the automation decided, or has yet to look at, did not come to people: its panel has
another heading.
"""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.workbench.panels import Panel, register
from aftersale.models import Ticket, TicketFlag, TicketStatus
from aftersale.services.shared.prepared import Slot, prepared
from strategies.models import Decision, Outcome, Why
from strategies.services import explanations

from .explaining.cards import Shown

TEMPLATE = "strategies/workbench/why.html"


@register
def why_people(request: HttpRequest, ticket: Ticket) -> Panel:
    """The last decision on the ticket: every strategy that was asked, and what it failed by."""
    title = gettext_lazy("Why it came to people")
    now = ""
    if ticket.status in explanations.OPEN:
        now = reverse("automation:explain-now", args=[ticket.pk])
    found = _decisions(ticket=ticket.pk)
    if not found:
        title = gettext_lazy("Automation")
        return Panel(title, TEMPLATE, {"sentence": _undecided(ticket), "now": now})
    (decision,) = found
    if decision.outcome != Outcome.MANUAL:
        title = gettext_lazy("Decided by the automation")
    shown = Shown(explanations.of_decision(decision))
    url = reverse("admin:strategies_decision_change", args=[decision.pk])
    given = {"sentence": shown.summary, "cards": shown.asked, "url": url, "now": now}
    if decision.why == Why.SUGGESTED and ticket.status == TicketStatus.PENDING_REVIEW:
        given["suggestions"] = f"{reverse('automation:suggestions')}?shop={ticket.shop_id}"
    return Panel(title, TEMPLATE, given)


@prepared
def _decisions(*, ticket: Slot) -> QuerySet[Decision]:
    """The last one."""
    decisions = Decision.objects.filter(ticket=ticket).select_related("rulebook", "shop")
    return decisions.order_by("-pk")[:1]


def _undecided(ticket: Ticket) -> str:
    if {TicketFlag.DIFFERS, TicketFlag.ORDER_IN_DOUBT} & set(ticket.flags):
        return _(
            "What the platform reports differs from what is stored here: people look at it first."
        )
    if ticket.awaiting_evaluation:
        return _("The automation has yet to look at it.")
    if ticket.order_id is None:
        return _("The automation looks at it once its order has arrived.")
    return _("The automation has never looked at it.")
