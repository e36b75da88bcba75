"""Webhook endpoints of the shop. For owners only (SPEC P1)."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.kit.dialogs import ask, caller, posted
from aftersale.admin.kit.pages import desk_page, dialog, done
from aftersale.models import MessageState, Shop, WebhookEndpoint, WebhookType
from aftersale.services.shared.errors import NotFound
from aftersale.services.shared.shown import format_time, who
from aftersale.services.webhooks import endpoints

from .frame import SettingsForm, owned_shop, section

TEMPLATE = "aftersale/shop_settings/webhook_ask.html"


class EndpointForm(SettingsForm):
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=1000,
        help_text=gettext_lazy("Reached from the internet over https."),
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://"}),
    )
    description = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=200, required=False
    )
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Tell it of"),
        choices=WebhookType.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose what it is to be told of.")},
    )


@desk_page
def webhooks(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    found = shop.webhook_endpoints.order_by("pk")
    return section(
        request,
        shop,
        "shop-webhooks",
        endpoints=[row(shop, endpoint) for endpoint in found],
        most=endpoints.MOST,
    )


@desk_page
def add(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    form = EndpointForm(posted(request), initial={"types": WebhookType.values})

    def act() -> HttpResponse:
        _made, secret = endpoints.create(shop_id=shop.pk, **form.cleaned_data, **caller(request))
        return _secret(request, _("The webhook is made"), secret)

    return ask(
        request,
        "aftersale/shop_settings/webhook_form.html",
        act=act,
        form=form,
        title=_("Add a webhook"),
        submit=_("Add the webhook"),
    )


@desk_page
def change(request: HttpRequest, pk: int, endpoint: int) -> HttpResponse:
    row = endpoint_of(owned_shop(request, pk), endpoint)
    initial = {"url": row.url, "description": row.description, "types": row.types}
    form = EndpointForm(posted(request), initial=initial)

    def act() -> HttpResponse:
        endpoints.change(endpoint_id=row.pk, **form.cleaned_data, **caller(request))
        return done(_("The webhook is changed."))

    return ask(
        request,
        "aftersale/shop_settings/webhook_form.html",
        act=act,
        form=form,
        title=_("Change the webhook"),
        submit=_("Save"),
    )


@desk_page
def rotate(request: HttpRequest, pk: int, endpoint: int) -> HttpResponse:
    row = endpoint_of(owned_shop(request, pk), endpoint)

    def act() -> HttpResponse:
        _row, secret = endpoints.rotate(endpoint_id=row.pk, **caller(request))
        return _secret(request, _("The secret is rotated"), secret)

    return ask(
        request,
        TEMPLATE,
        act=act,
        title=_("Rotate the secret"),
        text=_(
            "A new secret is made. For 24 hours both sign, so that the receiver can be changed"
            " without losing anything; a rotation before that ends the secret before the last"
            " at once."
        ),
        submit=_("Make a new secret"),
    )


@desk_page
def switch_on(request: HttpRequest, pk: int, endpoint: int) -> HttpResponse:
    return _step(
        request,
        pk,
        endpoint,
        endpoints.switch_on,
        title=_("Switch the webhook on"),
        text=_(
            "What had been waiting goes out now. What happened while it was off is not told: fetch"
            " it through the API."
        ),
        submit=_("Switch on"),
        said=_("The webhook is switched on."),
        submit_kind="primary",
    )


@desk_page
def switch_off(request: HttpRequest, pk: int, endpoint: int) -> HttpResponse:
    return _step(
        request,
        pk,
        endpoint,
        endpoints.switch_off,
        title=_("Switch the webhook off"),
        text=_("Nothing more is sent. What waits is kept; what happens from now on is not told."),
        submit=_("Switch off"),
        said=_("The webhook is switched off."),
    )


@desk_page
def remove(request: HttpRequest, pk: int, endpoint: int) -> HttpResponse:
    return _step(
        request,
        pk,
        endpoint,
        endpoints.remove,
        title=_("Remove the webhook"),
        text=_("Nothing more is sent; what waits and the log are deleted."),
        submit=_("Remove the webhook"),
        said=_("The webhook is removed."),
        leads_to=reverse("desk:shop-webhooks", args=[pk]),
    )


def endpoint_of(shop: Shop, pk: int) -> WebhookEndpoint:
    endpoint = shop.webhook_endpoints.filter(pk=pk).first()
    if endpoint is None:
        raise NotFound(_("There is no such webhook."))
    return endpoint


def row(shop: Shop, endpoint: WebhookEndpoint) -> dict[str, Any]:
    """An endpoint's row; only owners see its address."""
    failing = endpoint.enabled and endpoint.failing_since
    return {
        "pk": endpoint.pk,
        "name": str(endpoint),
        "url": endpoint.url,
        "description": endpoint.description,
        "enabled": endpoint.enabled,
        "off": endpoint.get_off_because_display(),
        "off_at": format_time(endpoint.off_at, shop) if endpoint.off_at else "",
        "types": [WebhookType(kind).label for kind in endpoint.types],
        "waiting": endpoint.messages.filter(state=MessageState.WAITING).count(),
        "last": format_time(endpoint.last_success_at, shop) if endpoint.last_success_at else "",
        "failing": format_time(failing, shop) if failing else "",
        "both_until": format_time(endpoint.old_secret_until, shop)
        if endpoint.old_secret_until and endpoint.old_secret_until > timezone.now()
        else "",
        "created_at": format_time(endpoint.created_at, shop),
        "created_by": who(endpoint, "created_by"),
    }


def _step(
    request: HttpRequest,
    pk: int,
    endpoint: int,
    call: Callable[..., Any],
    *,
    said: str,
    leads_to: str = "",
    submit_kind: str = "danger",
    **shown: Any,
) -> HttpResponse:
    row = endpoint_of(owned_shop(request, pk), endpoint)

    def act() -> HttpResponse:
        call(endpoint_id=row.pk, **caller(request))
        return HttpResponse(headers={"HX-Redirect": leads_to}) if leads_to else done(said)

    return ask(request, TEMPLATE, act=act, submit_kind=submit_kind, **shown)


def _secret(request: HttpRequest, title: str, secret: str) -> HttpResponse:
    """Shown in place of the form; the page under the dialog reloads."""
    shown = dialog(
        request, "aftersale/shop_settings/webhook_secret.html", title=title, secret=secret
    )
    shown["HX-Trigger"] = "desk:refresh"
    return shown
