"""The fake's step with which new goods of an exchange go out, and what it refuses of it."""

from typing import Any

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
