"""Rejections and negotiations on the ticket's page (SPEC P2, P3)."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftersale.admin.desk.replies import negotiation_facts
from aftersale.admin.kit.sections import Section
from aftersale.models import EvidenceFile, Ticket
from aftersale.reject_reasons import label_of
from aftersale.services.access import masks
from aftersale.services.shared.shown import EMPTY, format_time, who
from aftersale.services.tickets import negotiation


def rejections_of(request: HttpRequest, ticket: Ticket) -> Section:
    return Section(
        _("Rejections"),
        [_("at"), _("by"), _("reason"), _("explanation sent"), _("pictures")],
        [
            [
                format_time(row.at, ticket.shop),
                who(row),
                masks.shown_text(row.label, ticket.buyer, ticket.shop_id) or label_of(row.reason),
                _as_sent(row.explanation, ticket),
                pictures(row.evidence_files.all()),
            ]
            for row in ticket.rejections.select_related("user", "token").prefetch_related(
                "evidence_files"
            )
        ],
    )


def negotiations_of(request: HttpRequest, ticket: Ticket) -> Section:
    rows = []
    found = ticket.negotiations.select_related("user", "token").prefetch_related("evidence_files")
    for row in found:
        facts = negotiation_facts(row, ticket)
        rows.append(
            [
                facts["number"],
                facts["at"],
                who(row),
                facts["offered"],
                _as_sent(row.message, ticket),
                format_time(negotiation.answer_due_at(row, ticket), ticket.shop),
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
    return format_html('<span class="reply-pictures">{}</span>', shown) if shown else EMPTY


def _as_sent(text: str, ticket: Ticket) -> SafeString:
    shown = masks.shown_text(text, ticket.buyer, ticket.shop_id)
    return format_html('<span class="reply-sent">{}</span>', shown)
