"""Beside a case: steps sent to the shop's platform, and those that it did not take."""

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from aftersale.models import PlatformStep, StepState, Ticket
from aftersale.services.shared.prepared import Slot, prepared

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
    steps = _steps(ticket=ticket.pk, order=ticket.order_id or 0)
    if not steps:
        return None
    rows = [(step, COLOURS.get(StepState(step.state), "info")) for step in steps]
    return Panel(_("Told to the platform"), TEMPLATE, {"rows": rows, "ticket": ticket})


@prepared
def _steps(*, ticket: Slot, order: Slot) -> QuerySet[PlatformStep]:
    # Requests of the shop's own are about the order.
    about = Q(ticket=ticket) | Q(order=order, request__isnull=False)
    found = PlatformStep.objects.filter(about).select_related("request", "user")
    return found.order_by("-pk")[:MOST]
