"""The fake's steps beside a ticket's course: new goods, requests of the merchant's own; and what it
refuses of them."""

from typing import Any

from .rows import Ticket
from .wire import Error


def send_new_goods(fake: Any, body: dict[str, Any]) -> dict[str, Any]:
    fake.received.append(("send_new_goods", body))
    ticket = fake._known(body)
    if not body.get("waybill_id") or not body.get("delivery_id"):
        raise Error(9700224, "参数错误 rid: 1")
    if (ticket.type, ticket.status) != ("EXCHANGE", "MERCHANT_WAIT_RECEIPT"):
        raise Error(10020001, "售后单状态不合法 rid: 1")
    fake._tick()
    fake._moves(ticket, "USER_WAIT_RECEIPT")
    return {}


OPEN_REASONS = {10000014, 10000002, 10000000, 10000001, 10000006, 10000021, 10000007, 10000008}
DIFFERENCE_REASONS = {10001336, 10001337, 10001338}


def open_request(fake: Any, body: dict[str, Any]) -> dict[str, Any]:
    """The buyer is asked; the same request_id is the same request."""
    if body.get("type") not in ("REFUND", "RETURN") or not body.get("count"):
        raise Error(9700224, "参数错误 rid: 1")
    return {"aftersale_id": _made(fake, body, body["type"], OPEN_REASONS, waits=True).number}


def refund_difference(fake: Any, body: dict[str, Any]) -> dict[str, Any]:
    """Paid at once. The answer is the other one of the two that are known."""
    ticket = _made(fake, body, "REFUND", DIFFERENCE_REASONS, waits=False)
    return {"after_sale_order_id": ticket.number}


def _made(fake: Any, body: dict[str, Any], kind: str, reasons: set[int], *, waits: bool) -> Ticket:
    fake.received.append(("open_request" if waits else "refund_difference", body))
    key = body.get("request_id")
    if not key or body.get("reason") not in reasons:
        raise Error(9700224, "参数错误 rid: 1")
    if key in fake.requests:
        return fake.requests[key]
    order = fake._orders.get(str(body.get("order_id")))
    if order is None:
        raise Error(100002, "not exist rid: 1")
    line = int(body["product_id"]) - 234000
    asked = sum(one.amount for one in fake._tickets.values() if one.order is order)
    if not 0 < body["amount"] <= min(order.prices[line - 1], sum(order.prices) - asked):
        raise Error(10021088, "当前订单不支持 rid: 1")
    fake._tick()
    ticket = Ticket(
        number=str(next(fake._ids)),
        order=order,
        line=line,
        type=kind,
        amount=body["amount"],
        reason=str(body["reason"]),
        created=fake._now,
        updated=fake._now,
        extra={"sub_type": "DEFAULT" if waits else "REFUND_PRICE_DIFF"},
    )
    fake._tickets[ticket.number] = fake.requests[key] = ticket
    if waits:
        fake._moves(ticket, "USER_WAIT_HANDLE_MERCHANT_AFTER_SALE")
    else:
        fake._pays(ticket, why=3)
    return ticket


ANSWERS = {
    "/channels/ec/aftersale/acceptexchangereship": send_new_goods,
    "/channels/ec/aftersale/genaftersaleorder": open_request,
    "/channels/ec/aftersale/refundpricediff": refund_difference,
}
