"""Making a shop on a page (SPEC P1)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aftersale.admin.accounts import session
from aftersale.admin.kit import access
from aftersale.admin.kit.dialogs import attempt, caller, posted
from aftersale.admin.kit.pages import UNPROCESSABLE, desk_page, show
from aftersale.domain.labels import PLATFORMS
from aftersale.services.access import rights, second_factor
from aftersale.services.shared.errors import NotAllowed, Refused
from aftersale.services.shops import making

from . import zones
from .frame import SettingsForm

CHINA = "Asia/Shanghai"


class ShopForm(SettingsForm):
    name = forms.CharField(
        label=gettext_lazy("Name of the shop"),
        widget=forms.TextInput({"maxlength": 128, "autocomplete": "off"}),
        help_text=gettext_lazy("As your colleagues call it."),
    )
    platform = forms.ChoiceField(
        label=gettext_lazy("Platform"),
        choices=PLATFORMS.items(),
        help_text=gettext_lazy(
            "Refunds are paid by hand at first: they wait until somebody records that they were"
            " paid. Where the platform can be connected, it pays them from then on."
        ),
    )
    code = forms.CharField(
        label=gettext_lazy("Code"),
        widget=forms.TextInput({"maxlength": 64, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Files and programs name the shop by it, and it never changes. Keep the one suggested"
            " unless yours use another."
        ),
    )
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy(
            "All hours, days and daily caps of the shop are read on this clock."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = zones.choices(CHINA, get_language() or "")
        self.fields["timezone"].choices = offered  # type: ignore[attr-defined]


@desk_page
@require_http_methods(["GET", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    if not rights.may_make_shops(access.person(request)):
        raise NotAllowed(_("Only operators and owners of a shop make shops."))
    first = {"code": making.suggest_code(), "timezone": CHINA, "platform": next(iter(PLATFORMS))}
    form = ShopForm(posted(request), initial=first)
    if request.method == "GET":
        return _page(request, form)

    def act() -> HttpResponse:
        shop, is_new = making.make(**form.cleaned_data, **caller(request))
        # An owner's first shop that is no demo asks for a second factor (SPEC P5).
        if second_factor.lacks(access.person(request)):
            session.mark_factor(request.session, lacking=True)
        if is_new:
            messages.success(request, _("The shop “%(shop)s” is made.") % {"shop": shop.name})
        return redirect("desk:shop-first-steps", shop.pk)

    return attempt(act, lambda refused: _page(request, form, refused), form=form)


def _page(request: HttpRequest, form: ShopForm, refused: Refused | None = None) -> HttpResponse:
    response = show(
        request,
        "aftersale/shop_settings/make.html",
        _("Make a shop"),
        form=form,
        refusal=refused.message if refused else "",
        becomes_owner=not access.person(request).is_superuser,
    )
    response.status_code = UNPROCESSABLE if refused else 200
    return response
