"""A fake Kuaishou over real HTTP on loopback: signatures, tokens, pages, errors, pushes."""

import base64
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from aftersale.platforms.kuaishou import Kuaishou
from aftersale.platforms.protocol import Account
from tests.platforms.fakes import Fault, Message, State
from tests.platforms.server import ServedShop

from . import beside, wire
from .authorising import APP_KEY, APP_SECRET, Authorising
from .shop import DAY, REASONS, STATES, TYPES, WAYS, No, Shop

SIGN_SECRET = "ks-sign-secret"
MESSAGE_SECRET = base64.b64encode(bytes(range(16))).decode()
SELLER = 2161524184
CLOCK_TOLERANCE = 600

READS = {
    "open.shop.info.get",
    "open.order.cursor.list",
    "open.order.detail",
    "open.seller.order.refund.pcursor.list",
    "open.seller.order.refund.detail",
    "open.refund.reject.reason",
    "open.refund.comment.basic.list",
    "open.seller.order.fee.detail",
    "open.address.seller.list",
}
UPLOAD = "open.item.image.upload"
STEPS = {
    "open.seller.order.refund.approve": ("approve", Shop.approve),
    "open.seller.order.refund.returngoods.approve": ("approve_return", Shop.approve_return),
    "open.seller.order.refund.confirm.receipt": ("confirm_receipt", Shop.confirm_receipt),
    "open.refund.reject": ("reject", Shop.reject),
    **beside.STEPS,
}
# Keys that a row of the list leaves out.
DETAIL_ONLY = {
    "pictures",
    "logisticsInfo",
    "validNegotiateBuyerModifyTimeStamp",
    "sellerDisagreeReason",
    "sellerDisagreeDesc",
    "buyerOpenId",
}


class Wrong(Exception):
    """An answer with a code of the platform's outer gate."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class KuaishouFake(ServedShop):
    handler = wire.Handler
    garbled = b'{"result": 1, "da'
    code = "kuaishou"
    takes_offers = True

    def __init__(self, now: datetime | None = None) -> None:
        super().__init__()
        moment = now or datetime.now(UTC)
        self.shop = Shop(int(moment.timestamp() * 1000))
        self.requests: list[tuple[str, str]] = []
        self.tokens = Authorising()

    def account(self) -> Account:
        return Account(
            shop_code="ks-shop",
            secrets={
                "app_key": APP_KEY,
                "app_secret": APP_SECRET,
                "sign_secret": SIGN_SECRET,
                "message_secret": MESSAGE_SECRET,
                "access_token": self.tokens.access_token,
                "refresh_token": self.tokens.refresh_token,
                "expires_at": (self.now() + timedelta(days=2)).isoformat(),
                "seller_id": str(SELLER),
            },
            address=self.address,
        )

    def connect(self) -> Kuaishou:
        return Kuaishou(self.account())

    # The clock.

    def now(self) -> datetime:
        return _from_milliseconds(self.shop.now)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.shop.advance(int(seconds * 1000))

    # Buyers, warehouse and staff.

    def places(self, *amounts: int) -> str:
        if len(amounts) != 1:
            raise ValueError("an order has one line there")
        with self._lock:
            return str(self.shop.place(amounts[0]))

    def buyer_applies(
        self, order_no: str, type: str, amount: int, reason: str = "", line: int | None = None
    ) -> str:
        with self._lock:
            return str(self.shop.apply(int(order_no), WAYS[type], amount, reason or "不想要了"))

    def buyer_ships_back(self, ticket_no: str, *, carrier: str, tracking_no: str) -> None:
        with self._lock:
            self.shop.ship_back(int(ticket_no), int(carrier), tracking_no)

    def buyer_accepts(self, ticket_no: str) -> None:
        with self._lock:
            self.shop.accept(int(ticket_no))

    # Results.

    def ticket(self, ticket_no: str) -> State:
        with self._lock:
            ticket = self.shop.tickets[int(ticket_no)]
            status, way, amount = ticket["status"], ticket["handlingWay"], ticket["refundFee"]
            word = STATES[status]
            if status in (10, 11, 40) and ticket["negotiateStatus"] == 3:
                offered = ticket["sellerDisagreeDesc"].startswith("【协商】")
                word = "negotiating" if offered else "rejected"
            if status == 60 and way == 3:
                word = "closed"
            return State(TYPES[way], word, amount, amount if word == "refunded" else 0)

    def told(self, kind: str, values: dict[str, Any]) -> Message:
        return self.push(kind, values)

    def push(self, event: str, info: dict[str, Any], **envelope: Any) -> Message:
        """One message as the platform would send it."""
        text = json.dumps(
            {
                "eventId": secrets.token_hex(6),
                "msgId": secrets.token_hex(6),
                "bizId": info.get("refundId") or info.get("oid"),
                "userId": SELLER,
                "openId": "seller-open",
                "appKey": APP_KEY,
                "event": event,
                "info": json.dumps(info),
                "status": 2,
                "createTime": self.shop.now,
                "updateTime": self.shop.now,
                **envelope,
            }
        )
        return Message(seal(text.encode()), {"Content-Type": "text/plain"})

    def calls(self, step: str) -> int:
        names = {method for method, (name, _) in STEPS.items() if name == step}
        if step == "negotiate":
            names = {"open.refund.reject"}
        with self._lock:
            return sum(method in names for _, method in self.requests)

    # The wire.

    def answer(
        self, verb: str, path: str, fields: dict[str, str], file: bytes = b""
    ) -> tuple[int, bytes]:
        """The HTTP status and the body; raises Broken."""
        with self._lock:
            granted = self.tokens.answer(path, fields)
            if granted is not None:
                return 200, granted if isinstance(granted, bytes) else _json(granted)
            method = path.strip("/").replace("/", ".")
            self.requests.append((verb, method))
            try:
                self._gate(verb, method, fields)
            except Wrong as wrong:
                return 200, _json({"result": wrong.code, "error_msg": str(wrong)})
            return self._with_faults(
                lambda: _json(self._business(method, json.loads(fields["param"]), file)),
                step=method in STEPS,
            )

    def _gate(self, verb: str, method: str, fields: dict[str, str]) -> None:
        if method not in READS and method not in STEPS and method != UPLOAD:
            raise Wrong(12, "API不存在")
        if verb != ("GET" if method in READS else "POST"):
            raise Wrong(13, "请求方式错误")
        fault = self._meets("any")
        if fault == Fault.THROTTLED:
            raise Wrong(16, "API调用频率超限")
        if fields.get("appkey") != APP_KEY or fields.get("method") != method:
            raise Wrong(25, "应用无权限")
        if abs(int(fields["timestamp"]) / 1000 - self.clock()) > CLOCK_TOLERANCE:
            raise Wrong(27, "时间戳无效")
        if not hmac.compare_digest(fields.get("sign", ""), signature(fields)):
            raise Wrong(28, "签名错误")
        if fault == Fault.TOKEN_EXPIRED or fields.get("access_token") != self.tokens.access_token:
            raise Wrong(24, "access_token已过期")

    def _business(self, method: str, param: dict[str, Any], file: bytes) -> dict[str, Any]:
        try:
            data: Any
            if method == UPLOAD:
                data = self.shop.upload(param, file)
            elif method in STEPS:
                STEPS[method][1](self.shop, param)
                data = {}
            else:
                data = self._read(method, param)
        except No as no:
            return {
                "result": 2001,
                "code": "807000",
                "msg": "业务处理失败",
                "error_msg": "业务处理失败",
                "sub_code": "2001",
                "sub_msg": str(no),
            }
        return {"result": 1, "code": "1", "msg": "success", "data": data, "requestId": "r"}

    def _read(self, method: str, param: dict[str, Any]) -> Any:
        if method == "open.shop.info.get":
            return {"shopName": "羊毛小店", "shopType": 5}
        if method == "open.refund.reject.reason":
            self._known(param["refundId"], self.shop.tickets, "售后单不存在")
            return REASONS
        if method == "open.refund.comment.basic.list":
            return self._known(param["refundId"], self.shop.tickets, "售后单不存在")["_history"]
        if method == "open.seller.order.fee.detail":
            order = self._known(param["orderId"], self.shop.orders, "订单不存在")
            return fees(order)
        if method == "open.address.seller.list":
            return beside.addresses(param)
        if method == "open.seller.order.refund.detail":
            return _shown(self._known(param["refundId"], self.shop.tickets, "售后单不存在"))
        if method == "open.order.detail":
            return _shown(self._known(param["oid"], self.shop.orders, "订单不存在"))
        if method == "open.order.cursor.list":
            if param.get("orderViewStatus") not in range(1, 8) or param["pageSize"] > 50:
                raise No("参数错误")
            return self._page(
                [
                    (
                        order["orderBaseInfo"]["updateTime"],
                        number,
                        _shown(_without(order, "orderDeliveryInfo")),
                    )
                    for number, order in self.shop.orders.items()
                ],
                param,
                cursor="cursor",
                rows="orderList",
            )
        if param.get("type") not in (8, 9) or not isinstance(param.get("currentPage"), int):
            raise No("currentPage不能为空")
        exchanges = param.get("option", {}).get("needExchange") is True
        return self._page(
            [
                (ticket["updateTime"], number, _shown(_without(ticket, *DETAIL_ONLY)))
                for number, ticket in self.shop.tickets.items()
                if exchanges or ticket["handlingWay"] != 3
            ],
            param,
            cursor="pcursor",
            rows="refundOrderInfoList",
        )

    def _known(self, number: Any, rows: dict[int, dict[str, Any]], text: str) -> dict[str, Any]:
        if not isinstance(number, int) or number not in rows:
            raise No(text)
        return rows[number]

    def _page(
        self,
        found: list[tuple[int, int, dict[str, Any]]],
        param: dict[str, Any],
        *,
        cursor: str,
        rows: str,
    ) -> dict[str, Any]:
        begin, end = param["beginTime"], param["endTime"]
        if cursor not in param:
            raise No(f"{cursor}不能为空")
        if not 0 < end - begin <= DAY:
            raise No("endTime无效")
        if begin < self.shop.now - 90 * DAY:
            raise No("beginTime无效")
        if param.get("queryType") != 2 or not 0 < param.get("pageSize", 0) <= 100:
            raise No("参数错误")
        size = min(param["pageSize"], self.page_size)
        inside = sorted(row for row in found if begin <= row[0] < end)
        if param.get("sort") == 1:
            inside.reverse()
        place = param[cursor]
        start = 0
        if place:
            marks = [f"{at}_{number}" for at, number, _ in inside]
            after = [index + 1 for index, mark in enumerate(marks) if mark == place]
            at = int(place.partition("_")[0])
            start = after[0] if after else sum(row[0] <= at for row in inside)
        page = inside[start : start + size]
        more = start + size < len(inside)
        fault = self._meets("lists")
        shown = [row for _, _, row in page]
        if fault == Fault.DUPLICATES:
            shown = [row for row in shown for _ in range(2)]
        if fault == Fault.OUT_OF_ORDER:
            shown.reverse()
        return {
            rows: shown,
            cursor: f"{page[-1][0]}_{page[-1][1]}" if more else "nomore",
            "beginTime": begin,
            "endTime": end,
            "pageSize": size,
        }


def fees(order: dict[str, Any]) -> dict[str, Any]:
    """The merchant gives back the platform's part of a discount, too."""
    base = order["orderBaseInfo"]
    bears = order.get("_platform_bears", 0)
    goods = base["totalFee"] + bears
    return {
        "oid": base["oid"],
        "totalFee": goods,
        "expressFee": base["expressFee"],
        "platformBearAmount": bears,
        "sellerRecv": goods + base["expressFee"],
        "buyerPay": goods + base["expressFee"] - bears,
    }


def signature(fields: dict[str, str]) -> str:
    """As the platform's own example computes it; not by the SDK."""
    parts = sorted((key, value) for key, value in fields.items() if key != "sign")
    text = "&".join(f"{key}={value}" for key, value in parts) + f"&signSecret={SIGN_SECRET}"
    digest = hmac.new(SIGN_SECRET.encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def seal(text: bytes, secret: str = MESSAGE_SECRET) -> bytes:
    padder = PKCS7(128).padder()
    padded = padder.update(text) + padder.finalize()
    cipher = Cipher(algorithms.AES(base64.b64decode(secret)), modes.CBC(bytes(16))).encryptor()
    return base64.b64encode(cipher.update(padded) + cipher.finalize())


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _from_milliseconds(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
