"""Windows, funds and commission on the pages of orders, tickets and refunds."""

from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from aftersale.admin.kit import columns
from aftersale.admin.kit.sections import Section
from aftersale.models import (
    OPEN_STATES,
    AfterSaleWindow,
    CommissionReturn,
    FundEntry,
    Order,
    OrderStatus,
    Refund,
    StepState,
    Ticket,
)
from aftersale.services.access import masks
from aftersale.services.shared.shown import EMPTY, format_time, who


def windows_of(request: HttpRequest, order: Order) -> Section:
    """The order's windows, and the way to open one."""
    found = order.windows.select_related("opened_by", "opened_token", "platform_step").order_by(
        "-opened_at"
    )
    return _windows(list(found), order)


def window_of(request: HttpRequest, ticket: Ticket) -> Section:
    """The window that a ticket came through (SPEC W2)."""
    found = AfterSaleWindow.objects.filter(tickets=ticket).select_related(
        "opened_by", "opened_token", "platform_step"
    )
    return _windows(list(found), ticket.order)


def _windows(found: list[AfterSaleWindow], order: Order | None) -> Section:
    note: Any = ""
    if order is not None and order.status == OrderStatus.COMPLETED:
        note = format_html(
            '<a class="d-button" href="{}">{}</a>',
            reverse("desk:window-open", args=[order.pk]),
            _("Re-open the after-sale window"),
        )
    now = timezone.now()
    return Section(
        _("Re-opened windows"),
        [_("opened at"), _("opened by"), _("closes at"), _("state"), _("agreed with the buyer")],
        [
            [
                format_time(window.opened_at, order.shop if order else None),
                who(window, "opened_by"),
                format_time(window.closes_at, order.shop if order else None),
                _state(window, now),
                masks.shown_text_of(window, window.agreement, window.order.shop_id),
            ]
            for window in found
        ],
        note=note,
    )


def _state(window: AfterSaleWindow, now: datetime) -> Any:
    """Open or closed, and the platform's answer, if it was asked."""
    step = getattr(window, "platform_step", None)
    if step is not None and step.state in (*OPEN_STATES, StepState.DECLINED):
        badge = columns.badge(step.get_state_display(), "warning")
        return format_html("{} {}", badge, masks.shown_text_of(step, step.reason, step.shop_id))
    if window.closes_at > now:
        return columns.badge(pgettext_lazy("window", "Open"), "success")
    return columns.badge(_("Window closed"))


def splits_of(request: HttpRequest, order: Order) -> Section:
    """Commission of each beneficiary, paid and returned (SPEC W4)."""
    splits = order.commission_splits.annotate(back=Sum("returns__amount")).order_by("position")
    return Section(
        _("Commission splits"),
        [_("beneficiary"), _("account"), _("amount"), _("came back"), _("still held")],
        [
            [
                split.get_beneficiary_display(),
                split.account or EMPTY,
                columns.money(split.amount),
                columns.money(split.back or 0),
                columns.money(max(0, split.amount - (split.back or 0))),
            ]
            for split in splits
        ],
    )


def commission_of(request: HttpRequest, refund: Refund) -> Section:
    """Commission returned with this refund, per beneficiary."""
    returns = CommissionReturn.objects.filter(refund=refund).select_related("split")
    return Section(
        _("Commission returned"),
        [_("beneficiary"), _("account"), _("amount"), _("at")],
        [
            [
                part.split.get_beneficiary_display(),
                part.split.account or EMPTY,
                columns.money(part.amount),
                format_time(part.at, refund.shop),
            ]
            for part in returns.order_by("split__position")
        ],
    )


def charges_of(request: HttpRequest, refund: Refund) -> Section:
    """Debits and credits of wallet and deposit for the refund (SPEC W3)."""
    entries = FundEntry.objects.filter(attempt__refund=refund).select_related("fund", "attempt")
    return Section(
        _("Wallet and deposit"),
        [_("at"), _("fund"), _("kind"), _("amount"), _("balance after"), _("attempt")],
        [
            [
                format_time(entry.at, refund.shop),
                entry.fund.get_kind_display(),
                entry.get_kind_display(),
                columns.money(entry.amount),
                columns.money(entry.balance_after),
                entry.attempt.number if entry.attempt else EMPTY,
            ]
            for entry in entries.order_by("pk")
        ],
    )
