"""Douyin's rows of a ticket and an order, as plain as they get, and their records."""

from typing import Any

from aftersale.platforms.douyin import to_records
from aftersale.platforms.protocol import SeenOrder, SeenTicket

AT = 1_772_000_000
ORDER, LINE = 6_936_476_692_437_400_101, 6_936_476_692_437_400_102


def row(
    *, dispute: dict[str, Any] | None = None, log: list[dict[str, Any]] | None = None, **info: Any
) -> dict[str, Any]:
    """The data of afterSale/Detail."""
    return {
        "order_info": {
            "shop_order_id": ORDER,
            "sku_order_infos": [{"sku_order_id": LINE, "insurance_tags": []}],
        },
        "process_info": {
            "after_sale_info": {
                "after_sale_id": 142_777_000_000_000_001,
                "after_sale_type": 1,
                "after_sale_status": 6,
                "refund_status": 1,
                "refund_total_amount": 4_990,
                "apply_time": AT - 60,
                "update_time": AT,
                "reason": "不想要了",
                **info,
            },
            "arbitrate_info": dispute or {"arbitrate_status": 0},
            "logistics_info": {"return": {}},
            "record_logs_list": log or [],
        },
    }


def line(**values: Any) -> dict[str, Any]:
    return {
        "order_id": str(LINE),
        "product_id": 3_660_207_428_038_974_464,
        "product_id_str": "3660207428038974464",
        "product_name": "围巾",
        "item_num": 1,
        "pay_amount": 4_990,
        **values,
    }


def order(*lines: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "order_id": str(ORDER),
        "doudian_open_id": "1@#buyer",
        "order_status": 3,
        "main_status": 3,
        "pay_type": 2,
        "pay_amount": 4_990,
        "create_time": AT - 900,
        "pay_time": AT - 800,
        "ship_time": AT - 700,
        "update_time": AT,
        "sku_order_list": list(lines) or [line()],
        **values,
    }


def seen(row: dict[str, Any]) -> SeenTicket:
    ticket = to_records.seen_ticket(row, "shop-1", (str(LINE),))
    assert isinstance(ticket, SeenTicket), ticket
    return ticket


def parcel(row: dict[str, Any]) -> SeenOrder:
    record = to_records.order_record(row, "shop-1")
    assert isinstance(record, SeenOrder), record
    return record
