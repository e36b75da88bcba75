"""A row of the workbench's list: texts in the reader's language, ready for the template.

A page has forty of them and is read anew every 15 seconds, so that the template only places texts.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from aftersale.admin.kit import colours, columns
from aftersale.domain.money import format_yuan
from aftersale.models import CaseMark, Ticket, TicketFlag, TicketStatus, TicketType
from aftersale.services.access import masks

from .address import Address
from .countdown import countdown


def list_rows(
    tickets: Sequence[Ticket], at: Address, now: datetime, *, several: bool
) -> list[dict[str, Any]]:
    """`several`: a row names its shop, as there is more than one."""
    types = {value: str(label) for value, label in TicketType.choices}
    tick = _("Tick ticket %(ticket)s")
    before, behind = reverse("desk:case", args=[0]).rsplit("0", 1)
    address = f"?{at.query(case='')}"
    return [
        {
            "ticket": ticket,
            "key": str(ticket.pk),
            "tick": tick % {"ticket": ticket.ticket_no},
            "href": f"{address}&{urlencode({'case': ticket.pk})}",
            "url": f"{before}{ticket.pk}{behind}",
            "mark": ticket.mark,
            "mark_label": str(CaseMark(ticket.mark).label) if ticket.mark else "",
            "buyer": masks.shown_buyer(ticket.buyer, ticket.shop_id) or ticket.order_no,
            "amount": format_yuan(ticket.amount),
            "about": f"{types[ticket.type]} · {columns.buyers_reason(ticket)}",
            "shop": ticket.shop.name if several else "",
            "goods": ticket.goods,  # type: ignore[attr-defined]
            "more": "" if ticket.line_no else str(max(0, len(ticket.products) - 1) or ""),
            "countdown": countdown(ticket.due_at, now),
            "badges": _badges(ticket),
        }
        for ticket in tickets
    ]


def _badges(ticket: Ticket) -> list[tuple[str, str]]:
    """Colour and text of each."""
    found = []
    if ticket.urged:
        found.append(("warning", _("Urged × %(times)s") % {"times": ticket.urged}))
    if ticket.order_id is None:
        found.append(("warning", _("No order yet")))
    if TicketFlag.SECOND_PERSON in ticket.flags:
        found.append(("warning", _("Second person")))
    if set(ticket.flags) - {TicketFlag.SECOND_PERSON}:
        found.append(("danger", _("Flagged")))
    if ticket.handler:
        found.append(("accent", columns.name(ticket.handler)))
    if ticket.status != TicketStatus.PENDING_REVIEW:
        colour = colours.TICKET_STATUS.get(ticket.status, "")
        found.append((colour, ticket.get_status_display()))
    return found
