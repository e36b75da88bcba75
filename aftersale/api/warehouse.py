"""Reports of an ERP, a warehouse or a courier: shipments and their ends (SPEC H1)."""

from collections.abc import Callable
from typing import Annotated, Literal

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api.parse_request import read, read_optional
from aftersale.models import Order, OrderStatus, Scope
from aftersale.records.schemas import Record
from aftersale.records.values import NO_NUL, OptionalCode, Time
from aftersale.services.shipping import shipments, warehouse
from aftersale.services.shipping.shipments import Change

from .call import Call, answer
from .finding import order_id, ticket_id
from .order_record import ShownShippingAlert, alerts_of
from .ticket_record import ShownTicket, answer_ticket
from .values import Moment

_Text = Annotated[str, Field(max_length=64, pattern=NO_NUL)]


class SentShipment(Record):
    """One parcel; the same again changes nothing."""

    shipped_at: Time
    carrier: OptionalCode = ""
    tracking_no: OptionalCode = ""
    lines: list[Annotated[int, Field(ge=1, le=1_000_000)]] | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="The lines of the order that are in it; all of them where left out",
    )


class Nothing(Record):
    """The address says it all: the body is an empty object."""


class Reported(BaseModel):
    """The result of a report, and the order as it is then."""

    order_no: str
    result: Literal["created", "updated", "unchanged"]
    status: OrderStatus
    shipped_at: Moment | None
    alerts: list[ShownShippingAlert] = Field(
        description="Parcels whose money has left, as far as they have come (SPEC H1, H2)"
    )


class _Report(Call):
    scopes = {"POST": Scope.SHIPPING}

    def report(self, order_no: str, take: Callable[[int], Change]) -> HttpResponse:
        def work() -> HttpResponse:
            pk = order_id(shop_id=self.shop_id, order_no=order_no)
            result = take(pk)
            order = Order.objects.get(pk=pk)
            content = Reported(
                order_no=order.order_no,
                result=result,
                status=OrderStatus(order.status),
                shipped_at=order.shipped_at,
                alerts=alerts_of(pk),
            )
            return answer(content, 201 if result == "created" else 200)

        return self.once(work)


class ShipmentsCall(_Report):
    @extend_schema(
        operation_id="report_shipment",
        summary="A parcel has left",
        request=SentShipment,
        responses={200: Reported, 201: Reported},
        tags=["shipping"],
    )
    def post(self, request: Request, order_no: str) -> HttpResponse:
        """Always taken as a fact. Where a refund of the order is under way or done, an alert asks
        people to stop the parcel. The order counts as shipped from then on, whatever an older
        picture of the platform says. The same carrier, number and lines with another time put
        that time right."""
        sent = read(request, SentShipment)
        return self.report(
            order_no,
            lambda pk: shipments.report(
                order_id=pk,
                shipped_at=sent.shipped_at,
                carrier=sent.carrier,
                tracking_no=sent.tracking_no,
                lines=sent.lines or [],
                user=self.user,
                now=self.now,
            ),
        )


class ShippingCancelledCall(_Report):
    @extend_schema(
        operation_id="report_shipping_cancelled",
        summary="Shipping was cancelled",
        request=Nothing,
        responses=Reported,
        tags=["shipping"],
    )
    def post(self, request: Request, order_no: str) -> HttpResponse:
        """The goods did not leave. Shipments reported here are withdrawn, a label that was
        printed counts no more, alerts end as intercepted, and tickets under review are evaluated
        again. A status “shipped” of the platform itself stays. 409 once the order was delivered."""
        read_optional(request, Nothing)
        return self.report(
            order_no, lambda pk: shipments.cancel(order_id=pk, user=self.user, now=self.now)
        )


class ParcelInterceptedCall(_Report):
    @extend_schema(
        operation_id="report_parcel_intercepted",
        summary="A parcel was intercepted",
        request=Nothing,
        responses=Reported,
        tags=["shipping"],
    )
    def post(self, request: Request, order_no: str) -> HttpResponse:
        """The order's open alerts end as intercepted, its tickets are told, and those under
        review are evaluated again. 409 where nothing of the order is on its way."""
        read_optional(request, Nothing)
        return self.report(
            order_no,
            lambda pk: warehouse.parcel_intercepted(order_id=pk, user=self.user, now=self.now),
        )


class DeliveryRefusedCall(_Report):
    @extend_schema(
        operation_id="report_delivery_refused",
        summary="The buyer refused the delivery",
        request=Nothing,
        responses=Reported,
        tags=["shipping"],
    )
    def post(self, request: Request, order_no: str) -> HttpResponse:
        """The order's tickets are told, and those under review are evaluated again; alerts stay
        open until the goods are back. 409 where nothing of the order is on its way."""
        read_optional(request, Nothing)
        return self.report(
            order_no,
            lambda pk: warehouse.delivery_refused(order_id=pk, user=self.user, now=self.now),
        )


class GoodsReceivedCall(Call):
    scopes = {"POST": Scope.SHIPPING}

    @extend_schema(
        operation_id="report_goods_received",
        summary="Goods came back",
        request=Nothing,
        responses=ShownTicket,
        tags=["shipping"],
    )
    def post(self, request: Request, ticket_no: str) -> HttpResponse:
        """The buyer's goods are in the warehouse: the refund of the approved return starts, as
        if the token's maker had confirmed it. A parcel that was to be stopped counts as returned.
        Of an exchange it is noted, and so it is where the refund can't start (the order's money is
        used up, return freight that nobody has answered): people go on from there. 409 where the
        ticket waits for no goods. Without the scope `read` buyer, note, evidence and events are
        empty."""
        read_optional(request, Nothing)

        def work() -> HttpResponse:
            pk = ticket_id(shop_id=self.shop_id, ticket_no=ticket_no)
            warehouse.goods_received(ticket_id=pk, user=self.user, now=self.now)
            return answer_ticket(pk, personal=Scope.READ in self.token.scopes)

        return self.once(work)
