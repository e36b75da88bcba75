"""The dialogs in which people open a request of the shop's own on its platform: in the buyer's
name, or the refund of a price difference (SPEC P3). The button names the payee and the amount."""

import secrets
from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from aftersale.admin.kit import access, pages
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.kit.yuan_field import YuanField
from aftersale.domain.money import format_yuan
from aftersale.models import Order, ShopRequestKind
from aftersale.services.desk import shop_requests
from aftersale.services.shared.errors import Refused, Stale

TEMPLATE = "aftersale/desk/shop_request.html"
IN_BUYERS_NAME = (ShopRequestKind.REFUND, ShopRequestKind.RETURN_REFUND)


class RequestForm(forms.Form):
    line_no = forms.TypedChoiceField(
        label=gettext_lazy("Line of the order"),
        coerce=int,
        widget=forms.Select(attrs={"class": "d-input"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What the buyer is asked to agree to"),
        widget=forms.Select(attrs={"class": "d-input"}),
    )
    quantity = forms.IntegerField(
        label=gettext_lazy("quantity"),
        min_value=1,
        initial=1,
        widget=forms.NumberInput(attrs={"class": "d-input d-input--short"}),
    )
    amount = YuanField(
        label=gettext_lazy("Amount in yuan"),
        widget=forms.TextInput(
            attrs={"class": "d-input d-input--short d-amount", "data-amount": ""}
        ),
    )
    because = forms.ChoiceField(
        label=pgettext_lazy("shop request", "Reason"),
        widget=forms.Select(attrs={"class": "d-input"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Explanation"),
        required=False,
        max_length=shop_requests.LONGEST_TEXT,
        help_text=gettext_lazy("The buyer may read it."),
        widget=forms.TextInput(attrs={"class": "d-input"}),
    )

    def __init__(self, data: Any, *, order: Order, difference: bool) -> None:
        super().__init__(data)
        kinds = (ShopRequestKind.PRICE_DIFFERENCE,) if difference else IN_BUYERS_NAME
        self._choose("kind", [(kind.value, kind.label) for kind in kinds])
        reasons = shop_requests.reasons(order, kinds[0])
        self._choose("because", [(one.value, one.label) for one in reasons])
        self._choose(
            "line_no",
            [
                (line.line_no, f"{line.title or line.product} · {format_yuan(line.paid_amount)}")
                for line in order.lines.all()
            ],
        )
        if difference:
            del self.fields["kind"], self.fields["quantity"]

    def _choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def _view(*, difference: bool) -> Callable[..., HttpResponseBase]:
    @pages.desk_page
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        return _ask(request, pk, difference=difference)

    return view


price_difference, open_request = _view(difference=True), _view(difference=False)


def _ask(request: HttpRequest, pk: int, *, difference: bool) -> HttpResponse:
    order = shop_requests.find_order(order_id=pk, user=access.person(request))
    possible = [
        kind
        for kind in shop_requests.possible(order)
        if (kind == ShopRequestKind.PRICE_DIFFERENCE) == difference
    ]
    sent = request.POST if request.method == "POST" else request.GET
    form = None
    if possible:
        data = sent if request.method == "POST" or "amount" in request.GET else None
        form = RequestForm(data, order=order, difference=difference)

    def act() -> HttpResponse:
        if form is None:
            raise Refused(_impossible())
        asked = dict(form.cleaned_data)
        opened = shop_requests.open_request(
            order_id=pk,
            key=request.POST.get("key", ""),
            kind=asked.pop("kind", ShopRequestKind.PRICE_DIFFERENCE),
            above_line="above_line" in request.POST,
            seen=request.POST.get("seen", ""),
            **asked,
            **caller(request),
        )
        words = {"amount": format_yuan(opened.amount), "buyer": order.buyer}
        if difference:
            return pages.done(_("The refund of %(amount)s to %(buyer)s is under way.") % words)
        return pages.done(_("%(buyer)s is being asked to agree to %(amount)s.") % words)

    def look(refused: Refused | None) -> dict[str, Any]:
        now = shop_requests.find_order(order_id=pk, user=access.person(request))
        stale = isinstance(refused, Stale)
        # The difference stands above the form: whoever sends it again has read it there.
        seen = None if stale else sent.get("seen")
        return {
            "order": now,
            "possible": form is not None,
            "impossible": _impossible(),
            "seen": seen or shop_requests.seen_now(now),
            "key": sent.get("key") or secrets.token_hex(16),
            **_outcome(now, form, difference=difference),
        }

    title = _("Refund a price difference") if difference else _("Request in the buyer's name")
    return ask(request, TEMPLATE, act=act, form=form, look=look, title=title)


def _impossible() -> str:
    return _("Nothing can be opened for this order as it stands, or not from here.")


def _outcome(order: Order, form: RequestForm | None, *, difference: bool) -> dict[str, Any]:
    """For what was typed: the step's effect, its button, and the warning about the line."""
    amount = line = None
    if form is not None and form.is_bound:
        form.is_valid()
        amount, line = form.cleaned_data.get("amount"), form.cleaned_data.get("line_no")
    shown = "–" if amount is None else format_yuan(amount)
    left = order.refundable_amount - (amount or 0)
    words = {"amount": shown, "buyer": order.buyer, "left": format_yuan(max(0, left))}
    if amount is not None and left < 0:
        then = _("%(amount)s is more than is left of the order.") % words
    elif difference:
        then = _(
            "%(amount)s goes to %(buyer)s at once, without asking; %(left)s of the order stays"
            " refundable. The platform makes a ticket of it."
        )
        then = then % words
    else:
        then = _(
            "%(buyer)s is asked to agree to %(amount)s. The platform makes a ticket of it, and"
            " refunds once %(buyer)s has agreed."
        )
        then = then % words
    # desk.js keeps it in step with what is typed.
    figure = format_html("<span data-amount-shown>{}</span>", shown)
    button = _("Refund %(amount)s to %(buyer)s") if difference else _("Ask %(buyer)s")
    return {
        "then": then,
        "button": format_html(
            button.replace("%(amount)s", "{amount}").replace("%(buyer)s", "{buyer}"),
            amount=figure,
            buyer=order.buyer,
        ),
        "line_warning": shop_requests.line_warning(order, line, amount) if line and amount else "",
    }
