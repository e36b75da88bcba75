"""`/orders`: orders as the platform or an ERP has them, and as they are here (SPEC O1, O6)."""

from django.db.models import Q
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field, RootModel
from rest_framework.request import Request

from aftersale.api.parse_request import query
from aftersale.models import Order, OrderStatus, Scope
from aftersale.records.schemas import OrderRecord
from aftersale.records.values import NO_NUL, Code, Time
from aftersale.services.ingest import lock_for_orders, save_orders

from . import schema
from .call import Call, answer
from .finding import order_id
from .ingest import Kind, RecordResult, UpTo1000, ingest
from .lists import Page
from .newest_first import ChangesQuery, Several, between, newest_page
from .order_record import OrderRow, ShownOrder, order_rows, shown_order


class SentOrder(OrderRecord):
    """The shop is the token's, and may be left out."""

    shop: Code | None = None  # type: ignore[assignment]


class OrderResult(RecordResult):
    order_no: str | None


class OrderResults(BaseModel):
    """One for each record, in the sequence of the list."""

    results: list[OrderResult]


class SentOrders(RootModel[SentOrder | UpTo1000[SentOrder]]):
    """One order, or a list of up to 1,000."""


class OrdersAnswer(RootModel[OrderResult | OrderResults]):
    """Of one order its result, of a list all of them."""


def _keys(order: SentOrder) -> int:
    inner = (*order.lines, *order.commission_splits)
    return len(order.model_fields_set) + sum(len(one.model_fields_set) for one in inner)


KIND = Kind(
    SentOrder,
    number="order_no",
    keys=_keys,
    save=save_orders,
    lock=lock_for_orders,
    result=OrderResult,
    results=OrderResults,
)


class OrdersQuery(ChangesQuery):
    """Filters of the list, joined by AND."""

    status: Several[OrderStatus] = []
    buyer: str | None = Field(default=None, max_length=64, pattern=NO_NUL)
    updated_after: Time | None = Field(
        default=None, description="Updated by the platform at or after"
    )
    updated_before: Time | None = Field(default=None, description="Updated by the platform before")


class OrderPage(Page[OrderRow]):
    """Newest first. A page may be short, or empty, and `next` not null: there is more to look
    through. `previous` is always null."""


class OrdersCall(Call):
    scopes = {"GET": Scope.READ, "POST": Scope.ORDERS}

    @extend_schema(
        operation_id="list_orders",
        summary="Orders",
        parameters=schema.parameters(OrdersQuery),
        responses=OrderPage,
        tags=["orders"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The newest first; with `changed_after` the latest change first. A buyer's are found
        wherever they are; with any other filter a call looks through the newest 20,000, and `next`
        goes on from there: a page may be short, and even empty, while there is more."""
        asked = query(request, OrdersQuery)
        conditions = between("updated_at", asked.updated_after, asked.updated_before)
        if asked.status:
            conditions &= Q(status__in=asked.status)
        if asked.buyer is not None:
            conditions &= Q(buyer=asked.buyer)
        orders = Order.objects.filter(shop=self.shop_id)
        return newest_page(
            request,
            orders.select_related("shop").prefetch_related("lines"),
            conditions,
            order_rows,
            page=OrderPage,
            asked=asked,
            indexed=asked.buyer is not None,
        )

    @extend_schema(
        operation_id="send_orders",
        summary="Send orders",
        request=SentOrders,
        responses={200: OrdersAnswer, 201: OrderResult},
        tags=["orders"],
    )
    def post(self, request: Request) -> HttpResponse:
        """One order or a list of up to 1,000, each with a result of its own: one that is refused
        never loses the others. A list is answered with 200; a single order with 201 where it is
        new, 200 where it is not, 422 where it is refused."""
        return ingest(self, request, KIND)


class OrderCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="get_order", summary="An order", responses=ShownOrder, tags=["orders"]
    )
    def get(self, request: Request, order_no: str) -> HttpResponse:
        """With its lines, money, tickets and shipping alerts."""
        return answer(shown_order(order_id(shop_id=self.shop_id, order_no=order_no)))
