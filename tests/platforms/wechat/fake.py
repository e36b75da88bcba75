"""A fake WeChat shop: its orders and tickets, its rules, and the answers of its API.

Each change takes a second of its clock, as the platform tells versions apart by seconds.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from aftersale.platforms.protocol import Account, Platform
from aftersale.platforms.wechat import WeChatShop
from tests.platforms.fakes import Fault, State
from tests.platforms.wechat import beside
from tests.platforms.wechat.disputes_and_gifts import DisputesAndGifts
from tests.platforms.wechat.pushes import AES_KEY, APP_ID, APP_SECRET, CALLBACK_TOKEN, Pushes
from tests.platforms.wechat.rows import Gift, Order, Ticket, order_body, ticket_body
from tests.platforms.wechat.rules import (
    CALLS,
    OFFERS,
    REASON_LABELS,
    REASON_SCENES,
    REJECTED,
    SCENES,
    STATUS_WORDS,
    TYPE_WORDS,
    TYPES,
    WAITS,
    WITH_PICTURE,
)
from tests.platforms.wechat.wire import Body, Error, Wire

PAGE = 3
BREAKING = {Fault.SERVER_ERROR, Fault.LOST_CALL, Fault.LOST_ANSWER, Fault.GARBLED}


class WeChatFake(DisputesAndGifts, Pushes):
    """tests.platforms.fakes.Fake, and what only this platform has."""

    code = "wechat"
    takes_offers = True

    def __init__(self) -> None:
        self.wire = Wire(self)
        self.token = "token-1"
        self.funds = 10**9
        self.skewed = 0.0
        self.pays_fast_refunds = False
        self.deadline_is_rest = False
        self.addresses: dict[str, Body] = {
            "111222": {"recv_addr": 1, "default_recv": 0},
            "222333": {"recv_addr": 1, "default_recv": 1},
        }
        self.media: list[bytes] = []
        self.picture_of_buyer = b""
        self.received: list[tuple[str, Body]] = []
        self._now = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
        self._ids = count(3_705_115_058_471_208_000)
        self._orders: dict[str, Order] = {}
        self._tickets: dict[str, Ticket] = {}
        self._gifts: dict[str, Gift] = {}
        self.requests: dict[str, Ticket] = {}
        self._events: list[Body] = []
        self._asked: Counter[str] = Counter()
        self.answers = {
            "/cgi-bin/stable_token": self._stable_token,
            "/channels/ec/basics/info/get": lambda body: {"info": {"nickname": "样例小店"}},
            "/channels/ec/order/list/get": self._order_list,
            "/channels/ec/order/get": self._order_detail,
            "/channels/ec/aftersale/getaftersalelist": self._ticket_list,
            "/channels/ec/aftersale/getaftersaleorder": self._ticket_detail,
            "/channels/ec/aftersale/acceptapply": self._accept,
            "/channels/ec/aftersale/rejectapply": self._reject,
            "/channels/ec/aftersale/rejectexchangereship": self._reject_new_goods,
            **{path: partial(do, self) for path, do in beside.ANSWERS.items()},
            "/channels/ec/aftersale/rejectreason/get": self._reject_reasons,
            "/channels/ec/aftersale/merchantupdateaftersale": self._negotiate,
            "/channels/ec/aftersale/getcomplaintorder": self._dispute_detail,
            "/channels/ec/aftersale/addcomplaintproof": lambda body: self._evidence(
                body, (106, 108), 107, Error(10021504, "纠纷单状态不合法 rid: 1")
            ),
            "/channels/ec/aftersale/addcomplaintmaterial": lambda body: self._evidence(
                body, (101, 103), 103, Error(10021503, "纠纷单状态不合法 rid: 1")
            ),
            "/channels/ec/aftersale/getpresentaftersalelist": self._gift_list,
            "/channels/ec/aftersale/getpresentaftersaleorder": self._gift_detail,
            "/channels/ec/merchant/address/list": lambda body: {
                "address_id_list": list(self.addresses)
            },
            "/channels/ec/merchant/address/get": lambda body: {
                "address_detail": self.addresses[body["address_id"]]
            },
        }

    def start(self) -> None:
        self.wire.start()

    def stop(self) -> None:
        self.wire.stop()

    def account(self) -> Account:
        secrets = {
            "app_id": APP_ID,
            "app_secret": APP_SECRET,
            "callback_token": CALLBACK_TOKEN,
            "callback_aes_key": AES_KEY,
            "access_token": self.token,
            "expires_at": (self._now + timedelta(seconds=7200)).isoformat(),
        }
        return Account("wechat-shop", secrets, self.wire.address)

    def connect(self) -> Platform:
        return WeChatShop(self.account())

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        with self.wire.lock:
            end = self._now + timedelta(seconds=seconds)
            while True:
                due = [t for t in self._tickets.values() if t.due is not None and t.due <= end]
                if not due:
                    break
                first = min(due, key=lambda ticket: (ticket.due, ticket.number))
                self._now = max(self._now, first.due or end)
                self._falls_due(first)
            self._now = max(self._now, end.replace(microsecond=0))

    # Buyers, warehouse and staff.

    def places(self, *amounts: int) -> str:
        with self.wire.lock:
            self._tick()
            order = Order(str(next(self._ids)), amounts, self._now, self._now)
            self._orders[order.number] = order
            self._order_event("channels_ec_order_pay", order)
            return order.number

    def ships(self, order_no: str) -> None:
        with self.wire.lock:
            order = self._orders[order_no]
            if order.status != 20:
                raise ValueError(order.status)
            self._tick()
            order.status, order.shipped, order.updated = 30, self._now, self._now
            self._order_event("channels_ec_order_deliver", order)

    def buyer_confirms(self, order_no: str) -> None:
        with self.wire.lock:
            order = self._orders[order_no]
            self._tick()
            order.status, order.received, order.updated = 100, self._now, self._now
            self._order_event("channels_ec_order_confirm", order)

    def buyer_applies(
        self, order_no: str, type: str, amount: int, reason: str = "", line: int | None = None
    ) -> str:
        with self.wire.lock:
            order = self._orders[order_no]
            if type not in TYPES or amount > sum(order.prices):
                raise ValueError(type, amount)
            self._tick()
            ticket = Ticket(
                number=str(next(self._ids)),
                order=order,
                line=line or 1,
                type=TYPES[type],
                amount=0 if type == "exchange" else amount,
                reason=reason,
                created=self._now,
                updated=self._now,
            )
            self._tickets[ticket.number] = ticket
            self._moves(ticket, "MERCHANT_PROCESSING")
            if self.pays_fast_refunds and ticket.type == "REFUND" and order.shipped is None:
                ticket.fast_refund = True
                self._pays(ticket, why=4)
            return ticket.number

    def buyer_ships_back(self, ticket_no: str, *, carrier: str, tracking_no: str) -> None:
        with self._open(ticket_no, "USER_WAIT_RETURN") as ticket:
            ticket.carrier, ticket.tracking_no = carrier, tracking_no
            self._moves(ticket, "MERCHANT_WAIT_RECEIPT")

    def buyer_cancels(self, ticket_no: str) -> None:
        with self._open(ticket_no) as ticket:
            self._dispute(ticket, 102, 5)
            self._moves(ticket, "USER_CANCELD")

    def buyer_accepts(self, ticket_no: str) -> None:
        with self._open(ticket_no, "USER_WAIT_CONFIRM_UPDATE") as ticket:
            if ticket.offer is None:
                raise ValueError("nothing was offered")
            ticket.type, ticket.amount = ticket.offer
            if ticket.type == "REFUND":
                self._pays(ticket, why=3)
            else:
                self._moves(ticket, "USER_WAIT_RETURN")

    def platform_steps_in(self, ticket_no: str) -> None:
        with self._open(ticket_no) as ticket:
            ticket.complaint = ticket.disputed = str(next(self._ids))
            self._dispute(ticket, 103, 1, 13)
            self._touches(ticket)

    def staff_refunds_on_platform(self, ticket_no: str) -> None:
        with self._open(ticket_no) as ticket:
            self._pays(ticket, why=1)

    def payout_fails(self, ticket_no: str) -> None:
        self._tickets[ticket_no].payout_fails = True

    def must_negotiate_first(self, ticket_no: str) -> None:
        self._tickets[ticket_no].negotiate_first = True

    # Results.

    def ticket(self, ticket_no: str) -> State:
        ticket = self._tickets[ticket_no]
        status = "arbitration" if ticket.complaint else STATUS_WORDS[ticket.status]
        return State(TYPE_WORDS[ticket.type], status, ticket.amount, ticket.refunded)

    def tickets(self) -> list[str]:
        return list(self._tickets)

    def calls(self, step: str) -> int:
        return self._asked[step]

    def asked(self, path: str, content: bytes) -> None:
        """Counts a call by its method's name of Platform."""
        step = CALLS.get(path, "")
        if path == "/channels/ec/aftersale/acceptapply":
            body = json.loads(content)
            ticket = self._tickets.get(str(body.get("after_sale_order_id")))
            returned = ticket is not None and ticket.type != "REFUND"
            step = "confirm_receipt" if returned else "approve"
            step = "approve_return" if body.get("accept_type") == 1 else step
        self._asked[step] += 1

    def fail(self, fault: Fault, times: int = 1, *, reading: bool = False) -> None:
        anywhere = fault not in BREAKING
        self.wire.faults[fault, None if anywhere else not reading] = times

    def skew(self, seconds: float) -> None:
        self.skewed = seconds

    # The platform's rules.

    def _open(self, ticket_no: str, *statuses: str) -> _Open:
        final = ("cancelled", "closed", "refunded")
        ticket = self._tickets[ticket_no]
        wrong = statuses and ticket.status not in statuses
        if wrong or STATUS_WORDS[ticket.status] in final:
            raise ValueError(ticket.status)
        return _Open(self, ticket)

    def _tick(self) -> None:
        self._now += timedelta(seconds=1)

    def _touches(self, ticket: Ticket) -> None:
        ticket.updated = self._now
        self._events.append(
            {
                "ToUserName": "gh_1",
                "FromUserName": "oFixed",
                "CreateTime": int(self._now.timestamp()),
                "MsgType": "event",
                "Event": "channels_ec_aftersale_update",
                "finder_shop_aftersale_status_update": {
                    "status": ticket.status,
                    "after_sale_order_id": ticket.number,
                    "order_id": ticket.order.number,
                },
            }
        )

    def _moves(self, ticket: Ticket, status: str) -> None:
        ticket.status = status
        wait = WAITS.get(status)
        ticket.due = self._now + wait if wait else None
        self._touches(ticket)

    def _pays(self, ticket: Ticket, *, why: int) -> None:
        ticket.refund_reason = why
        self._dispute(ticket, 115, 36)
        self._moves(ticket, "PLATFORM_REFUNDING")

    def _falls_due(self, ticket: Ticket) -> None:
        match ticket.status:
            case "PLATFORM_REFUNDING":
                self._settles(ticket)
            case "MERCHANT_PROCESSING" if ticket.complaint:
                ticket.due = None
            case "MERCHANT_PROCESSING" if ticket.type == "REFUND":
                self._pays(ticket, why=9)
            case "MERCHANT_PROCESSING":
                self._moves(ticket, "USER_WAIT_RETURN")
            case "MERCHANT_WAIT_RECEIPT" if ticket.type == "RETURN":
                self._pays(ticket, why=11)
            case "USER_WAIT_CONFIRM_UPDATE":
                # The merchant may decide again, and reject now.
                ticket.offer, ticket.negotiate_first = None, False
                self._moves(ticket, "MERCHANT_PROCESSING")
            case "USER_WAIT_RETURN":
                self._moves(ticket, "RETURN_CLOSED")
            case status if status in REJECTED.values() and not ticket.complaint:
                self._moves(ticket, "MERCHANT_FAIL")
            case _:
                ticket.due = None

    def _settles(self, ticket: Ticket) -> None:
        if ticket.payout_fails:
            ticket.payout_fails = False
            ticket.extra["refund_resp"] = {"code": "NOTENOUGH", "ret": 1, "message": "余额不足"}
            self._moves(ticket, "PLATFORM_REFUND_FAIL")
            return
        ticket.refunded, ticket.completed = ticket.amount, self._now
        self._moves(
            ticket,
            "MERCHANT_REFUND_SUCCESS" if ticket.type == "REFUND" else "MERCHANT_RETURN_SUCCESS",
        )
        order = ticket.order
        order.updated = self._now
        if self._refunded(order) >= sum(order.prices) and order.shipped is None:
            order.status = 200
        self._order_event("channels_ec_order_ext_info_update", order)

    def _refunded(self, order: Order) -> int:
        return sum(t.refunded for t in self._tickets.values() if t.order is order)

    # The API.

    def _stable_token(self, body: Body) -> Body:
        if body.get("grant_type") != "client_credential" or body.get("appid") != APP_ID:
            raise Error(40013, "invalid appid rid: 1")
        if body.get("secret") != APP_SECRET:
            raise Error(40125, "invalid appsecret rid: 1")
        return {"access_token": self.token, "expires_in": 7200}

    def _order_list(self, body: Body) -> Body:
        span = body.get("update_time_range") or {}
        start, end = span.get("start_time", 0), span.get("end_time", 0)
        if not 0 < end - start <= 7 * 86400 or not 0 < body.get("page_size", 0) <= 100:
            raise Error(40097, "invalid request body rid: 1")
        return self._page(body, "order_id_list", self._orders.values(), start, end)

    def _ticket_list(self, body: Body) -> Body:
        start, end = body.get("begin_update_time", 0), body.get("end_update_time", 0)
        if not 0 <= end - start <= 86400:
            raise Error(10020004, "illegal time range rid: 1")
        return self._page(body, "after_sale_order_id_list", self._tickets.values(), start, end)

    def _page(
        self, body: Body, key: str, rows: Iterable[Order | Ticket], start: int, end: int
    ) -> Body:
        found = sorted(
            (row for row in rows if start <= int(row.updated.timestamp()) <= end),
            key=lambda row: (row.updated, row.number),
        )
        numbers = [row.number for row in found]
        at = int((body.get("next_key") or "key-0").removeprefix("key-"))
        page = numbers[at : at + PAGE]
        if self.wire.takes(Fault.DUPLICATES):
            page = [*numbers[max(0, at - 1) : at], *page, *page[:1]]
        if self.wire.takes(Fault.OUT_OF_ORDER):
            page.reverse()
        more = at + PAGE < len(numbers)
        return {key: page, "has_more": more, "next_key": f"key-{at + PAGE}"}

    def _order_detail(self, body: Body) -> Body:
        order = self._orders.get(str(body.get("order_id")))
        if order is None:
            raise Error(100002, "not exist rid: 1")
        tickets = [ticket.number for ticket in self._tickets.values() if ticket.order is order]
        return {"order": order_body(order, tickets)}

    def _ticket_detail(self, body: Body) -> Body:
        rest = self._now if self.deadline_is_rest else None
        return {"after_sale_order": ticket_body(self._known(body), rest_at=rest)}

    def _accept(self, body: Body) -> Body:
        self.received.append(("accept", body))
        ticket = self._known(body)
        if ticket.complaint:
            raise Error(10021065, "平台处理中 rid: 1")
        if body.get("accept_type") == 1:
            if ticket.type == "REFUND" or ticket.status != "MERCHANT_PROCESSING":
                raise Error(10021041, "当前售后单不支持此操作 rid: 1")
            if not body.get("address_id"):
                raise Error(10021060, "缺少退货地址 rid: 1")
            if body["address_id"] not in self.addresses:
                raise Error(10021062, "退货地址错误 rid: 1")
            self._tick()
            self._moves(ticket, "USER_WAIT_RETURN")
            return {}
        ready = {
            "REFUND": ("MERCHANT_PROCESSING", "PLATFORM_REFUND_FAIL"),
            "RETURN": ("USER_WAIT_RETURN", "MERCHANT_WAIT_RECEIPT", "PLATFORM_REFUND_FAIL"),
        }
        if ticket.status not in ready.get(ticket.type, ()):
            raise Error(10020001, "售后单状态不合法 rid: 1")
        asked = ticket.order.refund_asked
        if asked is not None and self._now - asked < timedelta(minutes=1):
            raise Error(10021059, "1qpm rid: 1")
        if self.funds < ticket.amount:
            raise Error(10021046, "金额不足 rid: 1")
        self.funds -= ticket.amount
        self._tick()
        ticket.order.refund_asked = self._now
        self._pays(ticket, why=3)
        return {}

    def _reject(self, body: Body) -> Body:
        self.received.append(("reject", body))
        ticket = self._known(body)
        if ticket.complaint:
            raise Error(10021051, "存在进行中的纠纷单 rid: 1")
        returned = ticket.type == "RETURN" and ticket.status == "MERCHANT_WAIT_RECEIPT"
        if ticket.status != "MERCHANT_PROCESSING" and not returned:
            raise Error(10020001, "售后单状态不合法 rid: 1")
        if ticket.negotiate_first:
            raise Error(10021068, "当前售后暂不支持直接拒绝 rid: 1")
        if body.get("reject_reason_type") not in REASON_SCENES[SCENES[ticket.type]]:
            raise Error(9700224, "参数错误 rid: 1")
        if "\ufffc" in body.get("reject_reason", ""):
            raise Error(10020261, "存在不合规字符 rid: 1")
        self._tick()
        self._moves(ticket, REJECTED[ticket.type])
        return {}

    def _reject_new_goods(self, body: Body) -> Body:
        self.received.append(("reject_new_goods", body))
        ticket = self._known(body)
        if (ticket.type, ticket.status) != ("EXCHANGE", "MERCHANT_WAIT_RECEIPT"):
            raise Error(10020001, "售后单状态不合法 rid: 1")
        if body.get("reject_reason_type") not in REASON_SCENES[6]:
            raise Error(9700224, "参数错误 rid: 1")
        self._tick()
        self._moves(ticket, "MERCHANT_REJECT_RESHIP")
        return {}

    def _reject_reasons(self, body: Body) -> Body:
        # The documented name is reason_list.
        return {
            "reject_reason_list": [
                {
                    "reject_reason_type": number,
                    "reject_reason_type_text": REASON_LABELS[number],
                    "reject_reason": f"亲，{REASON_LABELS[number]}",
                    "reject_scene": scene,
                }
                for scene, numbers in REASON_SCENES.items()
                for number in numbers
            ]
        }

    def _negotiate(self, body: Body) -> Body:
        self.received.append(("negotiate", body))
        ticket = self._known(body)
        if ticket.complaint:
            raise Error(10021065, "平台处理中 rid: 1")
        if ticket.status != "MERCHANT_PROCESSING":
            raise Error(10021041, "当前售后单不支持此操作 rid: 1")
        reason = body.get("update_reason_type")
        fits = OFFERS.get(reason) == (body.get("type"), body.get("merchant_update_type"))
        if not fits or (reason in WITH_PICTURE and not body.get("media_ids")):
            raise Error(9700224, "参数错误 rid: 1")
        if body["amount"] > sum(ticket.order.prices):
            raise Error(9700224, "参数错误 rid: 1")
        self._tick()
        ticket.offer = ({1: "REFUND", 2: "RETURN"}[body["type"]], body["amount"])
        self._moves(ticket, "USER_WAIT_CONFIRM_UPDATE")
        return {}

    def _known(self, body: Body) -> Ticket:
        ticket = self._tickets.get(str(body.get("after_sale_order_id")))
        if ticket is None:
            raise Error(10020000, "售后单号不存在 rid: 1")
        return ticket


class _Open:
    """One thing that happens to a ticket, at a second of its own."""

    def __init__(self, fake: WeChatFake, ticket: Ticket) -> None:
        self._fake, self._ticket = fake, ticket

    def __enter__(self) -> Ticket:
        self._fake.wire.lock.acquire()
        self._fake._tick()
        return self._ticket

    def __exit__(self, *error: Any) -> None:
        self._fake.wire.lock.release()
