"""The fake's steps beside a ticket's course, and what it refuses of them."""

from typing import Any

from .shop import No, Shop

ADDRESSES = [
    {
        "addressId": 770_001,
        "baseInfo": {"province": "浙江省", "city": "杭州市", "address": "一号仓"},
        "addressStatus": 1,
        "defaultAddress": True,
    },
    {
        "addressId": 770_002,
        "baseInfo": {"province": "浙江省", "city": "嘉兴市", "address": "二号仓"},
        "addressStatus": 1,
        "defaultAddress": False,
    },
]


def addresses(param: dict[str, Any]) -> list[dict[str, Any]]:
    if param.get("addressType") != 2:
        raise No("参数错误")
    return ADDRESSES


def note(shop: Shop, param: dict[str, Any]) -> None:
    if param.get("orderId") not in shop.orders:
        raise No("订单不存在")
    text, flag = param.get("note"), param.get("flag")
    if not isinstance(text, str) or not 0 < len(text) <= 200 or flag not in range(7):
        raise No("参数错误")
    shop.notes.append((param["orderId"], text, flag))


def enter_return(shop: Shop, param: dict[str, Any]) -> None:
    ticket = shop._asked(param)
    _parcel(param)
    if ticket["status"] != 30:
        raise No("当前售后单状态不支持该操作")
    shop.ship_back(param["refundId"], param["expressCode"], param["expressNo"])


def send_new_goods(shop: Shop, param: dict[str, Any]) -> None:
    ticket = shop._asked(param)
    _parcel(param)
    if ticket["status"] != 40 or ticket["handlingWay"] != 3:
        raise No("当前售后单状态不支持该操作")
    shop._move(ticket, 45)


def _parcel(param: dict[str, Any]) -> None:
    if not param.get("expressNo") or not isinstance(param.get("expressCode"), int):
        raise No("快递公司编码不合法")


STEPS = {
    "open.seller.order.note.add": ("note", note),
    "open.refund.submit.returnInfo": ("enter_return", enter_return),
    "open.refund.confirm.and.send": ("send_new_goods", send_new_goods),
}
