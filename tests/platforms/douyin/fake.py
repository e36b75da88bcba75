"""A fake Douyin over real HTTP on loopback: signatures, tokens, pages, errors, pushes."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from aftersale.platforms.douyin import Douyin
from aftersale.platforms.protocol import Account
from tests.platforms.fakes import Fault, Message, State
from tests.platforms.server import ServedShop

from . import answers, beside, wire
from .shop import DAY, PAYING, SHOP_ID, STATES, TYPES, No, Shop

APP_KEY, APP_SECRET = "7100000000000000042", "dy-secret-5f2c7a"
CLOCK_TOLERANCE = 600

STEPS = {
    "afterSale.operate": Shop.operate,
    **beside.STEPS,
    "afterSale.OpenAfterSaleChannel": lambda shop, param: shop.open_entry(param.get("order_id")),
}
READS = {
    "order.searchList",
    "order.orderDetail",
    "afterSale.List",
    "afterSale.Detail",
    "afterSale.rejectReasonCodeList",
    "address.list",
}
TOKENS = {"token.create", "token.refresh"}
# Which operations are which step of the desk.
OPERATIONS = {
    "approve": {121, 201, 401},
    "approve_return": {101, 301},
    "confirm_receipt": {111},
    "reject": {102, 112, 202, 302, 312},
}


class DouyinFake(ServedShop):
    handler = wire.Handler
    garbled = b'{"code": 10000, "da'
    code = "douyin"
    # No call makes the buyer an offer.
    takes_offers = False

    def __init__(self, now: datetime | None = None) -> None:
        super().__init__()
        moment = now or datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
        self.shop = Shop(int(moment.timestamp()))
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.access_token, self.refresh_token = "dy-access-0", "dy-refresh-0"
        # A code that was not used yet; empty: this is an app for own use.
        self.authorisation = ""
        self.asked_for_tokens: list[str] = []

    def account(self, **secrets: str) -> Account:
        return Account(
            shop_code="dy-shop",
            secrets={
                "app_key": APP_KEY,
                "app_secret": APP_SECRET,
                "shop_id": str(SHOP_ID),
                "access_token": self.access_token,
                "refresh_token": self.refresh_token,
                "renew_at": (self.now() + timedelta(days=5)).isoformat(),
                **secrets,
            },
            address=self.address,
        )

    def connect(self, **secrets: str) -> Douyin:
        return Douyin(self.account(**secrets))

    # The clock.

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.shop.now, UTC)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.shop.advance(int(seconds))

    # Buyers, warehouse and staff.

    def places(self, *amounts: int) -> str:
        with self._lock:
            return str(self.shop.place(amounts))

    def buyer_applies(
        self, order_no: str, type: str, amount: int, reason: str = "", line: int | None = None
    ) -> str:
        with self._lock:
            return str(self.shop.apply(int(order_no), type, amount, reason or "不想要了", line))

    # Results.

    def ticket(self, ticket_no: str) -> State:
        with self._lock:
            ticket = self.shop.tickets[int(ticket_no)]
            status, amount = ticket["after_sale_status"], ticket["refund_total_amount"]
            word = PAYING.get(ticket["refund_status"], STATES[status])
            if ticket["_dispute"]:
                word = "arbitration"
            elif status == 28 and ticket["_log"][-1]["role"] == 1:
                word = "cancelled"
            kind = TYPES[ticket["after_sale_type"]]
            return State(kind, word, amount, amount if word == "refunded" else 0)

    def told(self, kind: str, values: Any) -> Message:
        return self.push([answers.event(kind, values, self.shop.now)])

    def push(self, events: Any) -> Message:
        """One push as the platform would send it: several events, signed as a whole."""
        return signed(json.dumps(events, ensure_ascii=False).encode())

    def calls(self, step: str) -> int:
        with self._lock:
            return sum(
                method == "afterSale.operate" and param.get("type") in OPERATIONS.get(step, ())
                for method, param in self.requests
            )

    # The wire.

    def answer(self, path: str, query: dict[str, str], content: bytes) -> tuple[int, bytes]:
        """The HTTP status and the body; raises Broken."""
        with self._lock:
            method = path.strip("/").replace("/", ".")
            param = json.loads(content)
            self.requests.append((method, param))
            try:
                self._gate(method, query, content)
                if method in TOKENS:
                    return 200, answers.ok(self._token(method, param))
            except No as no:
                return 200, answers.no(no)
            return self._with_faults(lambda: self._business(method, param), step=method in STEPS)

    def _gate(self, method: str, query: dict[str, str], content: bytes) -> None:
        if method not in READS and method not in STEPS and method not in TOKENS:
            raise No("isp.api-service-off", "接口已下线", 70_000)
        fault = None if method in TOKENS else self._meets("any")
        if fault == Fault.THROTTLED:
            raise No("isv.traffic-limited", "请求被限流", 60_000)
        if query.get("app_key") != APP_KEY or query.get("method") != method:
            raise No("isv.app-id-invalid", "app_key不合法", 40_004)
        if query.get("v") != "2" or query.get("sign_method") != "hmac-sha256":
            raise No("isv.parameter-invalid", "公共参数不合法", 40_004)
        if abs(int(query["timestamp"]) - self.clock()) > CLOCK_TOLERANCE:
            raise No("isv.timestamp-invalid", "时间戳不合法", 40_004)
        if not hmac.compare_digest(query.get("sign", ""), signature(query, content)):
            raise No("isv.signature-invalid", "签名校验失败", 40_004)
        if method in TOKENS:
            return
        if fault == Fault.TOKEN_EXPIRED or query.get("access_token") != self.access_token:
            raise No("isv.access-token-expired", "access_token已过期", 40_003)

    def _token(self, method: str, param: dict[str, Any]) -> dict[str, Any]:
        grant = param.get("grant_type")
        self.asked_for_tokens.append(str(grant))
        allowed = {
            "authorization_code": method == "token.create"
            and bool(self.authorisation)
            and param.get("code") == self.authorisation,
            "authorization_self": method == "token.create"
            and not self.authorisation
            and param.get("shop_id") == str(SHOP_ID)
            and param.get("code") == "",
            "refresh_token": method == "token.refresh"
            and param.get("refresh_token") == self.refresh_token,
        }
        if not allowed.get(str(grant)):
            reason = {"authorization_code": "code-invalid", "refresh_token": "token-expired"}
            named = reason.get(str(grant), "no-authorization")
            raise No(f"dop.token-generate-failed:{named}", "生成token失败", 50_001)
        if grant == "authorization_code":
            # It holds once; the app stays one of many shops.
            self.authorisation = "used"
        count = len(self.asked_for_tokens)
        self.access_token, self.refresh_token = f"dy-access-{count}", f"dy-refresh-{count}"
        return {
            "access_token": self.access_token,
            "expires_in": 7 * DAY,
            "refresh_token": self.refresh_token,
            "scope": "SCOPE",
            "shop_id": SHOP_ID,
            "shop_name": "羊毛小铺",
        }

    def _business(self, method: str, param: dict[str, Any]) -> bytes:
        try:
            if method in STEPS:
                return answers.ok(STEPS[method](self.shop, param))
            return answers.ok(self._read(method, param))
        except No as no:
            return answers.no(no)

    def _read(self, method: str, param: dict[str, Any]) -> dict[str, Any]:
        fault = None
        if method in ("order.searchList", "afterSale.List"):
            fault = self._meets("lists")
        return answers.read(self.shop, method, param, most=self.page_size, fault=fault)


def signature(query: dict[str, str], content: bytes) -> str:
    """As the platform's page has it, over the body as it should have been written."""
    body = json.dumps(
        json.loads(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    text = (
        f"{APP_SECRET}app_key{query['app_key']}method{query['method']}param_json{body}"
        f"timestamp{query['timestamp']}v{query['v']}{APP_SECRET}"
    )
    return hmac.new(APP_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def signed(body: bytes, secret: str = APP_SECRET) -> Message:
    text = APP_KEY.encode() + body + secret.encode()
    return Message(body, {"Event-Sign": hashlib.md5(text).hexdigest(), "App-Id": APP_KEY})
