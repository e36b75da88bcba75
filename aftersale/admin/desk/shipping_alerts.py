"""Page of the parcels that must not arrive: people write down what became of them (SPEC H1, H2)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.kit import access, columns, pages
from aftersale.admin.kit.change_list import Counted
from aftersale.admin.kit.dialogs import ask, caller, posted
from aftersale.admin.kit.index_reads import IndexRead, along, read, words
from aftersale.admin.kit.sections import Section
from aftersale.domain.money import format_yuan
from aftersale.models import ENDED_ALERTS, OPEN_ALERTS, AlertState, Order, ShippingAlert, Ticket
from aftersale.services.access import masks, rights
from aftersale.services.access.rights import Right
from aftersale.services.shared import index_only
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.shown import EMPTY, format_time, who
from aftersale.services.shipping import alerts as shipping_alerts

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
PER_PAGE = 25
# Counts and sums stop at this number; the page says so.
MOST = 999
# Money that has left, or is about to: a platform's own refund has no row of ours.
AMOUNT = Coalesce(F("ticket__refund__amount"), F("ticket__committed"))
# States whose sum is shown.
SUMMED = [*OPEN_ALERTS, AlertState.LOST]


@dataclass
class Tab:
    state: AlertState
    count: int
    amount: int
    url: str
    current: bool

    @property
    def shown(self) -> str:
        return f"{MOST}+" if self.count > MOST else str(self.count)


@pages.desk_page
def list_page(request: HttpRequest) -> HttpResponse:
    chosen = request.GET.get("state")
    state = AlertState(chosen) if chosen in AlertState.values else AlertState.TO_STOP
    shop_ids = _shop_ids(request)
    tabs = _tabs(request, state, shop_ids)
    page = Counted(next(tab.count for tab in tabs if tab.current), PER_PAGE, most=MOST).get_page(
        request.GET.get("page")
    )
    return pages.show(
        request,
        "aftersale/desk/shipping_alerts.html",
        _("Shipping alerts"),
        tabs=tabs,
        state=state,
        open_amount=_sum(tabs, OPEN_ALERTS),
        lost_amount=_sum(tabs, [AlertState.LOST]),
        rows=[_row(request, alert) for alert in _page(state, shop_ids, page.number)],
        page=page,
        shops=access.shops(request),
        shop=request.GET.get("shop", ""),
    )


def _shop_ids(request: HttpRequest) -> list[int] | None:
    """Shops of the list; None for an operator, who sees all."""
    seen = [shop.pk for shop in access.shops(request)]
    if shop := request.GET.get("shop", ""):
        return [pk for pk in seen if str(pk) == shop]
    return None if request.user.is_superuser else seen


def _index_read(state: AlertState) -> IndexRead:
    """Open alerts: the longest waiting first. Ended ones: the latest first."""
    is_open = state in OPEN_ALERTS
    return IndexRead(
        order=("raised_at" if is_open else "changed_at", "id"),
        descending=not is_open,
        fixed=(("state", state.value),),
        where=words("state", OPEN_ALERTS if is_open else ENDED_ALERTS),
    )


def _page(state: AlertState, shop_ids: list[int] | None, number: int) -> list[ShippingAlert]:
    order = ("raised_at", "pk") if state in OPEN_ALERTS else ("-changed_at", "-pk")
    start = (number - 1) * PER_PAGE
    found = read(
        ShippingAlert.objects.order_by(*order),
        shop_ids=shop_ids,
        reads=[_index_read(state)],
        each=start + PER_PAGE,
        look_behind=False,
        offset=start,
        limit=PER_PAGE,
    )
    alerts = ShippingAlert.objects.select_related(
        "shop", "order", "ticket__refund", "changed_by", "changed_token"
    )
    by_key = alerts.annotate(at_risk=AMOUNT).in_bulk(found.keys)
    return [by_key[key] for key in found.keys if key in by_key]


def _sum(tabs: list[Tab], states: list[AlertState]) -> str:
    summed = [tab for tab in tabs if tab.state in states]
    amount = format_yuan(sum(tab.amount for tab in summed))
    if any(tab.count > MOST for tab in summed):
        return _("more than %(count)s") % {"count": amount}
    return amount


def _tabs(request: HttpRequest, current: AlertState, shop_ids: list[int] | None) -> list[Tab]:
    figures = dict(zip(AlertState, _figures(shop_ids), strict=True))
    shop = request.GET.get("shop", "")
    return [
        Tab(
            state,
            *figures[state],
            "?" + urlencode({"state": state.value} | ({"shop": shop} if shop else {})),
            state == current,
        )
        for state in AlertState
    ]


def _figures(shop_ids: list[int] | None) -> list[tuple[int, int]]:
    """Count and money of each state, up to MOST and one more, in one query."""
    parts: list[str] = []
    params: list[Any] = []
    for place, state in enumerate(AlertState):
        rows, values = along(
            [_index_read(state)],
            ShippingAlert._meta.db_table,
            shop_ids,
            "ticket_id",
            f"LIMIT {MOST + 1}",
        )
        money, joined = "0", ""
        if state in SUMMED:
            money = "coalesce(sum(coalesce(r.amount, t.committed)), 0)::bigint"
            joined = (
                "JOIN aftersale_ticket t ON t.id = a.ticket_id"
                " LEFT JOIN aftersale_refund r ON r.ticket_id = a.ticket_id"
            )
        parts.append(f"SELECT {place}, count(*), {money} FROM ({rows} LIMIT {MOST + 1}) a {joined}")  # noqa: S608
        params += values
    found = sorted(index_only.fetch(" UNION ALL ".join(parts), params))
    return [(number, money) for _place, number, money in found]


def _row(request: HttpRequest, alert: ShippingAlert) -> dict[str, Any]:
    ticket = alert.ticket
    refund = getattr(ticket, "refund", None)
    tracking = f"{ticket.return_carrier} {ticket.return_tracking_no}".strip()
    return {
        "alert": alert,
        "may": access.may(request, alert.shop_id, Right.HANDLE_TICKETS),
        "next": AlertState.ASKED_CARRIER if alert.state == AlertState.TO_STOP else None,
        "amount": format_yuan(alert.at_risk),  # type: ignore[attr-defined]
        "refund": refund.get_status_display() if refund else ticket.get_status_display(),
        "shipped_at": alert.order.shipped_at and format_time(alert.order.shipped_at, alert.shop),
        "raised_at": format_time(alert.raised_at, alert.shop),
        "changed_at": format_time(alert.changed_at, alert.shop),
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
        """(value, label, meaning, chosen)"""
        return [
            (value, label, MEANINGS[AlertState(value)], self["state"].value() == value)
            for value, label in self.fields["state"].choices  # type: ignore[attr-defined]
        ]


@pages.desk_page
def step(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Dialog that records the next step with a parcel."""
    person = access.person(request)
    alert = shipping_alerts.find_alert(alert_id=alert_id, user=person)
    rights.require(person, alert.shop_id, Right.HANDLE_TICKETS)
    chosen = request.GET.get("state")
    form = StepForm(alert, posted(request), initial={"seen": alert.state, "state": chosen})

    def act() -> HttpResponse:
        _carry_out(request, alert, form)
        label = AlertState(form.cleaned_data["state"]).label
        return pages.done(_("Order %(order)s: %(state)s.") % {"order": alert.order, "state": label})

    return ask(
        request,
        "aftersale/desk/shipping_alert_step.html",
        act=act,
        # Checked by `act`: the service names the difference where another state was seen.
        look=lambda _refused: {"form": form},
        title=_("Parcel of order %s") % alert.order,
        submit=_("Write down"),
        alert=alert,
        amount=format_yuan(_amount(alert.ticket)),
    )


def _carry_out(request: HttpRequest, alert: ShippingAlert, form: StepForm) -> None:
    # The steps on offer depend on the state that was seen: the service names the difference.
    if not form.is_valid() and form.data.get("seen") == alert.state:
        raise Refused(_("Something is missing: see below."))
    shipping_alerts.advance(
        alert_id=alert.pk,
        state=form.data.get("state", ""),
        note=form.data.get("note", ""),
        seen=form.data.get("seen", ""),
        **caller(request),
    )


def _amount(ticket: Ticket) -> int:
    refund = getattr(ticket, "refund", None)
    return refund.amount if refund else ticket.committed


def _section(request: HttpRequest, about: Q, shop: Any) -> Section:
    alerts = ShippingAlert.objects.filter(about).select_related(
        "ticket", "changed_by", "changed_token"
    )
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
                format_time(alert.raised_at, shop),
                format_time(alert.changed_at, shop),
                who(alert, "changed_by"),
                masks.shown_text_of(alert, alert.note, alert.shop_id) or EMPTY,
            ]
            for alert in alerts.order_by("raised_at", "pk")
        ],
    )


def alert_of(request: HttpRequest, ticket: Ticket) -> Section:
    return _section(request, Q(ticket=ticket), ticket.shop)


def alerts_of(request: HttpRequest, order: Order) -> Section:
    return _section(request, Q(order=order), order.shop)
