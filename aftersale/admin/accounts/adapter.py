"""How django-allauth works here: its two adapters."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aftersale.models import AuditKind
from aftersale.services.access import log_ins, second_factor
from aftersale.services.shared import trail
from config.login import address_of
from config.secrets import seal, unseal

from . import hashing, limits, session


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _(
            "User name or password is wrong: mind capital and small letters. After five wrong"
            " passwords nobody gets in under the name from here for 15 minutes."
        ),
        "busy": _("Many people are logging in just now: try again in a few seconds."),
        "too_many_login_attempts": _("Too many wrong codes. Try again in 15 minutes."),
        "rate_limited": _("Too many wrong codes. Try again in 15 minutes."),
    }

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """As one of few at a time; raises the form's error where too many are at it already."""
        try:
            with hashing.turn():
                return self._authenticate(request, credentials)
        except hashing.Busy:
            raise self.validation_error("busy") from None

    def _authenticate(self, request: HttpRequest, credentials: Any) -> User | None:
        """Counts the attempt before it looks at the password; raises a 429 after too many."""
        attempt = limits.Attempt(request, credentials["username"])
        try:
            attempt.begin()
        except limits.TooManyGuesses:
            raise ImmediateHttpResponse(render(request, "429.html", status=429)) from None
        user = authenticate(request, **credentials)
        # Accounts that may not come in are told the same as made-up ones.
        if not isinstance(user, User) or not user.is_staff:
            self._failed(request, credentials["username"])
            return None
        attempt.succeeded()
        return user

    def _failed(self, request: HttpRequest, username: str) -> None:
        """A name that nobody has is not kept: people type their passwords into the wrong field."""
        log_ins.failed(
            User.objects.filter(username=username).first(),
            by=request.user if isinstance(request.user, User) else None,
            now=timezone.now(),
        )

    def post_login(self, request: HttpRequest, user: User, **login: Any) -> HttpResponse:
        session.mark_factor(
            request.session,
            lacking=second_factor.lacks(user),
        )
        trail.record(AuditKind.LOGGED_IN, whom=user, user=user, now=timezone.now())
        response = super().post_login(request, user, **login)
        limits.remember(request, response, user.get_username())
        return response

    def is_reauthentication_required(self, *, app: str) -> bool:
        return not session.is_confirmed(context.request.session, now=timezone.now())

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict]:
        """One page takes password and code alike."""
        return [{"id": "confirm", "description": "", "url": reverse("account_reauthenticate")}]

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Only what went wrong: the pages show for themselves what was done."""
        if message is not None and level >= messages.ERROR:
            messages.add_message(request, level, message, extra_tags=extra_tags)

    def get_client_ip(self, request: HttpRequest) -> str:
        """For the list of sessions; a socket of this machine has no address."""
        return address_of(request) or "127.0.0.1"


class FactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _(
            "This code is wrong or was used already. The app shows a new one every 30 seconds."
        ),
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def generate_authenticator_name(self, user: User, type: str) -> str:
        return gettext("Passkey %d") % (
            Authenticator.objects.filter(user=user, type=type).count() + 1
        )

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last factor stays where one is compulsory."""
        user = authenticator.user
        others = Authenticator.objects.filter(user=user).exclude(pk=authenticator.pk)
        return others.exclude(
            type=Authenticator.Type.RECOVERY_CODES
        ).exists() or not second_factor.is_compulsory(user)
