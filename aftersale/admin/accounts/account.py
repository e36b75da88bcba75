"""A person's own account: second factors, sessions, password (SPEC P5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.contrib.auth import password_validation, update_session_auth_hash
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from aftersale.admin.kit import access
from aftersale.admin.kit.dialogs import caller
from aftersale.admin.kit.pages import UNPROCESSABLE, show
from aftersale.domain.digits import whole_number
from aftersale.services.access import passwords, second_factor, sessions

from . import session
from .browsers import browser_name


@dataclass
class Seen:
    """A session as the page shows it."""

    pk: int
    is_this: bool
    browser: str
    ip: str
    since: datetime
    last_seen: datetime | None


def overview(request: HttpRequest) -> HttpResponse:
    user = access.person(request)
    factors = list(Authenticator.objects.filter(user=user).order_by("pk"))
    of = {
        kind: [factor for factor in factors if factor.type == kind] for kind in Authenticator.Type
    }
    codes = of[Authenticator.Type.RECOVERY_CODES]
    return show(
        request,
        "aftersale/accounts/account.html",
        _("My account"),
        app=next(iter(of[Authenticator.Type.TOTP]), None),
        passkeys=of[Authenticator.Type.WEBAUTHN],
        codes_left=len(codes[0].wrap().get_unused_codes()) if codes else None,
        compulsory=second_factor.is_compulsory(user),
        demo=user.groups.filter(name=second_factor.DEMO).exists(),
        lacking=session.lacks_factor(request.session),
        seen=_sessions(request, user),
    )


def _sessions(request: HttpRequest, user: User) -> list[Seen]:
    """The one at hand first, then the latest."""
    found = [
        Seen(
            pk=one.pk,
            is_this=one.is_current(),
            browser=browser_name(one.user_agent),
            ip=one.ip,
            since=one.created_at,
            last_seen=session.last_seen(one._session_store(one.session_key)),
        )
        for one in UserSession.objects.purge_and_list(user)
    ]
    return sorted(found, key=lambda one: (not one.is_this, -one.since.timestamp()))


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """All but the one at hand, or the one that was chosen."""
    chosen = request.POST.get("session", "")
    ended = sessions.end(
        here=request.session.session_key or "",
        chosen=whole_number(chosen),
        **caller(request),
    )
    messages.success(request, _("Sessions ended: %(count)d.") % {"count": ended})
    return redirect("account")


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput({"class": "d-input", "autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "At least 10 characters. Several words that don't belong together are easy to keep and"
            " hard to guess; what everybody takes is refused."
        ),
    )
    again = forms.CharField(
        label=gettext_lazy("The same again"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput({"class": "d-input", "autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password_validation.validate_password(self.cleaned_data["password"], self.user)
        return self.cleaned_data["password"]

    def clean_again(self) -> str:
        again, password = self.cleaned_data["again"], self.cleaned_data.get("password")
        if password is not None and again != password:
            raise forms.ValidationError(_("This is not the same."))
        return again


def change_password(request: HttpRequest) -> HttpResponse:
    user = access.person(request)
    form = PasswordForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        passwords.change(
            password=form.cleaned_data["password"],
            here=request.session.session_key,
            **caller(request),
        )
        update_session_auth_hash(request, user)
        messages.success(request, _("The password is changed. All other sessions are ended."))
        return redirect("account")
    response = show(
        request, "aftersale/accounts/password.html", _("Change the password"), form=form
    )
    response.status_code = UNPROCESSABLE if form.is_bound else 200
    return response
