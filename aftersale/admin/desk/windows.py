"""Re-opening after-sale windows: the list, and the checklist before opening one (SPEC W1, W2)."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aftersale.admin.kit import access, colours
from aftersale.admin.kit.change_list import CappedPaginator
from aftersale.admin.kit.dialogs import attempt
from aftersale.admin.kit.pages import UNPROCESSABLE, desk_page, show
from aftersale.domain.identifiers import clean_identifier
from aftersale.domain.money import format_yuan
from aftersale.models import AfterSaleWindow, Order
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.services.access import rights
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.shown import format_time
from aftersale.services.windows import opening

A_PAGE = 25


class AgreementForm(forms.Form):
    agreement = forms.CharField(
        label=gettext_lazy("What was agreed with the buyer"),
        help_text=gettext_lazy("Kept with the window: amount, return of goods, who promised what."),
        max_length=500,
        widget=forms.Textarea(attrs={"class": "d-input", "rows": 3, "required": True}),
    )


def time_left(until: datetime, now: datetime) -> str:
    """Time left of a window, in words: "2 days 3 hours", "5 h 12 min"."""
    left = until - now
    hours, minutes = divmod(left.seconds // 60, 60)
    if left.days:
        days = ngettext("%d day", "%d days", left.days) % left.days
        return days + " " + ngettext("%d hour", "%d hours", hours) % hours
    if left >= timedelta(minutes=1):
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    return _("less than a minute")


@desk_page
def window_list(request: HttpRequest) -> HttpResponse:
    """The open windows, nearest end first, the closed ones, and a field to find an order."""
    now = timezone.now()
    number = clean_identifier(request.GET.get("order_no", ""))
    orders = _orders(request, number) if number else []
    if len(orders) == 1:
        return redirect("desk:window-open", orders[0].pk)
    seen = rights.scoped(AfterSaleWindow.objects.all(), request.user)
    open_ = seen.filter(closes_at__gt=now).order_by("closes_at", "pk")
    closed = seen.filter(closes_at__lte=now).order_by("-closes_at", "-pk")
    tab = "closed" if request.GET.get("tab") == "closed" else "open"
    page = _read(closed if tab == "closed" else open_).get_page(request.GET.get("page"))
    return show(
        request,
        "aftersale/desk/windows.html",
        _("Re-opened windows"),
        tab=tab,
        page=page,
        counts={"open": open_.count()},
        windows=[_window_row(window, now) for window in page],
        number=number,
        orders=orders,
        one_shop=len(access.shops(request)) == 1,
    )


@desk_page
def window_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Every condition with its figure and whether it holds, before anything is opened (SPEC W1)."""
    now = timezone.now()
    user = access.person(request)
    order = opening.find_order(order_id=pk, user=user)
    form = AgreementForm(request.POST or None)

    def act() -> HttpResponse:
        agreement = request.POST.get("agreement", "")
        opening.open_window(order_id=pk, agreement=agreement, user=user, now=now)
        said = _("The window on order %s is open for 72 hours.")
        messages.success(request, said % order.order_no)
        return redirect("desk:windows")

    def show_page(refused: Refused | None = None) -> HttpResponse:
        return _opening_page(request, order, form, refused, now=now)

    return attempt(act, show_page) if request.method == "POST" else show_page()


def _opening_page(
    request: HttpRequest,
    order: Order,
    form: AgreementForm,
    refused: Refused | None,
    *,
    now: datetime,
) -> HttpResponse:
    user = access.person(request)
    conditions = opening.conditions(order=order, user=user, now=now)
    failing = sum(not condition.holds for condition in conditions)
    page = show(
        request,
        "aftersale/desk/window_open.html",
        _("Re-open the after-sale window"),
        order=order,
        completed=format_time(order.completed_at, order.shop),
        paid=format_yuan(order.paid_amount),
        refundable=format_yuan(order.refundable_amount),
        conditions=conditions,
        failing=failing,
        opens_there=Can.OPEN_WINDOW in registry.can(order.shop),
        platform=registry.name_of(order.shop.platform),
        form=form,
        refusal=refused.message if refused else "",
        earlier=[_window_row(window, now) for window in _read(_on(order)).page(1)],
    )
    if refused:
        page.status_code = UNPROCESSABLE
    return page


def _orders(request: HttpRequest, number: str) -> list[Order]:
    """The orders with that number: shops of different platforms may share one."""
    found = rights.scoped(Order.objects.select_related("shop"), request.user)
    return list(found.filter(order_no=number).order_by("shop__name", "pk")[:A_PAGE])


def _on(order: Order) -> QuerySet[AfterSaleWindow]:
    return order.windows.order_by("-opened_at")


def _read(found: QuerySet[AfterSaleWindow]) -> CappedPaginator:
    rows = found.select_related("shop", "order", "opened_by", "opened_token").prefetch_related(
        "tickets"
    )
    return CappedPaginator(rows, A_PAGE)


def _window_row(window: AfterSaleWindow, now: datetime) -> dict[str, Any]:
    return {
        "window": window,
        "order_url": reverse("admin:aftersale_order_change", args=[window.order_id]),
        "opened": format_time(window.opened_at, window.shop),
        "closes": format_time(window.closes_at, window.shop),
        "left": time_left(window.closes_at, now) if window.closes_at > now else "",
        "soon": window.closes_at - now < timedelta(hours=6),
        "tickets": [
            {
                "url": reverse("admin:aftersale_ticket_change", args=[ticket.pk]),
                "number": ticket.ticket_no,
                "status": ticket.get_status_display(),
                "colour": colours.TICKET_STATUS.get(ticket.status, ""),
            }
            for ticket in sorted(window.tickets.all(), key=lambda ticket: ticket.applied_at)
        ],
    }
