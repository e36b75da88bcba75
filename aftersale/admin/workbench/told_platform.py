"""Beside a case: steps sent to the shop's platform, and those that it did not take."""

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from aftersale.models import PlatformStep, StepState, Ticket

from .panels import Panel, register

TEMPLATE = "aftersale/workbench/told_platform.html"
MOST = 10
COLOURS = {
    StepState.ACCEPTED: "success",
    StepState.DECLINED: "danger",
    StepState.UNKNOWN: "warning",
}


@register
def told_platform(request: HttpRequest, ticket: Ticket) -> Panel | None:
    # Requests of the shop's own are about the order.
    about = Q(ticket=ticket)
    if ticket.order_id is not None:
        about |= Q(order=ticket.order_id, request__isnull=False)
    found = PlatformStep.objects.filter(about).select_related("request", "user")
    steps = list(found.order_by("-pk")[:MOST])
    if not steps:
        return None
    rows = [(step, COLOURS.get(StepState(step.state), "info")) for step in steps]
    return Panel(_("Told to the platform"), TEMPLATE, {"rows": rows, "ticket": ticket})
