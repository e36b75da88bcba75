"""The way in: name and password, then the second factor; or a passkey alone (SPEC P5)."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.views import LoginView, LogoutView
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django import forms
from django.contrib.auth import logout
from django.contrib.auth.forms import UsernameField
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import BASE_INPUT_CLASSES

from aftersale.services.access import log_ins

from .frames import Framed

_LOOK = {"class": " ".join(BASE_INPUT_CLASSES)}


class LogInForm(forms.Form):
    username = UsernameField(
        label=_("User name"), max_length=150, widget=forms.TextInput({**_LOOK, "autofocus": ""})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        # A longer one is nobody's, and hashing it would take long.
        max_length=4096,
        widget=forms.PasswordInput({**_LOOK, "autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self.user = get_adapter().authenticate(self.request, **self.cleaned_data)
            if self.user is None:
                raise get_adapter().validation_error("username_password_mismatch")
        return self.cleaned_data

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        login = Login(user=self.user, redirect_url=redirect_url)
        return perform_password_login(request, self.cleaned_data, login)


class LogIn(Framed, LoginView):
    template_name = "admin/login.html"
    title = _("Log in")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Else the desk would send them here, and this page to the desk.
        if request.user.is_authenticated and not request.user.is_staff:
            logout(request)
        return super().dispatch(request, *args, **kwargs)

    def get_form_class(self) -> type[forms.Form]:
        return LogInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(app_path=self.request.get_full_path(), **kwargs)


class CodeForm(AuthenticateForm):
    """A code of the app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = _("Code of your app, or a recovery code")
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs |= {**_LOOK, "inputmode": "numeric", "autofocus": ""}


class Code(Framed, AuthenticateView):
    """The second step; also by passkey."""

    template_name = "aftersale/accounts/code.html"
    form_class = CodeForm
    title = _("Second factor")

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        log_ins.failed(self.stage.login.user, by=None, now=timezone.now(), factor=True)
        return super().form_invalid(form)


class LogInByPasskey(Framed, LoginWebAuthnView):
    def form_invalid(self, form: forms.Form) -> HttpResponse:
        log_ins.failed(None, by=None, now=timezone.now(), factor=True)
        return super().form_invalid(form)


class LogOut(LogoutView):
    """Also out of a log-in that was begun."""

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseNotAllowed(["POST"])
