"""API tokens of a shop: made, shown once, and revoked by owners (SPEC P1)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.kit.dialogs import ask, caller, posted
from aftersale.admin.kit.pages import desk_page, dialog, done
from aftersale.models import ApiToken, Role, Scope, Shop
from aftersale.services.access import tokens as access_tokens
from aftersale.services.shared.errors import NotFound
from aftersale.services.shared.shown import format_time

from .frame import SettingsForm, owned_shop, section, the_shop

MOST_SHOWN = 200


class TokenForm(SettingsForm):
    name = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=64,
        help_text=gettext_lazy("For example the name of the ERP or of the warehouse."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple(),
    )
    expires_at = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        validators=[MaxValueValidator(date(2999, 12, 31))],
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Left empty: until it is revoked."),
    )
    networks = forms.CharField(
        label=gettext_lazy("Only from these addresses"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy(
            "Left empty: from anywhere. Separate several by blanks: 203.0.113.7 198.51.100.0/24"
        ),
    )


@dataclass
class Row:
    """A token as the list shows it."""

    token: ApiToken
    may: list[Any]
    made: str
    used: str
    revoked: str
    ends: str
    has_ended: bool
    acts_as: str
    """The maker's present role; "" where the token can do nothing any more."""


@desk_page
def tokens(request: HttpRequest, pk: int) -> HttpResponse:
    shop = the_shop(request, pk)
    found = shop.api_tokens.select_related("created_by", "revoked_by").order_by("-pk")
    listed = sorted(found[:MOST_SHOWN], key=lambda token: token.revoked_at is not None)
    roles = dict(shop.memberships.values_list("user", "role"))
    return section(
        request,
        shop,
        "shop-tokens",
        tokens=[_row(token, shop, roles) for token in listed],
        active=sum(token.revoked_at is None for token in listed),
    )


@desk_page
def add(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    form = TokenForm(posted(request))

    def act() -> HttpResponse:
        given = form.cleaned_data
        made = access_tokens.create(
            shop_id=shop.pk,
            name=given["name"],
            scopes=given["scopes"],
            expires_at=_end_of(given["expires_at"], shop),
            networks=re.split(r"[\s,，、;；]+", given["networks"]) if given["networks"] else [],
            **caller(request),
        )
        return _shown_once(request, *made)

    return ask(
        request,
        "aftersale/shop_settings/token.html",
        act=act,
        form=form,
        title=_("Make an API token"),
        submit=_("Make the token"),
        shop=shop,
    )


@desk_page
def revoke(request: HttpRequest, pk: int, token: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    row = shop.api_tokens.select_related("created_by").filter(pk=token).first()
    if row is None:
        raise NotFound(_("There is no such token."))

    def act() -> HttpResponse:
        access_tokens.revoke(token_id=row.pk, **caller(request))
        return done(_("%(token)s is revoked.") % {"token": row})

    return ask(
        request,
        "aftersale/shop_settings/token_revoke.html",
        act=act,
        title=_("Revoke the token"),
        submit=_("Revoke %(name)s") % {"name": row.name},
        submit_kind="danger",
        row=_row(row, shop, {}),
    )


def _shown_once(request: HttpRequest, token: ApiToken, text: str) -> HttpResponse:
    """The dialog stays open with the token in it; the list behind it is read anew."""
    response = dialog(
        request,
        "aftersale/shop_settings/token_made.html",
        title=_("The token is made"),
        token=token,
        text=text,
    )
    response.headers["HX-Trigger-After-Settle"] = "desk:refresh"
    return response


def _end_of(day: date | None, shop: Shop) -> datetime | None:
    """The midnight that ends the day in the shop's zone."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(shop.timezone))


def _row(token: ApiToken, shop: Shop, roles: dict[int, str]) -> Row:
    role = roles.get(token.created_by_id)
    if token.created_by.is_superuser:
        acts_as = _("operator")
    else:
        acts_as = str(Role(role).label) if role and token.created_by.is_active else ""
    return Row(
        token=token,
        may=[Scope(scope).label for scope in token.scopes],
        made=format_time(token.created_at, shop),
        used=format_time(token.last_used_at, shop) if token.last_used_at else "",
        revoked=format_time(token.revoked_at, shop) if token.revoked_at else "",
        ends=format_time(token.expires_at, shop) if token.expires_at else "",
        has_ended=token.expires_at is not None and token.expires_at <= timezone.now(),
        acts_as=acts_as,
    )
