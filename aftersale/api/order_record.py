"""An order as the API shows it: the keys of its record, and what Afterdesk knows besides."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from aftersale.models import (
    AlertKind,
    AlertState,
    Beneficiary,
    Order,
    OrderLabel,
    OrderStatus,
    OrderType,
    ShippingAlert,
    TicketStatus,
    TicketType,
)

from .values import Buyer, Moment, Yuan

# Hardly any order has more than a few; all of them are in `GET /tickets`.
MOST_TICKETS = 100


class ShownLine(BaseModel):
    line_no: int
    product: str
    category: str
    title: str
    quantity: int
    paid_amount: Yuan
    virtual: bool
    sku: str
    picture: str


class ShownSplit(BaseModel):
    beneficiary: Beneficiary
    account: str
    amount: Yuan


class TicketOfOrder(BaseModel):
    ticket_no: str
    line_no: int | None
    type: TicketType
    status: TicketStatus
    amount: Yuan


class ShownShippingAlert(BaseModel):
    """A parcel to be stopped because its money has left (SPEC H1, H2)."""

    ticket_no: str
    kind: AlertKind
    state: AlertState
    raised_at: Moment


class OrderRow(BaseModel):
    """An order in a list."""

    shop: str
    order_no: str
    type: OrderType
    status: OrderStatus
    buyer: Buyer
    created_at: Moment | None
    paid_at: Moment | None
    label_printed_at: Moment | None
    shipped_at: Moment | None
    delivered_at: Moment | None
    completed_at: Moment | None
    updated_at: Moment
    paid_amount: Yuan
    refunded_amount: Yuan = Field(description="Refunded outside Afterdesk")
    approved_amount: Yuan = Field(description="Refunded, under way or approved here")
    refundable_amount: Yuan = Field(description="What may still be approved (SPEC O2)")
    over_refunded: bool
    labels: list[OrderLabel]
    lines: list[ShownLine]


class ShownOrder(OrderRow):
    commission_splits: list[ShownSplit]
    tickets: list[TicketOfOrder]
    shipping_alerts: list[ShownShippingAlert]


def shown_order(pk: int) -> ShownOrder:
    order = Order.objects.select_related("shop").get(pk=pk)
    tickets = order.tickets.order_by("pk")[:MOST_TICKETS]
    return ShownOrder.model_validate(
        {
            **{name: getattr(order, name) for name in ShownOrder.model_fields if name not in _MADE},
            "shop": order.shop.code,
            "approved_amount": order.committed,
            "lines": [_fields(line, ShownLine) for line in order.lines.order_by("line_no")],
            "commission_splits": [
                _fields(split, ShownSplit) for split in order.commission_splits.order_by("position")
            ],
            "tickets": [_fields(ticket, TicketOfOrder) for ticket in tickets],
            "shipping_alerts": alerts_of(pk),
        }
    )


def order_rows(orders: Sequence[Order]) -> list[OrderRow]:
    """The orders have their shops and lines with them."""
    return [
        OrderRow.model_validate(
            {
                **{name: getattr(order, name) for name in _ROW},
                "shop": order.shop.code,
                "approved_amount": order.committed,
                "lines": [
                    _fields(line, ShownLine)
                    for line in sorted(order.lines.all(), key=lambda line: line.line_no)
                ],
            }
        )
        for order in orders
    ]


_MADE = {"shop", "approved_amount", "lines", "commission_splits", "tickets", "shipping_alerts"}
_ROW = [name for name in OrderRow.model_fields if name not in _MADE]


def alerts_of(order_pk: int) -> list[ShownShippingAlert]:
    alerts = ShippingAlert.objects.filter(order=order_pk).select_related("ticket")
    return [
        ShownShippingAlert(
            ticket_no=alert.ticket.ticket_no,
            kind=AlertKind(alert.kind),
            state=AlertState(alert.state),
            raised_at=alert.raised_at,
        )
        for alert in alerts.order_by("ticket")
    ]


def _fields(row: object, record: type[BaseModel]) -> dict[str, object]:
    return {name: getattr(row, name) for name in record.model_fields}
