"""`/webhooks`: the addresses that are told of the shop's events (docs/webhooks.md)."""

from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api.parse_request import query, read
from aftersale.models import Scope, SwitchedOff, WebhookEndpoint, WebhookType
from aftersale.records.schemas import Record
from aftersale.records.values import NO_NUL
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NeedsPerson, NotFound
from aftersale.services.webhooks import endpoints

from . import schema
from .call import Call, answer
from .lists import Page, PageQuery, page_of
from .values import Moment, username

Address = Annotated[str, Field(max_length=1000, pattern=NO_NUL)]
Description = Annotated[str, Field(max_length=200, pattern=NO_NUL)]
Types = Annotated[
    list[Annotated[WebhookType, Field(strict=False)]],
    Field(min_length=1, max_length=len(WebhookType)),
]


class NewWebhook(Record):
    url: Address
    description: Description = ""
    types: Types


class WebhookChange(Record):
    """Keys that are left out stay as they are."""

    url: Address | None = None
    description: Description | None = None
    types: Types | None = None
    enabled: bool | None = Field(
        default=None, description="False switches it off; true is 403 `needs_person`"
    )


class ShownWebhook(BaseModel):
    id: int
    url: str
    description: str
    types: list[WebhookType]
    enabled: bool
    off_because: SwitchedOff | None = Field(
        description="`needs_person`: a program gave its address; an owner switches it on"
    )
    off_at: Moment | None
    made_at: Moment
    made_by: str | None
    last_delivered_at: Moment | None
    failing_since: Moment | None


class MadeWebhook(ShownWebhook):
    secret: str = Field(description="Signs the messages; shown this once")


class WebhookPage(Page[ShownWebhook]):
    pass


class _WebhookCall(Call):
    """Owners only, as on the page. A webhook tells no more than the scope `read` does."""

    def require_owner(self) -> None:
        rights.require(self.user, self.shop_id, Right.CHANGE_SHOP)

    def find(self, pk: int) -> WebhookEndpoint:
        """An endpoint of the token's shop, whatever other shops its user owns (SPEC P1)."""
        endpoint = WebhookEndpoint.objects.filter(shop=self.shop_id, pk=pk).first()
        if endpoint is None:
            raise NotFound(_("There is no such webhook."))
        return endpoint


class WebhooksCall(_WebhookCall):
    scopes = {"GET": Scope.READ, "POST": Scope.READ}

    @extend_schema(
        operation_id="list_webhooks",
        summary="Webhooks",
        parameters=schema.parameters(PageQuery),
        responses=WebhookPage,
        tags=["webhooks"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The newest first, without their secrets."""
        query(request, PageQuery)
        self.require_owner()
        found = WebhookEndpoint.objects.filter(shop=self.shop_id).select_related("created_by")
        return page_of(request, found, _rows, page=WebhookPage)

    @extend_schema(
        operation_id="create_webhook",
        summary="A new webhook",
        request=NewWebhook,
        responses={201: MadeWebhook},
        tags=["webhooks"],
    )
    def post(self, request: Request) -> HttpResponse:
        """It stays switched off until an owner switches it on under the shop's settings: where a
        shop's events go is a person's decision (SPEC P5)."""
        sent = read(request, NewWebhook)

        def work() -> HttpResponse:
            endpoint, secret = endpoints.create(
                shop_id=self.shop_id,
                url=sent.url,
                description=sent.description,
                types=sent.types,
                by_program=True,
                user=self.user,
                now=self.now,
            )
            made = MadeWebhook(**_row(endpoint).model_dump(), secret=secret)
            return answer(made, 201, location=reverse("desk-api:webhook", args=[endpoint.pk]))

        return self.once(work)


class WebhookCall(_WebhookCall):
    scopes = {"PATCH": Scope.READ, "DELETE": Scope.READ}

    @extend_schema(
        operation_id="change_webhook",
        summary="Change a webhook",
        request=WebhookChange,
        responses=ShownWebhook,
        tags=["webhooks"],
    )
    def patch(self, request: Request, pk: int) -> HttpResponse:
        """Another address switches it off until an owner switches it on (SPEC P5)."""
        sent = read(request, WebhookChange)

        def work() -> HttpResponse:
            endpoint = self.find(pk)
            self.require_owner()
            if sent.enabled and not endpoint.enabled:
                raise NeedsPerson(
                    _("A webhook is switched on by an owner, in the admin."), pointer="enabled"
                )
            endpoint = endpoints.change(
                endpoint_id=pk,
                url=endpoint.url if sent.url is None else sent.url,
                description=(
                    endpoint.description if sent.description is None else sent.description
                ),
                types=endpoint.types if sent.types is None else sent.types,
                by_program=True,
                user=self.user,
                now=self.now,
            )
            if sent.enabled is False:
                endpoint = endpoints.switch_off(endpoint_id=pk, user=self.user, now=self.now)
            return answer(_row(endpoint))

        return self.once(work)

    @extend_schema(
        operation_id="delete_webhook",
        summary="Delete a webhook",
        request=None,
        responses={204: None},
        tags=["webhooks"],
    )
    def delete(self, request: Request, pk: int) -> HttpResponse:
        """With its log; waiting messages are not sent."""

        def work() -> HttpResponse:
            endpoints.remove(endpoint_id=self.find(pk).pk, user=self.user, now=self.now)
            return answer(None)

        return self.once(work)


def _row(endpoint: WebhookEndpoint) -> ShownWebhook:
    return ShownWebhook(
        id=endpoint.pk,
        url=endpoint.url,
        description=endpoint.description,
        types=[WebhookType(kind) for kind in endpoint.types],
        enabled=endpoint.enabled,
        off_because=SwitchedOff(endpoint.off_because) if endpoint.off_because else None,
        off_at=endpoint.off_at,
        made_at=endpoint.created_at,
        made_by=username(endpoint.created_by),
        last_delivered_at=endpoint.last_success_at,
        failing_since=endpoint.failing_since,
    )


def _rows(found: Sequence[Any]) -> list[ShownWebhook]:
    return [_row(endpoint) for endpoint in found]
