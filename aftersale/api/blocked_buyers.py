"""`/blocked-buyers`: buyers whom no strategy refunds (SPEC G1)."""

from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api.parse_request import query, read_optional
from aftersale.models import BlockedBuyer, Scope
from aftersale.records.schemas import Record
from aftersale.records.values import NO_NUL
from aftersale.services.access.masks import shown_text_of
from aftersale.services.buyers import erased
from aftersale.services.shared.errors import NotFound
from aftersale.services.shops import shops

from . import schema
from .call import Call, answer
from .lists import Page, PageQuery, page_of
from .values import Buyer, Moment, username


class Block(Record):
    note: Annotated[str, Field(max_length=500, pattern=NO_NUL)] = ""


class Blocked(BaseModel):
    buyer: Buyer
    note: str
    blocked_at: Moment
    blocked_by: str | None = Field(description="Null: a file")


class BlockedPage(Page[Blocked]):
    pass


class BlockedBuyersCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="list_blocked_buyers",
        summary="The block list",
        parameters=schema.parameters(PageQuery),
        responses=BlockedPage,
        tags=["shop"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The newest first."""
        query(request, PageQuery)
        found = BlockedBuyer.objects.filter(shop=self.shop_id).select_related("created_by")
        return page_of(request, found, _blocked_buyers, page=BlockedPage)


class BlockedBuyerCall(Call):
    scopes = {"GET": Scope.READ, "PUT": Scope.STRATEGIES, "DELETE": Scope.STRATEGIES}

    @extend_schema(
        operation_id="get_blocked_buyer",
        summary="Is this buyer blocked?",
        responses=Blocked,
        tags=["shop"],
    )
    def get(self, request: Request, buyer: str) -> HttpResponse:
        """404 for one who is not on the list."""
        return answer(self._one(buyer))

    @extend_schema(
        operation_id="block_buyer",
        summary="Block a buyer",
        request=Block,
        responses={200: Blocked, 201: Blocked},
        tags=["shop"],
    )
    def put(self, request: Request, buyer: str) -> HttpResponse:
        """201 for one who is new on the list; an entry that is there stays as it is, 200."""
        note = read_optional(request, Block).note

        def work() -> HttpResponse:
            new = shops.block_buyer(
                shop_id=self.shop_id, buyer=buyer, note=note, user=self.user, now=self.now
            )
            location = self.request.path if new else ""
            return answer(self._one(buyer), 201 if new else 200, location=location)

        return self.once(work)

    @extend_schema(
        operation_id="unblock_buyer",
        summary="Take a buyer off the block list",
        request=None,
        responses={204: None},
        tags=["shop"],
    )
    def delete(self, request: Request, buyer: str) -> HttpResponse:
        """204 also for one who is not on it."""

        def work() -> HttpResponse:
            shops.unblock_buyer(shop_id=self.shop_id, buyer=buyer, user=self.user, now=self.now)
            return answer(None)

        return self.once(work)

    def _one(self, buyer: str) -> Blocked:
        found = BlockedBuyer.objects.filter(
            shop=self.shop_id, buyer=erased.here(self.shop_id, buyer)
        )
        rows = _blocked_buyers(list(found.select_related("created_by")))
        if not rows:
            raise NotFound(_("This buyer is not on the block list."))
        return rows[0]


def _blocked_buyers(rows: Sequence[Any]) -> list[Blocked]:
    return [
        Blocked(
            buyer=row.buyer,
            note=shown_text_of(row, row.note),
            blocked_at=row.created_at,
            blocked_by=username(row.created_by),
        )
        for row in rows
    ]
