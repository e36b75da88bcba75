"""The buyer limit and the block list (SPEC G1), for users who may change strategies."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from aftersale.admin.kit import access
from aftersale.admin.kit.dialogs import ask, attempt, caller, posted
from aftersale.admin.kit.pages import desk_page, done
from aftersale.admin.kit.yuan_field import YuanField
from aftersale.domain.identifiers import clean_identifier
from aftersale.domain.money import format_yuan
from aftersale.models import BlockedBuyer, Shop
from aftersale.services.access import masks
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.shared.shown import format_time, who
from aftersale.services.shops import settings, shops

from .frame import SettingsForm, owned_shop, seal, section, the_shop, unseal

_PER_PAGE = 50


class LimitForm(SettingsForm):
    days = forms.IntegerField(
        label=gettext_lazy("In so many days"), min_value=1, max_value=365, required=False
    )
    count = forms.IntegerField(
        label=gettext_lazy("At most so many refunds"),
        min_value=0,
        max_value=1_000_000,
        required=False,
    )
    amount = YuanField(label=gettext_lazy("At most so much, in yuan"), least=0, required=False)


class BlockForm(SettingsForm):
    buyer = forms.CharField(label=gettext_lazy("Buyer"), max_length=64)
    note = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@desk_page
def guards(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        return _save_limit(request, owned_shop(request, pk, Right.CHANGE_STRATEGIES))
    return _section(request, the_shop(request, pk))


@require_POST
@desk_page
def switch_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Switches the buyer limit off in one step."""
    shop = owned_shop(request, pk, Right.CHANGE_STRATEGIES)
    return attempt(
        lambda: _set_limit(request, shop, days=None, count=None, amount=None),
        lambda refused: _section(request, shop, refused=refused),
    )


@desk_page
def block(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk, Right.CHANGE_STRATEGIES)
    form = BlockForm(posted(request))

    def act() -> HttpResponse:
        words = {"buyer": form.cleaned_data["buyer"]}
        if not shops.block_buyer(shop_id=shop.pk, **form.cleaned_data, **caller(request)):
            raise Refused(_("%(buyer)s is on the list already.") % words)
        return done(_("No strategy refunds %(buyer)s any more.") % words)

    return ask(
        request,
        "aftersale/shop_settings/block.html",
        act=act,
        form=form,
        title=_("Block a buyer"),
        submit=_("Put on the block list"),
    )


@desk_page
def unblock(request: HttpRequest, pk: int, blocked: int) -> HttpResponse:
    shop = owned_shop(request, pk, Right.CHANGE_STRATEGIES)
    row = shop.blocked_buyers.filter(pk=blocked).first()
    if row is None:
        raise NotFound(_("There is no such buyer on the block list."))

    def act() -> HttpResponse:
        shops.unblock_buyer(shop_id=shop.pk, buyer=row.buyer, **caller(request))
        return done(_("%(buyer)s is off the block list.") % {"buyer": row.buyer})

    return ask(
        request,
        "aftersale/shop_settings/unblock.html",
        act=act,
        title=_("Take off the block list"),
        submit=_("Let strategies refund %(buyer)s again") % {"buyer": row.buyer},
        row=row,
    )


def _save_limit(request: HttpRequest, shop: Shop) -> HttpResponse:
    form = LimitForm(request.POST)
    return attempt(
        lambda: _set_limit(request, shop, **form.cleaned_data),
        lambda refused: _section(request, shop, form=form, refused=refused),
        form=form,
    )


def _set_limit(
    request: HttpRequest, shop: Shop, *, days: int | None, count: int | None, amount: int | None
) -> HttpResponse:
    settings.set_buyer_limit(
        shop_id=shop.pk,
        days=days,
        count=count,
        amount=amount,
        seen=unseal(request.POST.get("seen")),
        **caller(request),
    )
    return done(_("The buyer limit is saved."))


def _section(
    request: HttpRequest,
    shop: Shop,
    *,
    form: LimitForm | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    limit = settings.buyer_limit_of(shop)
    amount = limit["amount"]
    if form is None:
        form = LimitForm(initial=limit)
    term = clean_identifier(request.GET.get("q", ""))
    found = shop.blocked_buyers.select_related("created_by", "created_token").order_by("-pk")
    may_search = access.may(request, shop.pk, Right.SEE_BUYERS)
    if term and may_search:
        found = found.filter(buyer__icontains=term)
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    return section(
        request,
        shop,
        "shop-guards",
        refused=refused,
        right=Right.CHANGE_STRATEGIES,
        form=form,
        limit=limit,
        limit_amount=None if amount is None else format_yuan(amount),
        seen=request.POST.get("seen") or seal(limit),
        term=term,
        may_search=may_search,
        page=page,
        blocked=[_row(shop, row) for row in page],
    )


def _row(shop: Shop, row: BlockedBuyer) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "buyer": masks.shown_buyer(row.buyer, shop.pk),
        "note": masks.shown_text_of(row, row.note, shop.pk),
        "by": who(row, "created_by"),
        "at": format_time(row.created_at, shop),
    }
