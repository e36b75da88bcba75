"""What the desk answered, on the ticket's page, and the buttons that answer (SPEC P2, P3)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftersale.models import EvidenceFile, Ticket
from aftersale.reject_reasons import label_of
from aftersale.services import cases, replies, rounds
from aftersale.services.rights import Right

from . import access, columns
from .replies import negotiation_facts
from .scoped import ScopedAdmin
from .sections import Section


class ReplyButtons(ScopedAdmin):
    """For the ticket's admin: rejecting and negotiating, where the ticket is in a state for it."""

    change_form_outer_before_template = "aftersale/replies/buttons.html"

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> Any:
        if isinstance(obj, Ticket) and access.may(request, obj.shop_id, Right.HANDLE_TICKETS):
            context["reply_buttons"] = _buttons(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)


def _buttons(ticket: Ticket) -> list[tuple[Any, str]]:
    """(label, address) of the dialogs that the ticket is in a state for."""
    if ticket.order is None or ticket.status not in replies.REJECTABLE:
        return []
    seen = cases.seen_now(ticket, ticket.order)
    found = [(_("Reject"), reverse("desk:reject", args=[ticket.pk]))]
    if replies.may_negotiate(ticket, now=timezone.now()):
        found.insert(0, (_("Negotiate"), reverse("desk:negotiate", args=[ticket.pk])))
    return [(label, f"{url}?seen={seen}") for label, url in found]


def rejections_of(request: HttpRequest, ticket: Ticket) -> Section:
    return Section(
        _("Rejections"),
        [_("at"), _("by"), _("reason"), _("explanation sent"), _("pictures")],
        [
            [
                columns.moment(row.at, ticket.shop),
                row.user or columns.EMPTY,
                label_of(row.reason),
                _as_sent(row.explanation),
                pictures(row.evidence_files.all()),
            ]
            for row in ticket.rejections.select_related("user").prefetch_related("evidence_files")
        ],
    )


def negotiations_of(request: HttpRequest, ticket: Ticket) -> Section:
    rows = []
    found = ticket.negotiations.select_related("user").prefetch_related("evidence_files")
    for row in found:
        facts = negotiation_facts(row, ticket)
        rows.append(
            [
                facts["number"],
                facts["at"],
                row.user or columns.EMPTY,
                facts["offered"],
                _as_sent(row.message),
                columns.moment(rounds.answer_due_at(row, ticket), ticket.shop),
                facts["result"],
                pictures(row.evidence_files.all()),
            ]
        )
    return Section(
        _("Negotiations"),
        [
            _("round"),
            _("at"),
            _("by"),
            _("offered"),
            _("message"),
            _("to be answered by"),
            _("result"),
            _("pictures"),
        ],
        rows,
    )


def pictures(files: Iterable[EvidenceFile]) -> SafeString | str:
    """Small, each a link to the whole of it."""
    shown = format_html_join(
        "",
        '<a href="{0}" target="_blank" rel="noopener"><img src="{0}" alt="{1}" loading="lazy"></a>',
        ((reverse("desk:evidence", args=[file.pk]), file.name) for file in files),
    )
    return format_html('<span class="reply-pictures">{}</span>', shown) if shown else columns.EMPTY


def _as_sent(text: str) -> SafeString:
    return format_html('<span class="reply-sent">{}</span>', text)
