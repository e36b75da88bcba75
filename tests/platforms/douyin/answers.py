"""The fake Douyin's answers to questions, and its events."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tests.platforms.fakes import Fault

from .shop import DAY, SHOP_ID, No, Shop

BEIJING = timezone(timedelta(hours=8))
LOG_ID = "20261201100000ABCDEF"


def ok(data: dict[str, Any]) -> bytes:
    answer = {"code": 10_000, "msg": "success", "sub_code": "", "sub_msg": "", "log_id": LOG_ID}
    return _json({**answer, "data": data})


def no(no: No) -> bytes:
    answer = {"code": no.code, "msg": "业务处理失败", "sub_code": no.sub_code}
    return _json({**answer, "sub_msg": str(no), "log_id": LOG_ID})


def event(tag: int, data: dict[str, Any], now: int) -> dict[str, Any]:
    number = data.get("aftersale_id") or data.get("p_id")
    stamp = data.get("update_time", now)
    return {
        "tag": str(tag),
        "msg_id": f"{SHOP_ID}:{tag}:{stamp}:{number}",
        "data": json.dumps(data),
    }


def read(
    shop: Shop, method: str, param: dict[str, Any], *, most: int, fault: Fault | None
) -> dict[str, Any]:
    match method:
        case "order.searchList":
            return _orders(shop, param, most, fault)
        case "afterSale.List":
            return _tickets(shop, param, most, fault)
        case "order.orderDetail":
            number = str(param.get("shop_order_id"))
            if not number.isdecimal() or int(number) not in shop.orders:
                raise No("isv.business-failed:20001", "订单不存在")
            return {"shop_order_detail": shop.orders[int(number)]}
        case "afterSale.Detail":
            return detail(shop._asked(param.get("after_sale_id")), param, shop)
        case "afterSale.rejectReasonCodeList":
            return {"items": shop.reasons(param.get("aftersale_id"))}
    if param.get("shop_id") != str(SHOP_ID) or not param.get("page_no"):
        raise No("isv.parameter-invalid:11000", "shop_id不合法", 40_004)
    size = param["page_size"]
    begin = (param["page_no"] - 1) * size
    return {"address_list": shop.addresses[begin : begin + size], "total": len(shop.addresses)}


def detail(ticket: dict[str, Any], param: dict[str, Any], shop: Shop) -> dict[str, Any]:
    """Ids are JSON numbers here."""
    asked = param.get("need_operation_record") is True
    return {
        "order_info": {
            "shop_order_id": ticket["_order"],
            "sku_order_infos": [
                {
                    "sku_order_id": int(ticket["_line"]),
                    "order_status": shop.orders[ticket["_order"]]["order_status"],
                    "insurance_tags": [],
                }
            ],
        },
        "process_info": {
            "after_sale_info": _shown(ticket),
            "arbitrate_info": {
                "arbitrate_status": ticket["_dispute"],
                "arbitrate_status_deadline": "0",
            },
            "logistics_info": {"return": ticket["_return"], "order": _sent(shop, ticket)},
            "record_logs_list": [_step(step) for step in ticket["_log"]] if asked else [],
        },
    }


def _sent(shop: Shop, ticket: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"tracking_no": one["tracking_no"], "company_code": one["company"], "logistics_state": 0}
        for one in shop.orders[ticket["_order"]]["logistics_info"]
    ]


def _orders(shop: Shop, param: dict[str, Any], most: int, fault: Fault | None) -> dict[str, Any]:
    start, end = param.get("update_time_start"), param.get("update_time_end")
    if not isinstance(start, int) or not isinstance(end, int) or start == end:
        raise No("isv.business-failed:20011", "开始时间不能为空")
    if start < shop.now - 90 * DAY:
        raise No("isv.business-failed:20022", "只能查询近90天")
    if param.get("order_by") != "update_time" or param.get("order_asc") is not True:
        raise No("isv.parameter-invalid:20001", "排序不合法", 40_004)
    rows = sorted(
        (
            {**order, "logistics_info": []}
            for order in shop.orders.values()
            if start <= order["update_time"] < end
        ),
        key=lambda row: (row["update_time"], row["order_id"]),
    )
    shown, page, size = _page(rows, param, most, fault)
    # Nothing says whether there is more.
    return {"shop_order_list": shown, "page": page, "size": size, "total": len(rows)}


def _tickets(shop: Shop, param: dict[str, Any], most: int, fault: Fault | None) -> dict[str, Any]:
    start, end = param.get("update_start_time"), param.get("update_end_time")
    order, oldest_first = param.get("order_id"), param.get("order_by") == ["update_time asc"]
    if start is not None and not oldest_first:
        raise No("isv.parameter-invalid:11000", "排序不合法", 40_004)
    found = [
        ticket
        for ticket in shop.tickets.values()
        if (order is None or order in (str(ticket["_order"]), ticket["_line"]))
        and (start is None or start <= ticket["update_time"] < end)
    ]
    found.sort(key=lambda ticket: (ticket["update_time"], ticket["after_sale_id"]))
    rows = [_row(ticket) for ticket in found]
    shown, page, size = _page(rows, param, most, fault)
    more = (page + 1) * size < len(rows)
    return {"items": shown, "has_more": more, "total": len(rows), "page": page, "size": size}


def _page(
    rows: list[dict[str, Any]], param: dict[str, Any], most: int, fault: Fault | None
) -> tuple[list[dict[str, Any]], int, int]:
    page, size = param.get("page"), param.get("size")
    if not isinstance(page, int) or not isinstance(size, int) or not 0 < size <= 100 or page < 0:
        raise No("isv.business-failed:20008", "分页不合法")
    if page * size > 50_000:
        raise No("isv.business-failed:20013", "page*size超过50000")
    size = min(size, most)
    shown = rows[page * size : (page + 1) * size]
    if fault == Fault.DUPLICATES:
        shown = [row for row in shown for _ in range(2)]
    if fault == Fault.OUT_OF_ORDER:
        shown = shown[::-1]
    return shown, page, size


def _row(ticket: dict[str, Any]) -> dict[str, Any]:
    """Ids are text here, and reasons, evidence and parcels are left out."""
    return {
        "aftersale_info": {
            "aftersale_id": str(ticket["after_sale_id"]),
            "aftersale_type": ticket["after_sale_type"],
            "aftersale_status": ticket["after_sale_status"],
            "related_id": ticket["_line"],
            "apply_time": ticket["apply_time"],
            "update_time": ticket["update_time"],
            "refund_amount": ticket["refund_total_amount"],
            "refund_status": ticket["refund_status"],
        },
        "order_info": {
            "shop_order_id": str(ticket["_order"]),
            "related_order_info": [{"sku_order_id": ticket["_line"]}],
        },
        "text_part": {"reason_text": ticket["reason"]},
    }


def _step(step: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(step["_at"], UTC).astimezone(BEIJING)
    return {**_shown(step), "time": at.strftime("%Y-%m-%d %H:%M:%S")}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
