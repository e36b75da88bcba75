"""Payment of refunds, and the commission that comes back with them (SPEC W4)."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.kit.dialogs import attempt, caller
from aftersale.admin.kit.pages import desk_page, done
from aftersale.domain.identifiers import join_identifiers, split_identifiers
from aftersale.models import ConnectorKind, Shop
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.shown import format_time
from aftersale.services.shops import settings

from .frame import SettingsForm, owned_shop, seal, section, the_shop, unseal

CONNECTORS = {
    ConnectorKind.MANUAL: gettext_lazy(
        "Approved refunds wait until somebody has paid them in the platform's own back office and"
        " says so here. Nothing is sent to the platform."
    ),
    ConnectorKind.SANDBOX: gettext_lazy(
        "Payments are simulated, for trying things out. No money moves; real shops can't have this."
    ),
    ConnectorKind.PLATFORM: gettext_lazy(
        "What is decided here is sent to the platform, which pays refunds itself and says what"
        " became of them."
    ),
}
_WALL = "%Y-%m-%dT%H:%M"


class CommissionForm(SettingsForm):
    wallet_opened_at = forms.DateTimeField(
        label=gettext_lazy("Wallet opened at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_WALL),
        help_text=gettext_lazy(
            "Only orders made after that bring commission back. On the shop's clock."
        ),
    )
    categories = forms.CharField(
        label=gettext_lazy("Product categories"),
        required=False,
        max_length=70_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "One a line, as the platform writes them. None: no commission comes back."
        ),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days after completion"),
        required=False,
        min_value=0,
        max_value=3660,
        help_text=gettext_lazy("A request filed later than that brings nothing back."),
    )

    def clean_categories(self) -> list[str]:
        return split_identifiers(self.cleaned_data["categories"])


@desk_page
def services(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return _section(request, the_shop(request, pk))
    shop = owned_shop(request, pk)
    zone = ZoneInfo(shop.timezone)
    # The form is cleaned once, with wall times of the shop.
    with timezone.override(zone):
        form = CommissionForm(request.POST)
        form.is_valid()

    def act() -> HttpResponse:
        settings.set_commission_return(
            shop_id=shop.pk,
            wallet_opened_at=_opened(shop, form.cleaned_data["wallet_opened_at"]),
            categories=form.cleaned_data["categories"],
            days=form.cleaned_data["days"],
            seen=unseal(request.POST.get("seen")),
            **caller(request),
        )
        return done(_("The commission return is saved."))

    return attempt(
        act, lambda refused: _section(request, shop, form=form, refused=refused), form=form
    )


def _opened(shop: Shop, typed: datetime | None) -> datetime | None:
    """Restores the seconds, which the form does not show, of a time that was not touched."""
    stored = shop.wallet_opened_at
    if typed and stored and stored.replace(second=0, microsecond=0) == typed:
        return stored
    return typed


def _section(
    request: HttpRequest,
    shop: Shop,
    *,
    form: CommissionForm | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    content = settings.commission_return_of(shop)
    opened = shop.wallet_opened_at
    if form is None:
        initial: dict[str, Any] = {
            "wallet_opened_at": opened and f"{opened.astimezone(ZoneInfo(shop.timezone)):{_WALL}}",
            "categories": join_identifiers(shop.commission_categories, between="\n"),
            "days": shop.commission_days,
        }
        form = CommissionForm(initial=initial)
    return section(
        request,
        shop,
        "shop-services",
        refused=refused,
        form=form,
        seen=request.POST.get("seen") or seal(content),
        connector=shop.get_connector_display(),
        connector_words=CONNECTORS[ConnectorKind(shop.connector)],
        opened=format_time(opened, shop) if opened else "",
        categories=shop.commission_categories,
        days=shop.commission_days,
    )
