"""A request and an order as Xiaohongshu sends them, as plain as it gets, and their records."""

import json
from typing import Any

from aftersale.platforms.protocol import SeenOrder, SeenTicket
from aftersale.platforms.xiaohongshu import to_records
from aftersale.platforms.xiaohongshu.api import loaded
from aftersale.records.schemas import TicketRecord

from .shop import line

AT = 1_761_000_000_123
NUMBER, ORDER = "R7101010101010101", "P7101010101010100"


def info(**values: Any) -> dict[str, Any]:
    return {
        "returnsId": NUMBER,
        "orderId": ORDER,
        "returnType": 4,
        "status": 1,
        "refundStatus": 0,
        "expectedRefundAmountYuan": 49.9,
        "applyTime": AT - 1_000,
        "updatedAt": AT,
        **values,
    }


def detail(**values: Any) -> dict[str, Any]:
    return {"afterSaleInfo": info(**values), "logisticsInfo": {}, "negotiateRecords": []}


def order(*lines: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "orderId": ORDER,
        "orderType": 1,
        "orderStatus": 6,
        "createdTime": AT - 2_000,
        "paidTime": AT - 1_500,
        "deliveryTime": AT - 1_000,
        "updateTime": AT,
        "totalPayAmount": 4_990,
        "totalShippingFree": 0,
        "skuList": list(lines) or [line(1, 4_990)],
        "userId": "600000000000000000000001",
        **values,
    }


def seen(row: dict[str, Any], line_no: int | None = 1) -> SeenTicket:
    """Amounts are as the connector reads them off the wire."""
    ticket = to_records.seen_ticket(exact(row), "shop-1", NUMBER, line_no)
    assert isinstance(ticket, SeenTicket), ticket
    return ticket


def ticket(**values: Any) -> TicketRecord:
    return seen(detail(**values)).record


def parcel(row: dict[str, Any]) -> SeenOrder:
    record = to_records.order_record(row, "shop-1", ORDER)
    assert isinstance(record, SeenOrder), record
    return record


def exact(value: Any) -> Any:
    """Through JSON, as the connector reads it."""
    return loaded(json.dumps(value).encode())
