"""Beside a case: how its ticket came in, and what was agreed where it came through a re-opened
window (SPEC W1, W2)."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from aftersale.models import NO_MOMENT, CameBy, Ticket
from aftersale.platforms import registry
from aftersale.services.shared.shown import format_time, who

from .panels import Panel, register

TEMPLATE = "aftersale/workbench/came_in.html"


@register
def came_in(request: HttpRequest, ticket: Ticket) -> Panel | None:
    window = ticket.window
    if not ticket.came_by and window is None:
        return None
    opened_by = who(window, "opened_by") if window and window.opened_by else ""
    context = {
        "way": _way(ticket),
        "window": window,
        "opened_by": opened_by,
        "shop": ticket.shop,
        "ticket": ticket,
    }
    return Panel(_("How it came in"), TEMPLATE, context)


def _way(ticket: Ticket) -> Any:
    if ticket.came_by == CameBy.PLATFORM:
        return _("Read from %s") % registry.name_of(ticket.shop.platform)
    if ticket.came_by == CameBy.EXPORT and ticket.exported_at not in (None, NO_MOMENT):
        at = format_time(ticket.exported_at, ticket.shop)
        return _("From exports of the back office, the latest of %s") % at
    return ticket.get_came_by_display()
