"""`GET /token`: what the token may do, for whom, until when (SPEC P1)."""

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.models import Scope

from .call import Call, answer
from .values import Moment


class ShownToken(BaseModel):
    name: str
    beginning: str = Field(description="Its first characters")
    shop: str
    shop_name: str
    platform: str
    scopes: list[Scope]
    made_by: str
    made_at: Moment
    expires_at: Moment | None = Field(description="Null: until it is revoked")
    networks: list[str] = Field(description="The addresses it may come from; empty: from anywhere")
    calls_per_minute: int


class TokenCall(Call):
    scopes = {"GET": tuple(Scope)}

    @extend_schema(
        operation_id="get_token",
        summary="What may this token do?",
        responses=ShownToken,
        tags=["token"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Any scope is enough. The token itself is never shown."""
        token = self.token
        return answer(
            ShownToken(
                name=token.name,
                beginning=token.beginning,
                shop=token.shop.code,
                shop_name=token.shop.name,
                platform=token.shop.platform,
                scopes=[Scope(scope) for scope in token.scopes],
                made_by=token.created_by.get_username(),
                made_at=token.created_at,
                expires_at=token.expires_at,
                networks=token.networks,
                calls_per_minute=settings.API_CALLS_PER_MINUTE,
            )
        )
