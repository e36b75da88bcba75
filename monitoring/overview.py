"""The first page: how each shop stands, in a few figures and as many queries."""

from collections import defaultdict
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from aftersale.admin import access, columns
from aftersale.admin.sections import Section
from aftersale.models import Refund, RefundStatus, Shop, Ticket, TicketStatus
from strategies.admin.strategy import NEARLY, share, share_badge
from strategies.models import StrategyUsage

OPEN = [TicketStatus.PENDING_REVIEW, TicketStatus.NEGOTIATING, TicketStatus.RETURNING]

MOST_CAPS = 10


def add_to_index(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK."""
    shops = access.shops(request)
    context["title"] = _("Overview")
    if shops:
        usage = _usage_today(shops)
        context["overview"] = [_shops(shops, usage), _caps(usage)]
    return context


def _usage_today(shops: list[Shop]) -> list[StrategyUsage]:
    """Today's cap use of all strategies; today is each shop's own (SPEC E4)."""
    now = timezone.now()
    days: dict[date, list[int]] = defaultdict(list)
    for shop in shops:
        days[timezone.localtime(now, ZoneInfo(shop.timezone)).date()].append(shop.pk)
    today = Q(pk=None)
    for day, shop_ids in days.items():
        today |= Q(day=day, strategy__shop__in=shop_ids)
    return list(StrategyUsage.objects.filter(today).select_related("strategy__shop"))


def _shops(shops: list[Shop], usage: list[StrategyUsage]) -> Section:
    ids = [shop.pk for shop in shops]
    now = timezone.now()
    tickets: dict[int, Any] = {
        row["shop"]: row
        for row in Ticket.objects.filter(shop__in=ids, status__in=OPEN)
        .values("shop")
        .annotate(
            review=Count("pk", filter=Q(status=TicketStatus.PENDING_REVIEW)),
            overdue=Count("pk", filter=Q(due_at__lt=now)),
        )
    }
    failed = dict(
        Refund.objects.filter(shop__in=ids, status=RefundStatus.FAILED)
        .values_list("shop")
        .annotate(Count("pk"))
    )
    hits: dict[int, int] = defaultdict(int)
    used: dict[int, int] = defaultdict(int)
    for row in usage:
        hits[row.strategy.shop_id] += row.hits
        used[row.strategy.shop_id] += row.used
    many = len(shops) > 1
    return Section(
        _("Your shops"),
        [
            _("shop"),
            _("to be handled"),
            _("overdue"),
            _("approved by strategies today"),
            _("amount"),
            _("refunds failed"),
            _("automation"),
        ],
        [
            [
                columns.link(shop),
                _figure(
                    tickets.get(shop.pk, {}).get("review", 0),
                    "aftersale_ticket",
                    "warning",
                    status__exact=TicketStatus.PENDING_REVIEW,
                    **_one(shop, many),
                ),
                _figure(
                    tickets.get(shop.pk, {}).get("overdue", 0),
                    "aftersale_ticket",
                    "danger",
                    due="overdue",
                    **_one(shop, many),
                ),
                _figure(hits[shop.pk], "strategies_strategyusage", "", **_one(shop, many)),
                columns.money(used[shop.pk]),
                _figure(
                    failed.get(shop.pk, 0),
                    "aftersale_refund",
                    "danger",
                    status__exact=RefundStatus.FAILED,
                    **_one(shop, many),
                ),
                columns.badge(_("Paused"), "danger")
                if shop.automation_paused
                else columns.badge(_("Running"), "success"),
            ]
            for shop in shops
        ],
    )


def _caps(usage: list[StrategyUsage]) -> Section:
    nearly = [row for row in usage if share(row.used, row.cap) >= NEARLY]
    nearly.sort(key=lambda row: -share(row.used, row.cap))
    del nearly[MOST_CAPS:]
    return Section(
        _("Daily caps nearly used"),
        [_("strategy"), _("shop"), _("used today"), _("daily refund cap"), _("share")],
        [
            [
                columns.link(row.strategy),
                columns.link(row.strategy.shop),
                columns.money(row.used),
                columns.money(row.cap),
                share_badge(row.used, row.cap),
            ]
            for row in nearly
        ],
        note="" if nearly else _("None so far today."),
    )


def _one(shop: Shop, many: bool) -> dict[str, Any]:
    """Where there is one shop only, lists have no filter for it."""
    return {"shop": shop.pk} if many else {}


def _figure(number: int, page: str, colour: str, **filters: Any) -> SafeString:
    """A number that leads to the list of what it counts."""
    url = reverse(f"admin:{page}_changelist")
    if filters:
        url += f"?{urlencode(filters)}"
    shown = columns.badge(number, colour) if number and colour else number
    return format_html('<a class="text-link" href="{}">{}</a>', url, shown)
