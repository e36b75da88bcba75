"""Disputes, group gifts and pictures of a fake WeChat shop: rules and calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from tests.platforms.wechat.rows import Gift, Ticket, dispute_body, gift_body
from tests.platforms.wechat.wire import Body, Error, File, Wire, media


class DisputesAndGifts:
    """A part of tests.platforms.wechat.fake.WeChatFake."""

    wire: Wire
    media: list[bytes]
    picture_of_buyer: bytes
    received: list[tuple[str, Body]]
    _now: datetime
    _ids: Iterator[int]
    _tickets: dict[str, Ticket]
    _gifts: dict[str, Gift]

    def _tick(self) -> None:
        raise NotImplementedError

    def dispute_moves(self, ticket_no: str, status: int, *steps: int) -> None:
        """The dispute goes on or ends; its ticket's time does not move with it."""
        with self.wire.lock:
            self._tick()
            self._dispute(self._tickets[ticket_no], status, *steps)

    def gift_expires(self, **parts: int) -> str:
        """A group gift that nobody took is paid back: the amount of each order, by `order_…`."""
        with self.wire.lock:
            self._tick()
            amounts = {order.removeprefix("order_"): amount for order, amount in parts.items()}
            gift = Gift(str(next(self._ids)), amounts, self._now, self._now)
            self._gifts[gift.number] = gift
            return gift.number

    def gift_is_paid(self, number: str) -> None:
        with self.wire.lock:
            self._tick()
            gift = self._gifts[number]
            gift.status, gift.updated = "MERCHANT_REFUND_SUCCESS", self._now

    def _dispute(self, ticket: Ticket, status: int, *steps: int) -> None:
        """Moves a dispute that runs."""
        if not ticket.complaint:
            return
        ticket.dispute_status = status
        if status in (102, 112, 115, 116):
            ticket.complaint = ""
        for step in steps:
            ticket.dispute_course.append(
                {
                    "item_type": step,
                    "time": int(self._now.timestamp()),
                    "content": "电话13800138000",
                    "media_id_list": ["of-buyer"] if step == 1 else [],
                }
            )

    def _dispute_detail(self, body: Body) -> Body:
        return dispute_body(self._disputed(body))

    def _evidence(self, body: Body, taken_in: Iterable[int], then: int, error: Error) -> Body:
        self.received.append(("evidence", body))
        ticket = self._disputed(body)
        if ticket.dispute_status not in taken_in:
            raise error
        text = body.get("content") or ""
        if not text or len(text) > 500:
            raise Error(10021501, "内容过长 rid: 1")
        known = {f"media-{number}" for number in range(1, len(self.media) + 1)}
        if not set(body.get("media_id_list") or ()) <= known:
            raise Error(10021502, "图片无效 rid: 1")
        self._tick()
        self._dispute(ticket, then, 8)
        return {}

    def _disputed(self, body: Body) -> Ticket:
        for ticket in self._tickets.values():
            if ticket.disputed and ticket.disputed == body.get("complaint_id"):
                return ticket
        raise Error(10021500, "纠纷单不存在 rid: 1")

    def _gift_list(self, body: Body) -> Body:
        start, end = body.get("begin_create_time", 0), body.get("end_create_time", 0)
        if not 0 < end - start <= 86400:
            raise Error(10020004, "illegal time range rid: 1")
        inside = [g for g in self._gifts.values() if start <= int(g.created.timestamp()) <= end]
        return {"after_sale_order_id_list": [gift.number for gift in inside], "has_more": False}

    def _gift_detail(self, body: Body) -> Body:
        gift = self._gifts.get(str(body.get("after_sale_order_id")))
        if gift is None:
            raise Error(10020000, "售后单号不存在 rid: 1")
        return {"after_sale_order": gift_body(gift)}

    def upload(self, query: Body, content: bytes) -> Body:
        if query.get("upload_type") != "0" or query.get("resp_type") != "0":
            raise Error(10020055, "参数有误 rid: 1")
        self.media.append(media(content))
        return {"pic_file": {"media_id": f"media-{len(self.media)}", "pay_media_id": ""}}

    def shows(self, query: Body) -> File:
        if query.get("media_id") != "of-buyer":
            raise Error(10020055, "media_id无效 rid: 1")
        return File(self.picture_of_buyer)
