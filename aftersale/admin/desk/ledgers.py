"""The ledgers of wallet and deposit, and an owner's correction in them (SPEC W3)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.kit import access
from aftersale.admin.kit.change_list import CappedPaginator
from aftersale.admin.kit.dialogs import ask, caller, posted
from aftersale.admin.kit.pages import desk_page, done, show
from aftersale.admin.kit.yuan_field import YuanField
from aftersale.domain.money import format_yuan
from aftersale.models import Fund, FundEntry, FundEntryKind, FundKind, Shop
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotFound
from aftersale.services.shared.shown import format_time
from aftersale.services.windows import funds

A_PAGE = 50
KIND_COLOURS = {
    FundEntryKind.REFUND: "warning",
    FundEntryKind.REFUND_BACK: "info",
    FundEntryKind.COMMISSION: "success",
    FundEntryKind.ARBITRATION: "danger",
    FundEntryKind.CORRECTION: "accent",
}


class CorrectionForm(forms.Form):
    direction = forms.ChoiceField(
        label=gettext_lazy("What is wrong"),
        choices=[
            ("in", gettext_lazy("More is in it than the ledger says: add")),
            ("out", gettext_lazy("Less is in it than the ledger says: take off")),
        ],
        initial="in",
        widget=forms.RadioSelect,
    )
    amount = YuanField(
        label=gettext_lazy("By how much, in yuan"),
        widget=forms.TextInput(attrs={"class": "d-input d-input--short"}),
    )
    note = forms.CharField(
        label=gettext_lazy("What is corrected, and why"),
        max_length=500,
        widget=forms.Textarea(attrs={"class": "d-input", "rows": 3}),
    )

    def fen(self) -> int:
        fen = self.cleaned_data["amount"]
        return fen if self.cleaned_data["direction"] == "in" else -fen


@desk_page
def ledgers(request: HttpRequest) -> HttpResponse:
    """A shop's two funds and the entries of one of them, the newest first."""
    shops = access.shops(request)
    if not shops:  # an operator, before there is any shop
        raise NotFound(_("There is no shop yet."))
    shop = next((shop for shop in shops if str(shop.pk) == request.GET.get("shop")), shops[0])
    found = {fund.kind: fund for fund in Fund.objects.filter(shop=shop)}
    chosen = "deposit" if request.GET.get("fund") == "deposit" else "wallet"
    entries = FundEntry.objects.filter(fund=found[chosen]) if chosen in found else None
    page = CappedPaginator(_read(entries), A_PAGE).get_page(request.GET.get("page"))
    return show(
        request,
        "aftersale/desk/ledgers.html",
        _("Wallet and deposit"),
        shops=shops,
        shop=shop,
        funds=[_fund(found[kind]) for kind in FundKind if kind in found],
        chosen=chosen,
        address=f"shop={shop.pk}&fund={chosen}",
        page=page,
        entries=[_entry(entry, shop) for entry in page],
        may_correct=access.may(request, shop.pk, Right.CHANGE_SHOP),
    )


@desk_page
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog in which an owner corrects a fund by one more entry (SPEC W3)."""
    fund = rights.scoped(Fund.objects.select_related("shop"), request.user).filter(pk=pk).first()
    if fund is None:
        raise NotFound(_("There is no such fund."))
    rights.require(access.person(request), fund.shop_id, Right.CHANGE_SHOP)
    form = CorrectionForm(posted(request))

    def act() -> HttpResponse:
        note = form.cleaned_data["note"]
        entry = funds.correct(fund_id=pk, amount=form.fen(), note=note, **caller(request))
        said = _("The correction is entered; the balance is %s now.")
        return done(said % format_yuan(entry.balance_after))

    return ask(
        request,
        "aftersale/desk/correction.html",
        act=act,
        form=form,
        title=_("Correct the ledger: %(fund)s of %(shop)s")
        % {"fund": fund.get_kind_display(), "shop": fund.shop.name},
        submit=_("Enter the correction"),
        balance=format_yuan(fund.balance),
    )


def _read(entries: Any) -> Any:
    if entries is None:
        return FundEntry.objects.none()
    return entries.select_related("attempt__refund__ticket", "user").order_by("-pk")


def _fund(fund: Fund) -> dict[str, Any]:
    return {
        "pk": fund.pk,
        "kind": fund.kind,
        "name": fund.get_kind_display(),
        "balance": format_yuan(fund.balance),
        "overdrawn": fund.balance < 0,
    }


def _entry(entry: FundEntry, shop: Shop) -> dict[str, Any]:
    refund = entry.attempt.refund if entry.attempt else None
    return {
        "entry": entry,
        "at": format_time(entry.at, shop),
        "kind": entry.get_kind_display(),
        "colour": KIND_COLOURS.get(FundEntryKind(entry.kind), ""),
        "amount": f"+{format_yuan(entry.amount)}"
        if entry.amount > 0
        else format_yuan(entry.amount),
        "balance": format_yuan(entry.balance_after),
        "ticket": refund.ticket if refund else None,
        "url": reverse("admin:aftersale_refund_change", args=[refund.pk]) if refund else "",
    }
