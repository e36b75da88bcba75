"""The fake's steps beside a ticket's course, and what it refuses of them."""

from typing import Any

from .shop import No, Shop


def note(shop: Shop, call: dict[str, Any]) -> str:
    if call.get("orderId") not in shop.orders:
        raise No("包裹不存在", -2000101)
    if not call.get("sellerMarkNote") or not call.get("operator"):
        raise No("参数错误")
    if call.get("sellerMarkPriority") not in range(1, 7):
        raise No("参数错误")
    shop.notes.append((call["orderId"], call["sellerMarkNote"], call["sellerMarkPriority"]))
    return "修改成功"


def send_new_goods(shop: Shop, call: dict[str, Any]) -> str:
    ticket = shop._asked(call)
    if not call.get("expressCompanyCode") or not call.get("expressNo"):
        raise No("参数错误")
    if ticket["returnType"] != 2 or ticket["status"] != 3:
        raise No("售后状态不支持该操作")
    shop._move(ticket, 13)
    return "售后换货成功"


STEPS = {
    "order.modifySellerMarkInfo": note,
    "afterSale.receiveAndShip": send_new_goods,
}
