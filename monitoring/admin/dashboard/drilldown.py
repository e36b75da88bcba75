"""The rows behind a figure of the dashboard, found by the query that counts them."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aftersale.admin.kit.pages import desk_page, show
from aftersale.domain.digits import whole_number
from aftersale.domain.labels import REASONS
from aftersale.domain.money import format_yuan
from aftersale.models import (
    AlertKind,
    AlertState,
    Membership,
    RefundSource,
    Ticket,
    TicketStatus,
    TicketType,
)
from aftersale.reject_reasons import REASONS as REJECT_REASONS
from aftersale.services.shared.shown import format_time, person_name
from monitoring.admin.dashboard import choice
from monitoring.admin.dashboard.wording import length
from monitoring.services.figures import FigureSource
from monitoring.services.figures.sources import PROGRAM, Consequence, Row, rows_behind
from strategies.models import Strategy

PER_PAGE = 50
HOW = {
    "parcel": gettext_lazy("Parcel lost, or probably lost"),
    "dispute": gettext_lazy("Dispute lost"),
}


@desk_page
@require_safe
def drilldown(request: HttpRequest) -> HttpResponse:
    chosen, now = choice.read(request), timezone.now()
    source = request.GET.get("source", "")
    if source not in FigureSource.values:
        source = FigureSource.REFUND.value
    page = whole_number(request.GET.get("page", ""), digits=6) or 1
    kind = request.GET.get("kind", "").replace("\0", "")
    kinds = _kinds(source, kind)
    key = request.GET.get("key")
    total, rows = rows_behind(
        source=source,
        spans=chosen.period.whole(chosen.shops, now),
        kinds=kinds or None,
        keys=None if key is None else [key.replace("\0", "")],
        limit=PER_PAGE,
        offset=(page - 1) * PER_PAGE,
    )
    first, last = chosen.period.days(chosen.shops[0], now)
    extra = {"source": source, "kind": kind}
    if key is not None:
        extra["key"] = key
    return show(
        request,
        "monitoring/dashboard/drilldown.html",
        FigureSource(source).label,
        chosen=chosen,
        total=total,
        narrowed=_narrowed(source, kinds, key, rows, chosen),
        first=first,
        last=last,
        rows=_drilldown_rows(rows, source, chosen),
        source=source,
        page=Paginator(range(total), PER_PAGE).get_page(page),
        earlier="?" + chosen.query(**extra, page=page - 1),
        later="?" + chosen.query(**extra, page=page + 1),
        back="?" + chosen.query(),
    )


def _kinds(source: str, kind: str) -> list[str]:
    """Several only of refunds: a product's number may have commas of its own."""
    if source == FigureSource.REFUND:
        return kind.split(",") if kind else []
    return [kind] if kind else []


def _labels(source: str, kinds: Iterable[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The labels of a source's kinds, those shown, and of its keys."""
    if source == FigureSource.REQUEST:
        return REASONS, {}
    if source == FigureSource.PRODUCT:
        return {}, REASONS
    if source == FigureSource.ANSWER:
        people = User.objects.in_bulk([pk for kind in kinds if (pk := whole_number(kind))])
        named = {str(pk): person_name(person) for pk, person in people.items()}
        return named | {PROGRAM: _("Programs (API)")}, dict(TicketStatus.choices)
    if source in (FigureSource.REFUND, FigureSource.FAILED):
        return dict(RefundSource.choices), dict(TicketType.choices)
    if source == FigureSource.REJECTION:
        return {reason.code: reason.label for reason in REJECT_REASONS}, dict(Consequence.choices)
    if source == FigureSource.LOSS:
        return dict(AlertKind.choices), dict(AlertState.choices)
    return {}, {}


def _narrowed(
    source: str, kinds: list[str], key: str | None, rows: list[Row], chosen: choice.Choice
) -> list[Any]:
    """The chosen kinds and key, in words."""
    if source == FigureSource.REGRET:
        return []
    named = set(kinds)
    if source == FigureSource.ANSWER:
        # An address may name anybody: only those of these shops, now or by their steps, are told.
        members = Membership.objects.filter(
            shop__in=chosen.shops, user__in=[whole_number(kind) or 0 for kind in kinds]
        )
        known = {row.kind for row in rows} | {
            str(pk) for pk in members.values_list("user", flat=True)
        }
        named &= known | {PROGRAM}
    of_kind, of_key = _labels(source, named)
    found = [of_kind.get(kind, kind) for kind in kinds]
    return found + ([of_key.get(key, key)] if key is not None else [])


def _drilldown_rows(rows: list[Row], source: str, chosen: choice.Choice) -> list[dict[str, Any]]:
    shops = {shop.pk: shop for shop in chosen.shops}
    tickets = Ticket.objects.in_bulk([row.ticket_id for row in rows if row.ticket_id])
    of_kind, of_key = _labels(source, {row.kind for row in rows})
    if source == FigureSource.REGRET:
        keys = [int(row.kind) for row in rows]
        of_kind = {str(pk): one.name for pk, one in Strategy.objects.in_bulk(keys).items()}
    found = []
    for row in rows:
        ticket = tickets.get(row.ticket_id) if row.ticket_id else None
        note: Any = row.note
        amount = row.amount
        if source == FigureSource.REGRET:
            note = " · ".join(str(HOW[how]) for how in row.note.split(","))
        elif source == FigureSource.ANSWER:
            waited = _("after %(time)s") % {"time": length(row.seconds)}
            note = f"→ {of_key.get(row.note, row.note)} · {waited}"
            amount = ticket.amount if ticket is not None else 0
        elif source == FigureSource.REFUND and ticket is not None:
            taken = row.at - ticket.applied_at
            note = _("after %(time)s") % {"time": length(max(0, int(taken.total_seconds())))}
        found.append(
            {
                "at": format_time(row.at, shops[row.shop_id]),
                "shop": shops[row.shop_id],
                "ticket": ticket,
                "amount": format_yuan(amount),
                "labels": [
                    label for label in (of_kind.get(row.kind, ""), of_key.get(row.key, "")) if label
                ],
                "note": note,
            }
        )
    return found
