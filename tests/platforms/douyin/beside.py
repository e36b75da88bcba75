"""The fake's steps beside a ticket's course, and what it refuses of them."""

from typing import Any

from .shop import DAY, No, Shop

BAD = "isv.parameter-invalid:11000"


def note(shop: Shop, param: dict[str, Any]) -> dict[str, Any]:
    number = str(param.get("order_id"))
    if not number.isdecimal() or int(number) not in shop.orders:
        raise No("isv.business-failed:20001", "订单不存在")
    text, star = param.get("remark"), param.get("star")
    if not isinstance(text, str) or not 0 < len(text) <= 60:
        raise No(BAD, "备注不合法", 40_004)
    if param.get("is_add_star") == "true" and star not in {"0", "1", "2", "3", "4", "5"}:
        raise No(BAD, "旗标不合法", 40_004)
    shop.notes.append((int(number), text, star))
    return {}


def enter_return(shop: Shop, param: dict[str, Any]) -> dict[str, Any]:
    ticket = shop._asked(param.get("aftersale_id"))
    if param.get("send_type") != 3 or not param.get("company_code") or not param.get("tracking_no"):
        raise No(BAD, "物流信息不合法", 40_004)
    if ticket["after_sale_status"] != 7:
        raise No("isv.business-failed:20309541", "售后单状态不符")
    shop.ship_back(int(param["aftersale_id"]), param["company_code"], param["tracking_no"])
    return {}


def more_time(shop: Shop, param: dict[str, Any]) -> dict[str, Any]:
    ticket = shop._asked(param.get("aftersale_id"))
    if ticket["after_sale_status"] != 11:
        raise No("isv.business-failed:20309541", "售后单状态不符")
    if ticket["_due"] - shop.now > 2 * DAY:
        raise No("isv.parameter-invalid:10001", "未到可延长时间", 40_004)
    due = ticket["_due"] + 7 * DAY
    shop._move(ticket, 11, role=2)
    ticket["_due"] = ticket["status_deadline"] = due
    return {}


def stop_parcels(shop: Shop, param: dict[str, Any]) -> dict[str, Any]:
    ticket = shop._asked(str(param.get("after_sale_id")))
    targets = param.get("intercept_targets")
    if param.get("op_from") not in (1, 3) or not isinstance(targets, list) or not targets:
        raise No(BAD, "拦截参数不合法", 40_004)
    sent = {one["tracking_no"] for one in shop.orders[ticket["_order"]]["logistics_info"]}
    results = [
        {
            "can_intercept": one["tracking_no"] in sent,
            "is_success": one["tracking_no"] in sent,
            "unavailable_reason": "" if one["tracking_no"] in sent else "非本单包裹",
        }
        for one in targets
    ]
    shop.stopped += [one["tracking_no"] for one in targets if one["tracking_no"] in sent]
    return {"intercept_results": results}


STEPS = {
    "order.addOrderRemark": note,
    "afterSale.fillLogistics": enter_return,
    "afterSale.timeExtend": more_time,
    "afterSale.applyLogisticsIntercept": stop_parcels,
}
