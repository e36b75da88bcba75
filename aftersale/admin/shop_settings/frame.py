"""Frame of the settings' sections: shop, tabs, sealed content."""

from typing import Any

from django import forms
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import CONFLICT, UNPROCESSABLE, desk_page, show
from aftersale.models import AuditEntry, AuditKind, Shop
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotFound, Refused, Stale
from aftersale.services.shared.shown import format_time

from .steps import are_over, steps_of

SECTIONS = {
    "shop-settings": gettext_lazy("Working hours"),
    "shop-special-days": gettext_lazy("Special days"),
    "shop-fast-refund": gettext_lazy("Fast refund"),
    "shop-guards": gettext_lazy("Guards"),
    "shop-second-person": gettext_lazy("Second person"),
    "shop-services": gettext_lazy("Services"),
    "shop-platform": gettext_lazy("Platform connection"),
    "shop-deadlines": gettext_lazy("Deadlines"),
    "shop-members": gettext_lazy("Members"),
    "shop-personal-data": gettext_lazy("Personal data"),
    "shop-tokens": gettext_lazy("API tokens"),
    "monitoring:robots": gettext_lazy("Group robots"),
    "shop-webhooks": gettext_lazy("Webhooks"),
}
# Seen by those alone who may change them.
NEEDS = {
    "shop-personal-data": Right.CHANGE_SHOP,
    "monitoring:robots": Right.MANAGE_ROBOTS,
    "shop-webhooks": Right.CHANGE_SHOP,
}
_SALT = "shop-settings"


def the_shop(request: HttpRequest, pk: int) -> Shop:
    shop = rights.shops_of(access.person(request)).filter(pk=pk).first()
    if shop is None:
        raise NotFound(_("There is no such shop."))
    return shop


def owned_shop(request: HttpRequest, pk: int, right: Right = Right.CHANGE_SHOP) -> Shop:
    """The shop, for those who may change it; others are refused before they fill anything in."""
    shop = the_shop(request, pk)
    rights.require(access.person(request), pk, right)
    return shop


def address_of(name: str, shop: Shop) -> str:
    """The address of a section; without a namespace it is the desk's."""
    return reverse(name if ":" in name else f"desk:{name}", args=[shop.pk])


def section(
    request: HttpRequest,
    shop: Shop,
    name: str,
    *,
    refused: Refused | None = None,
    right: Right = Right.CHANGE_SHOP,
    tab: str = "",
    **context: Any,
) -> HttpResponse:
    """The page of a section; to htmx only its inside. `refused` adds the reason to the input.

    `name` is the name of its address, and of its template. A page within the section `tab` is
    at the address of the request.
    """
    app, _colon, page = name.rpartition(":")
    folder = app or "aftersale/shop_settings"
    template = f"{folder}/{page.removeprefix('shop-').replace('-', '_')}.html"
    here = request.get_full_path() if tab else address_of(name, shop)
    context |= {
        "shop": shop,
        "here": here,
        "may_edit": access.may(request, shop.pk, right),
        "refusal": refused.message if refused else None,
        "stale": isinstance(refused, Stale),
    }
    if request.headers.get("HX-Request"):
        status = 200
        if refused is not None:
            status = CONFLICT if isinstance(refused, Stale) else UNPROCESSABLE
        return render(request, template, context, status=status)
    owner = access.may(request, shop.pk, Right.CHANGE_SHOP)
    tabs: dict[str, Any] = {
        one: title
        for one, title in SECTIONS.items()
        if one not in NEEDS or access.may(request, shop.pk, NEEDS[one])
    }
    if access.may(request, shop.pk, Right.INVITE) and not are_over(steps_of(shop)):
        tabs = {"shop-first-steps": _("First steps")} | tabs
    changes = AuditEntry.objects.filter(scope=shop.pk, kind=AuditKind.CHANGED)
    last_change = changes.select_related("user", "token").first()
    return show(
        request,
        "aftersale/shop_settings/page.html",
        _("Settings of %(shop)s") % {"shop": shop.name},
        section=template,
        tabs=[
            {
                "title": title,
                "link": address_of(one, shop),
                "here": one == (tab or name),
            }
            for one, title in tabs.items()
        ],
        several=len(access.shops(request)) > 1,
        last_change=last_change,
        owner=owner,
        last_change_at=format_time(last_change.at, shop) if last_change else "",
        **context,
    )


@desk_page
def chooser(request: HttpRequest) -> HttpResponse:
    """Asks whose settings to open; a single shop's open at once."""
    shops = access.shops(request)
    if len(shops) == 1:
        return redirect("desk:shop-settings", shops[0].pk)
    return show(
        request,
        "aftersale/shop_settings/chooser.html",
        _("Shop settings"),
        shops=shops,
        may_make_shops=rights.may_make_shops(access.person(request)),
    )


def seal(content: Any) -> str:
    """Signs the content on the page, to be sent back with a change; nobody can forge it."""
    return signing.dumps(content, salt=_SALT, compress=True)


def unseal(sent: str | None) -> Any:
    """Raises Stale for a text that is no seal: forged, or sealed with an earlier key."""
    try:
        return signing.loads(sent or "", salt=_SALT)
    except signing.BadSignature:
        raise Stale(_("This page is too old. Load it again.")) from None


class SettingsForm(forms.Form):
    """Form in the look of the desk."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput | forms.RadioSelect):
                field.widget.attrs.setdefault("class", "d-input")
