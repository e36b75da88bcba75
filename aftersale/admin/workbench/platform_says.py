"""Beside a case: the platform's facts on ticket and order beyond their records."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from aftersale.admin.kit import access
from aftersale.domain.platform_facts import NAMES, VALUES
from aftersale.models import ConnectorKind, PlatformFacts, PlatformSubject, Ticket
from aftersale.services.access.rights import Right
from aftersale.services.desk import dispute_evidence
from aftersale.services.shared.shown import format_time

from .panels import Panel, register

TEMPLATE = "aftersale/workbench/platform_says.html"


@register
def platform_says(request: HttpRequest, ticket: Ticket) -> Panel | None:
    if ticket.shop.connector != ConnectorKind.PLATFORM:
        return None
    subjects = PlatformSubject.TICKET, PlatformSubject.ORDER
    told = PlatformFacts.objects.filter(
        Q(subject=subjects[0], number=ticket.ticket_no)
        | Q(subject=subjects[1], number=ticket.order_no),
        shop=ticket.shop_id,
    )
    facts = {row.subject: row.facts for row in told}
    of_ticket = facts.get(subjects[0], [])
    rows = [
        _row(ticket, name, value, at)
        for name, value, at in [*of_ticket, *facts.get(subjects[1], [])]
        if name != "picture"
    ]
    pictures = [
        reverse("desk:platform-picture", args=[ticket.pk, value])
        for name, value, _at in of_ticket
        if name == "picture"
    ]
    takes_evidence = dispute_evidence.takes_evidence(ticket) and access.may(
        request, ticket.shop_id, Right.HANDLE_TICKETS
    )
    if not rows and not pictures and not takes_evidence:
        return None
    context = {
        "rows": rows,
        "pictures": pictures,
        "takes_evidence": takes_evidence,
        "ticket": ticket,
    }
    return Panel(_("On the platform"), TEMPLATE, context)


def _row(ticket: Ticket, name: str, value: str, at: str | None) -> tuple[Any, Any, str]:
    moment = format_time(datetime.fromisoformat(at), ticket.shop) if at else ""
    return NAMES.get(name, name), VALUES.get(name, {}).get(value, value), moment
