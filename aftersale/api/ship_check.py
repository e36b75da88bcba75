"""`GET /orders/{order_no}/ship-check` (SPEC H1)."""

from typing import Literal

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.models import Scope
from aftersale.services.shipping import ship_checks

from .call import Call, answer


class ShipCheck(BaseModel):
    """True if the goods may leave."""

    ship: bool
    reason: (
        Literal["refunded", "refunding", "closed", "not_paid", "risk", "refund_requested"] | None
    ) = Field(
        description="Null: go. closed, not_paid and risk are about the order: it is closed, not"
        " paid, or the platform says not to ship it"
    )
    note: Literal["partly_refunded"] | None = Field(
        description="With ship true: a part of the price was or is to be given back, the goods go"
    )
    tickets: list[str] = Field(description="The tickets that stop it")
    lines: list[int] | None = Field(description="The lines that must stay; null: the whole order")


def shown(found: ship_checks.ShipCheck) -> ShipCheck:
    return ShipCheck(
        ship=found.ship,
        reason=found.reason,
        note=found.note,
        tickets=found.tickets,
        lines=found.lines,
    )


class ShipCheckCall(Call):
    scopes = {"GET": (Scope.SHIPPING, Scope.READ)}

    @extend_schema(
        operation_id="check_shipping",
        summary="May this order be shipped?",
        responses=ShipCheck,
        tags=["orders"],
    )
    def get(self, request: Request, order_no: str) -> HttpResponse:
        found = ship_checks.ship_check(shop_id=self.shop_id, order_no=order_no, user=self.user)
        return answer(shown(found))
