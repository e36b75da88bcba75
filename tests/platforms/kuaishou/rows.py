"""Kuaishou's data of the plainest ticket and order, and their records."""

from typing import Any

from aftersale.platforms.kuaishou import to_records
from aftersale.platforms.protocol import SeenOrder, SeenTicket
from aftersale.records.schemas import TicketRecord

AT = 1_700_000_000_123


def row(**values: Any) -> dict[str, Any]:
    return {
        "refundId": 2607602240240301,
        "oid": 2607602240240299,
        "refundFee": 4_990,
        "handlingWay": 10,
        "status": 10,
        "negotiateStatus": 1,
        "createTime": AT - 1_000,
        "updateTime": AT,
        **values,
    }


def order(**base: Any) -> dict[str, Any]:
    return {
        "orderBaseInfo": {
            "oid": 2607602240240299,
            "buyerOpenId": "open-1",
            "status": 30,
            "totalFee": 4_990,
            "createTime": AT - 1_000,
            "payTime": AT - 900,
            "updateTime": AT,
            **base,
        },
        "orderItemInfo": {"itemId": 9_007_199_254_740_993, "num": 2, "itemTitle": "围巾"},
    }


def seen(row: dict[str, Any]) -> SeenTicket:
    ticket = to_records.seen_ticket(row, "shop-1")
    assert isinstance(ticket, SeenTicket)
    return ticket


def ticket(row: dict[str, Any]) -> TicketRecord:
    return seen(row).record


def parcel(row: dict[str, Any]) -> SeenOrder:
    record = to_records.order_record(row, "shop-1")
    assert isinstance(record, SeenOrder)
    return record
