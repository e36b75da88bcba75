"""Confirmation before a dangerous step, by password or code, if the last is long ago (SPEC P5)."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.base.forms import ReauthenticateForm
from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import UNPROCESSABLE, show
from aftersale.domain.digits import whole_number
from aftersale.services.access import log_ins

from . import session

FIELD = "confirm-secret"
# With it the step itself is still to be shown.
SHOW = "confirm-show"


class ConfirmForm(forms.Form):
    secret = forms.CharField(
        label=gettext_lazy("Your password, or a code of your app"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(
            {"class": "d-input", "autocomplete": "current-password", "autofocus": ""}
        ),
    )

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data, prefix="confirm")
        self.request = request

    def clean_secret(self) -> str:
        secret = self.cleaned_data["secret"]
        if not (self._is_code(secret) or self._is_password(secret)):
            raise forms.ValidationError(_("That is neither your password nor a code of your app."))
        return secret

    def _is_code(self, secret: str) -> bool:
        digits = secret.strip()
        # Passwords are longer.
        if whole_number(digits) is None or len(digits) not in (6, 8):
            return False
        form = ReauthenticateForm({"code": digits}, user=access.person(self.request))
        if not form.is_valid():
            user = access.person(self.request)
            log_ins.failed(user, by=user, now=timezone.now(), factor=True)
            raise forms.ValidationError(form.errors["code"])
        form.save()
        return True

    def _is_password(self, secret: str) -> bool:
        user = access.person(self.request)
        try:
            found = get_adapter().authenticate(
                self.request, username=user.get_username(), password=secret
            )
        except ImmediateHttpResponse:
            raise forms.ValidationError(
                _("Too many wrong ones. Try again in 15 minutes.")
            ) from None
        return found == user


def ask_first(request: HttpRequest, view_name: str) -> HttpResponseBase | None:
    """The question in place of a dangerous step; None where the step may go on.

    What was typed for the step is carried along, and done once the confirmation is right.
    """
    now = timezone.now()
    if session.is_confirmed(request.session, now=now):
        return None
    form = ConfirmForm(request, request.POST if FIELD in request.POST else None)
    if form.is_bound and form.is_valid():
        session.confirm(request.session, now=now)
        return redirect(request.get_full_path()) if SHOW in request.POST else None
    if view_name.startswith("admin:") and "HX-Request" in request.headers:
        # Unfold's own dialogs have no room for it.
        at = urlsplit(request.headers.get("HX-Current-URL", "")).path
        leads_to = f"{reverse('account_reauthenticate')}?{urlencode({'next': at})}"
        return HttpResponse(headers={"HX-Redirect": leads_to})
    return _ask(request, form)


def _ask(request: HttpRequest, form: ConfirmForm) -> HttpResponse:
    left_out = {"csrfmiddlewaretoken", FIELD, SHOW}
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in left_out
        for value in values
    ]
    if request.method == "GET" or SHOW in request.POST:
        carried = [(SHOW, "1")]
    context = {
        "form": form,
        "carried": carried,
        "action": request.get_full_path(),
        "title": _("Confirm that it is you"),
        "submit": _("Go on"),
    }
    if "HX-Request" not in request.headers:
        response = show(
            request, "aftersale/accounts/confirm_page.html", context.pop("title"), **context
        )
    else:
        response = render(request, "aftersale/accounts/confirm_dialog.html", context)
    if request.method == "POST":
        response.status_code = UNPROCESSABLE
    return response


def page(request: HttpRequest) -> HttpResponse:
    """By itself, on the way to a page of the account."""
    form = ConfirmForm(request, request.POST if FIELD in request.POST else None)
    if form.is_valid():
        session.confirm(request.session, now=timezone.now())
        return redirect(get_next_redirect_url(request) or "account")
    return _ask(request, form)
