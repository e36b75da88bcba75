"""Bearer tokens (RFC 6750): `Authorization: Bearer ad_…`."""

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from aftersale.api.audit import step_of
from aftersale.models import ApiToken
from aftersale.services.access import masks, tokens
from config import acting
from config.login import address_of


class BearerToken(BaseAuthentication):
    """`request.user` is the user who made the token, `request.auth` the token itself."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _space, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not text:
            return None
        use = tokens.use(text=text.strip(), address=address_of(request), now=timezone.now())
        if use is None:
            tokens.note_refusal(text=text.strip(), step=step_of(request), now=timezone.now())
            raise AuthenticationFailed(
                _(
                    "There is no such token: it was revoked, has ended, or may not be used from"
                    " your address."
                )
            )
        masks.looks_by_token(use.token.created_by, use.token.shop_id)
        # For the limit and its headers (call.py).
        request.token_use = use
        acting.by_token(use.token.pk)
        return use.token.created_by, use.token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerTokenScheme(OpenApiAuthenticationExtension):
    target_class = BearerToken
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
