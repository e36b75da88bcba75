"""Pushes of a fake WeChat shop, sealed and signed as the platform does it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.platforms.fakes import Fault, Message
from tests.platforms.wechat.rows import Order
from tests.platforms.wechat.sealing import seal, signed
from tests.platforms.wechat.wire import Body, Wire

APP_ID, APP_SECRET = "wx0123456789abcdef", "a-secret-of-the-app"
CALLBACK_TOKEN = "a-token-of-the-push"
AES_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"


class Pushes:
    """A part of tests.platforms.wechat.fake.WeChatFake."""

    wire: Wire
    skewed: float
    _now: datetime
    _ids: Iterator[int]
    _events: list[Body]

    def messages(self) -> list[Message]:
        with self.wire.lock:
            events, self._events = self._events, []
            if self.wire.takes(Fault.DUPLICATES):
                events = [event for event in events for _ in range(2)]
            if self.wire.takes(Fault.OUT_OF_ORDER):
                events.reverse()
            return [self.push(event) for event in events]

    def push(self, event: Body) -> Message:
        """An event as it goes over the wire: sealed, and signed in its address."""
        moment = str(int((self._now + timedelta(seconds=self.skewed)).timestamp()))
        nonce = str(next(self._ids))
        sealed = seal(json.dumps(event, ensure_ascii=False).encode(), AES_KEY, APP_ID)
        query = {
            "signature": signed(CALLBACK_TOKEN, moment, nonce),
            "timestamp": moment,
            "nonce": nonce,
            "openid": "oFixed",
            "encrypt_type": "aes",
            "msg_signature": signed(CALLBACK_TOKEN, moment, nonce, sealed),
        }
        body = json.dumps({"ToUserName": "gh_1", "Encrypt": sealed}).encode()
        return Message(body, {"Content-Type": "application/json"}, query)

    def _order_event(self, name: str, order: Order) -> None:
        self._events.append(
            {
                "ToUserName": "gh_1",
                "FromUserName": "oBuyer",
                "CreateTime": int(self._now.timestamp()),
                "MsgType": "event",
                "Event": name,
                # A number, and a long one.
                "order_info": {"order_id": int(order.number)},
            }
        )
