"""A fake Xiaohongshu over real HTTP on loopback: signatures, tokens, pages, errors, pushes."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from aftersale.platforms.protocol import Account
from aftersale.platforms.xiaohongshu import Xiaohongshu
from tests.platforms.fakes import Fault, Message, State
from tests.platforms.server import ServedShop

from . import beside, wire
from .shop import DAY, MINUTE, REASONS, STATES, TYPES, No, Shop, fen

GATEWAY = "/ark/open_api/v3/common_controller"
APP_ID, APP_SECRET, PUSH_KEY = "xhs-app-1", "xhs-app-secret-77", "word-in-address"
SELLER = "64c0de222222222222000009"
SHOP_CODE = "xhs-shop"
PUSH_PATH = f"/platforms/xiaohongshu/{SHOP_CODE}/messages"
CLOCK_TOLERANCE = 600

AUDIT, RECEIVE = "afterSale.auditReturns", "afterSale.confirmReceive"
STEPS = {AUDIT: Shop.audit, RECEIVE: Shop.receive, **beside.STEPS}
READS = {
    "order.getOrderList",
    "order.getOrderDetail",
    "afterSale.listAfterSaleInfos",
    "afterSale.getAfterSaleInfo",
    "afterSale.rejectReasons",
    "common.getAddressRecord",
}
CALLS = {
    "approve": {(AUDIT, 1)},
    "approve_return": {(AUDIT, 2)},
    "confirm_receipt": {(RECEIVE, 1)},
    "reject": {(AUDIT, 3), (RECEIVE, 2)},
}


class XiaohongshuFake(ServedShop):
    handler = wire.Handler
    garbled = b'{"success":true,"erro'
    named = str
    code = "xiaohongshu"
    takes_offers = False

    def __init__(self, now: datetime | None = None) -> None:
        super().__init__()
        moment = now or datetime.now(UTC)
        self.shop = Shop(int(moment.timestamp() * 1000))
        # Whether the after-sale calls answer in a second envelope.
        self.second_envelope = False
        self.requests: list[dict[str, Any]] = []
        self.authorisation_code = "xhs-code-1"
        self.access_token, self.refresh_token = "xhs-access-0", "xhs-refresh-0"
        self.token_ends = self.shop.now + 7 * DAY
        self._tokens = 0

    def account(self) -> Account:
        return Account(
            shop_code=SHOP_CODE,
            secrets={
                "app_id": APP_ID,
                "app_secret": APP_SECRET,
                "access_token": self.access_token,
                "refresh_token": self.refresh_token,
                "expires_at": moment_of(self.token_ends).isoformat(),
                "seller_id": SELLER,
                "push_key": PUSH_KEY,
            },
            address=self.address,
        )

    def connect(self) -> Xiaohongshu:
        return Xiaohongshu(self.account())

    # The clock.

    def now(self) -> datetime:
        return moment_of(self.shop.now)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.shop.advance(int(seconds * 1000))

    # Buyers, warehouse and staff.

    def places(self, *amounts: int) -> str:
        with self._lock:
            return self.shop.place(*amounts)

    def buyer_applies(
        self, order_no: str, type: str, amount: int, reason: str = "", line: int | None = None
    ) -> str:
        with self._lock:
            return self.shop.apply(order_no, type, amount, reason or "不想要了", line)

    # Results.

    def ticket(self, ticket_no: str) -> State:
        with self._lock:
            ticket = self.shop.tickets[ticket_no]
            amount = fen(ticket["expectedRefundAmountYuan"])
            word = STATES.get(ticket["status"], "")
            if ticket["status"] == 4:
                word = {1: "refunding", 2: "refunded", 3: "refund_failed"}[ticket["refundStatus"]]
            refunded = fen(ticket["refundAmountYuan"])
            return State(TYPES[ticket["returnType"]], word, amount, refunded)

    def told(self, kind: str, values: Any) -> Message:
        return self.push((kind, values))

    def push(
        self,
        *told: tuple[str, Any],
        seller: str = SELLER,
        path: str = PUSH_PATH,
        key: str = PUSH_KEY,
    ) -> Message:
        """One message, which may tell of several things."""
        rows = [
            {"msgTag": tag, "sellerId": seller, "data": json.dumps(values, ensure_ascii=False)}
            for tag, values in told
        ]
        headers = {"timestamp": str(int(self.clock())), "app-key": APP_ID}
        query = {"key": key}
        sign = push_signature(path, query, headers)
        return Message(_json(rows), {**headers, "sign": sign}, query)

    def calls(self, step: str) -> int:
        with self._lock:
            return sum(
                (call["method"], call.get("action")) in CALLS.get(step, ())
                for call in self.requests
            )

    # The wire.

    def answer(self, path: str, content: bytes) -> tuple[int, bytes]:
        """The HTTP status and the body; raises Broken."""
        with self._lock:
            if path != GATEWAY:
                return 404, b"not found"
            call = json.loads(content)
            self.requests.append(call)
            method = call.get("method", "")
            try:
                self._signed(call)
                if method.startswith("oauth."):
                    return 200, _json(_good(self._token(method, call)))
                self._gate(method, call)
            except No as no:
                return 200, _json(_bad(no))
            return self._with_faults(
                lambda: _json(self._business(method, call)), step=method in STEPS
            )

    def _signed(self, call: dict[str, Any]) -> None:
        timestamp = call.get("timestamp")
        if not isinstance(timestamp, str) or call.get("version") != "2.0":
            raise No("参数错误")
        if abs(int(timestamp) - self.clock()) > CLOCK_TOLERANCE:
            raise No("时间戳已过期", -9005)
        if call.get("appId") != APP_ID or call.get("sign") != signature(call):
            raise No("签名校验失败", -9004)

    def _gate(self, method: str, call: dict[str, Any]) -> None:
        fault = self._meets("any")
        if fault == Fault.THROTTLED:
            raise No("触发Method维度的限流", -9013)
        if fault == Fault.TOKEN_EXPIRED or call.get("accessToken") != self.access_token:
            raise No("access token 无效", 401)
        if method not in READS and method not in STEPS:
            raise No("method不存在", -9002)

    def _token(self, method: str, call: dict[str, Any]) -> dict[str, Any]:
        if "accessToken" in call:
            raise No("参数错误")
        if method == "oauth.getAccessToken":
            if not self.authorisation_code or call.get("code") != self.authorisation_code:
                raise No("授权码无效")
            self.authorisation_code = ""
            self._new_tokens()
        elif call.get("refreshToken") != self.refresh_token:
            raise No("refresh token 无效")
        elif self.token_ends - self.shop.now <= 30 * MINUTE:
            self._new_tokens()
        return {
            "accessToken": self.access_token,
            "accessTokenExpiresAt": self.token_ends,
            "refreshToken": self.refresh_token,
            "refreshTokenExpiresAt": self.token_ends + 7 * DAY,
            "sellerId": SELLER,
            "sellerName": "亚麻小铺",
        }

    def _new_tokens(self) -> None:
        self._tokens += 1
        self.access_token = f"xhs-access-{self._tokens}"
        self.refresh_token = f"xhs-refresh-{self._tokens}"
        self.token_ends = self.shop.now + 7 * DAY

    def _business(self, method: str, call: dict[str, Any]) -> dict[str, Any]:
        second = self.second_envelope and method.startswith("afterSale.")
        try:
            data = STEPS[method](self.shop, call) if method in STEPS else self._read(method, call)
        except No as no:
            if second:
                return _good({"code": no.code, "success": False, "msg": str(no), "data": None})
            return _bad(no)
        return _good({"code": 0, "success": True, "msg": "", "data": data} if second else data)

    def _read(self, method: str, call: dict[str, Any]) -> Any:
        match method:
            case "order.getOrderDetail":
                if call.get("orderId") not in self.shop.orders:
                    raise No("包裹不存在", -2000101)
                return self.shop.orders[call["orderId"]]
            case "afterSale.getAfterSaleInfo":
                return self._detail(self.shop._asked(call))
            case "afterSale.rejectReasons":
                self.shop._asked(call)
                stage = call.get("rejectReasonType")
                if stage not in (1, 2):
                    raise No("参数错误")
                return {"rejectReasons": [r for r in REASONS if r["reasonType"] == stage - 1]}
            case "common.getAddressRecord":
                if call.get("pageIndex") != 1:
                    raise No("参数错误")
                found = self.shop.addresses
                return {"sellerAddressRecordList": found, "total": len(found)}
            case "order.getOrderList":
                return self._orders(call)
        return self._tickets_of(call)

    def _detail(self, ticket: dict[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in ticket.items() if not name.startswith("_")}
        return {
            "afterSaleInfo": shown,
            "logisticsInfo": {"after_sale": ticket["_parcel"], "exchange": {}, "order": {}},
            "negotiateRecords": ticket["_history"],
        }

    def _orders(self, call: dict[str, Any]) -> dict[str, Any]:
        begin, end = _window(call, 30 * 60)
        found = [
            (order["updateTime"], number, {"orderId": number, "orderStatus": order["orderStatus"]})
            for number, order in self.shop.orders.items()
            if begin * 1000 <= order["updateTime"] <= end * 1000
        ]
        if call["pageNo"] > 100:
            raise No("参数错误")
        return self._page(found, call, rows="orderList", total="total")

    def _tickets_of(self, call: dict[str, Any]) -> dict[str, Any]:
        begin, end = 0, self.shop.now * 2
        if "orderId" not in call or "timeType" in call:
            begin, end = _window(call, 30 * MINUTE)
        found = [
            (ticket["updatedAt"], number, _basic(ticket))
            for number, ticket in self.shop.tickets.items()
            if begin <= ticket["updatedAt"] <= end
            and call.get("orderId") in (None, ticket["orderId"])
        ]
        if call["pageNo"] * call["pageSize"] > 50_000:
            raise No("参数错误")
        return self._page(found, call, rows="afterSaleBasicInfos", total="totalCount")

    def _page(
        self, found: list[tuple[int, str, Any]], call: dict[str, Any], *, rows: str, total: str
    ) -> dict[str, Any]:
        page, size = call.get("pageNo"), call.get("pageSize")
        if not isinstance(page, int) or not isinstance(size, int) or not 0 < size <= 100:
            raise No("参数错误")
        size = min(size, self.page_size)
        inside = [row for _, _, row in sorted(found, key=lambda one: one[:2])]
        shown = inside[(page - 1) * size : page * size]
        fault = self._meets("lists")
        if fault == Fault.DUPLICATES:
            shown = [row for row in shown for _ in range(2)]
        if fault == Fault.OUT_OF_ORDER:
            shown = shown[::-1]
        return {
            rows: shown,
            total: len(inside),
            "pageNo": page,
            "pageSize": size,
            "maxPageNo": -(-len(inside) // size),
        }


def _window(call: dict[str, Any], most: int) -> tuple[int, int]:
    begin, end = call.get("startTime"), call.get("endTime")
    # Both ends are in; seconds and milliseconds differ in their digits.
    digits = 10 if most == 30 * 60 else 13
    if call.get("timeType") != 2 or any(len(str(at)) != digits for at in (begin, end)):
        raise No("参数错误")
    if not isinstance(begin, int) or not isinstance(end, int) or not 0 <= end - begin <= most:
        raise No("时间范围超限")
    return begin, end


def _basic(ticket: dict[str, Any]) -> dict[str, Any]:
    """The part of a request that a list's row has."""
    names = ("returnsId", "returnType", "status", "orderId", "applyTime", "updatedAt")
    return {name: ticket[name] for name in names}


def signature(call: dict[str, Any]) -> str:
    """As the platform's page writes it out; not by the connector."""
    text = "{method}?appId={appId}&timestamp={timestamp}&version={version}".format(**call)
    return hashlib.md5((text + APP_SECRET).encode()).hexdigest()


def push_signature(path: str, query: dict[str, str], headers: dict[str, str]) -> str:
    pairs = [*query.items(), ("app-key", headers["app-key"]), ("timestamp", headers["timestamp"])]
    text = path + "?" + "&".join(f"{name}={value}" for name, value in sorted(pairs))
    return hashlib.md5((text + APP_SECRET).encode()).hexdigest()


def moment_of(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _good(data: Any) -> dict[str, Any]:
    return {"success": True, "error_code": 0, "error_msg": "", "data": data}


def _bad(no: No) -> dict[str, Any]:
    return {"success": False, "error_code": no.code, "error_msg": str(no), "data": None}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
