"""The fake's steps beside a ticket's course, and what it refuses of them."""

from typing import Any

from .shop import No, Shop

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


STEPS = {"order.addOrderRemark": note, "afterSale.fillLogistics": enter_return}
