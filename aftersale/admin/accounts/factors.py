"""Second factors, added and taken away by their person: app, passkeys, recovery codes (SPEC P5)."""

from typing import Any

from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftersale.admin.kit import access
from aftersale.domain.multilingual import said
from aftersale.models import AuditKind
from aftersale.services.shared import trail

from . import session
from .adapter import FactorAdapter
from .frames import Framed

APP, PASSKEY = _("Authenticator app"), _("Passkey")


def _note(request: HttpRequest, kind: AuditKind, note: str = "") -> None:
    user = access.person(request)
    trail.record(kind, whom=user, user=user, now=timezone.now(), note=note)


class AppForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = _("The six digits that the app shows")
        field.widget.attrs = {
            "class": "d-input",
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
        }


class AddApp(Framed, ActivateTOTPView):
    template_name = "aftersale/accounts/app.html"
    form_class = AppForm
    title = _("Set up an authenticator app")

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        session.mark_factor(self.request.session, lacking=False)
        _note(self.request, AuditKind.FACTOR_ADDED, said(APP))
        return response


class RemoveApp(Framed, DeactivateTOTPView):
    template_name = "aftersale/accounts/remove.html"
    title = _("Remove the authenticator app")

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        _note(self.request, AuditKind.FACTOR_REMOVED, said(APP))
        return super().form_valid(form)


class RecoveryCodes(Framed, ViewRecoveryCodesView):
    template_name = "aftersale/accounts/recovery_codes.html"
    title = _("Recovery codes")


class NewRecoveryCodes(Framed, GenerateRecoveryCodesView):
    template_name = "aftersale/accounts/new_recovery_codes.html"
    title = _("New recovery codes")

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        _note(self.request, AuditKind.RECOVERY_CODES)
        return super().form_valid(form)


class PasskeyForm(AddWebAuthnForm):
    name = forms.CharField(
        label=_("Name, to tell it from others"),
        max_length=64,
        required=False,
        widget=forms.TextInput({"class": "d-input"}),
    )


class AddPasskey(Framed, AddWebAuthnView):
    template_name = "aftersale/accounts/passkey.html"
    form_class = PasskeyForm
    title = _("Add a passkey")

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        session.mark_factor(self.request.session, lacking=False)
        _note(self.request, AuditKind.FACTOR_ADDED, said(PASSKEY))
        return response


class RemovePasskey(Framed, RemoveWebAuthnView):
    template_name = "aftersale/accounts/remove.html"
    title = _("Remove the passkey")

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        if not FactorAdapter().can_delete_authenticator(self.get_object()):
            raise PermissionDenied
        _note(self.request, AuditKind.FACTOR_REMOVED, said(PASSKEY))
        return super().form_valid(form)
