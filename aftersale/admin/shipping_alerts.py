"""The page on which people write down what became of parcels that must not arrive (SPEC H1, H2)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.models import OPEN_ALERTS, AlertState, Order, ShippingAlert, Ticket
from aftersale.services import rights, shipping_alerts
from aftersale.services.errors import Refused
from aftersale.services.rights import Right

from . import access, columns, pages
from .sections import Section

COLOURS: dict[str, str] = {
    AlertState.TO_STOP: "danger",
    AlertState.ASKED_CARRIER: "warning",
    AlertState.INTERCEPTED: "success",
    AlertState.RETURNED: "success",
    AlertState.LOST: "danger",
}
MEANINGS = {
    AlertState.ASKED_CARRIER: gettext_lazy("The carrier was told to stop the parcel or turn it."),
    AlertState.INTERCEPTED: gettext_lazy("The parcel was stopped, or is on its way back."),
    AlertState.RETURNED: gettext_lazy("The buyer got it and sent it back, or refused it."),
    AlertState.LOST: gettext_lazy("The buyer keeps goods and money: the shop bears the loss."),
}
PER_PAGE = 50
# What has left, or is about to: a platform's own refund has no row of ours.
AMOUNT = Coalesce(F("ticket__refund__amount"), F("ticket__committed"))


@dataclass
class Tab:
    state: AlertState
    count: int
    amount: int
    url: str
    current: bool


def _alerts(request: HttpRequest) -> QuerySet[ShippingAlert]:
    found = rights.scoped(ShippingAlert.objects.all(), request.user)
    shop = request.GET.get("shop", "")
    return found.filter(shop=int(shop)) if shop.isdecimal() else found


@pages.desk_page
def list_page(request: HttpRequest) -> HttpResponse:
    chosen = request.GET.get("state")
    state = AlertState(chosen) if chosen in AlertState.values else AlertState.TO_STOP
    tabs = _tabs(request, state)
    open_amount = sum(tab.amount for tab in tabs if tab.state in OPEN_ALERTS)
    lost_amount = sum(tab.amount for tab in tabs if tab.state == AlertState.LOST)
    # Parcels on their way: who has waited longest comes first. Ended ones: the latest first.
    order = ("raised_at", "pk") if state in OPEN_ALERTS else ("-changed_at", "-pk")
    alerts = (
        _alerts(request)
        .filter(state=state)
        .select_related("shop", "order", "ticket__refund", "changed_by")
        .annotate(at_risk=AMOUNT)
        .order_by(*order)
    )
    page = Counted(alerts, next(tab.count for tab in tabs if tab.current)).get_page(
        request.GET.get("page")
    )
    return pages.show(
        request,
        "aftersale/desk/shipping_alerts.html",
        _("Shipping alerts"),
        tabs=tabs,
        state=state,
        open_amount=columns.yuan(open_amount),
        lost_amount=columns.yuan(lost_amount),
        rows=[_row(request, alert) for alert in page],
        page=page,
        shops=access.shops(request),
        shop=request.GET.get("shop", ""),
    )


class Counted(Paginator):
    """The tabs have counted already."""

    def __init__(self, alerts: QuerySet[ShippingAlert], count: int) -> None:
        super().__init__(alerts, PER_PAGE)
        self.count = count


def _tabs(request: HttpRequest, current: AlertState) -> list[Tab]:
    figures: dict[str, Any] = {
        row["state"]: row
        for row in _alerts(request)
        .values("state")
        .annotate(count=Count("pk"), amount=Sum(AMOUNT, default=0))
        .order_by()
    }
    shop = request.GET.get("shop", "")
    return [
        Tab(
            state,
            figures.get(state, {}).get("count", 0),
            figures.get(state, {}).get("amount", 0),
            "?" + urlencode({"state": state.value} | ({"shop": shop} if shop else {})),
            state == current,
        )
        for state in AlertState
    ]


def _row(request: HttpRequest, alert: ShippingAlert) -> dict[str, Any]:
    ticket = alert.ticket
    refund = getattr(ticket, "refund", None)
    tracking = f"{ticket.return_carrier} {ticket.return_tracking_no}".strip()
    return {
        "alert": alert,
        "may": access.may(request, alert.shop_id, Right.HANDLE_TICKETS),
        "next": AlertState.ASKED_CARRIER if alert.state == AlertState.TO_STOP else None,
        "amount": columns.yuan(alert.at_risk),  # type: ignore[attr-defined]
        "refund": refund.get_status_display() if refund else ticket.get_status_display(),
        "shipped_at": alert.order.shipped_at and columns.moment(alert.order.shipped_at, alert.shop),
        "raised_at": columns.moment(alert.raised_at, alert.shop),
        "changed_at": columns.moment(alert.changed_at, alert.shop),
        "return_tracking": tracking,
    }


class StepForm(forms.Form):
    state = forms.ChoiceField(label=gettext_lazy("What became of the parcel"))
    note = forms.CharField(
        label=gettext_lazy("note"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Whom you spoke with, or the carrier's number of the request."),
        widget=forms.Textarea(attrs={"class": "d-input", "rows": 3}),
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, alert: ShippingAlert, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = shipping_alerts.STEPS[alert.state]
        self.fields["state"].choices = [(step.value, step.label) for step in steps]  # type: ignore[attr-defined]
        self.fields["note"].required = alert.state in shipping_alerts.ENDS

    @property
    def choices(self) -> list[tuple[str, Any, Any, bool]]:
        """(value, label, what it means, chosen)"""
        return [
            (value, label, MEANINGS[AlertState(value)], self["state"].value() == value)
            for value, label in self.fields["state"].choices  # type: ignore[attr-defined]
        ]


@pages.desk_page
def step(request: HttpRequest, alert_id: int) -> HttpResponse:
    """The dialog in which a person says how far they have come with a parcel."""
    person = access.person(request)
    alert = shipping_alerts.find_alert(alert_id=alert_id, user=person)
    rights.require(person, alert.shop_id, Right.HANDLE_TICKETS)
    chosen = request.GET.get("state")
    form = StepForm(
        alert,
        request.POST if request.method == "POST" else None,
        initial={"seen": alert.state, "state": chosen},
    )
    refused = None
    if request.method == "POST":
        try:
            _carry_out(request, alert, form)
        except Refused as refusal:
            refused = refusal
        else:
            label = AlertState(form.cleaned_data["state"]).label
            return pages.done(
                _("Order %(order)s: %(state)s.") % {"order": alert.order, "state": label}
            )
    return pages.dialog(
        request,
        "aftersale/desk/shipping_alert_step.html",
        refused=refused,
        title=_("Parcel of order %s") % alert.order,
        submit=_("Write down"),
        action=request.path,
        form=form,
        alert=alert,
        amount=columns.yuan(_amount(alert.ticket)),
    )


def _carry_out(request: HttpRequest, alert: ShippingAlert, form: StepForm) -> None:
    # What was offered depends on the state that was seen: the service says what has changed.
    if not form.is_valid() and form.data.get("seen") == alert.state:
        raise Refused(_("Something is missing: see below."))
    shipping_alerts.advance(
        alert_id=alert.pk,
        state=form.data.get("state", ""),
        note=form.data.get("note", ""),
        user=access.person(request),
        now=timezone.now(),
        seen=form.data.get("seen", ""),
    )


def _amount(ticket: Ticket) -> int:
    refund = getattr(ticket, "refund", None)
    return refund.amount if refund else ticket.committed


def _section(request: HttpRequest, about: Q, shop: Any) -> Section:
    alerts = ShippingAlert.objects.filter(about).select_related("ticket", "changed_by")
    return Section(
        gettext_lazy("Shipping alerts"),
        [
            gettext_lazy("ticket"),
            gettext_lazy("parcel"),
            gettext_lazy("why"),
            gettext_lazy("raised at"),
            gettext_lazy("changed at"),
            gettext_lazy("by"),
            gettext_lazy("note"),
        ],
        [
            [
                columns.link(alert.ticket),
                columns.badge(alert.get_state_display(), COLOURS[alert.state]),
                alert.get_kind_display(),
                columns.moment(alert.raised_at, shop),
                columns.moment(alert.changed_at, shop),
                alert.changed_by or columns.EMPTY,
                alert.note or columns.EMPTY,
            ]
            for alert in alerts.order_by("raised_at", "pk")
        ],
    )


def alert_of(request: HttpRequest, ticket: Ticket) -> Section:
    return _section(request, Q(ticket=ticket), ticket.shop)


def alerts_of(request: HttpRequest, order: Order) -> Section:
    return _section(request, Q(order=order), order.shop)
