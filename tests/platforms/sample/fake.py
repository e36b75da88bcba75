"""A platform that does not exist, over real HTTP on loopback: the pattern of a fake.

`Shop` is what the platform knows and does; the fake signs, turns pages and breaks.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aftersale.platforms.protocol import Account
from tests.platforms import server
from tests.platforms.fakes import Fault, Message, State
from tests.platforms.server import ServedShop

from .connector import Sample
from .connector.to_records import TICKET_STATUS, TICKET_TYPE

SECRET, TOKEN = "sample-secret-3", "sample-token-9"
DAY = 86_400
TYPES = {word: code for code, word in TICKET_TYPE.items()}
READS = {"shop.info", "order.list", "order.detail", "ticket.list", "ticket.detail"}


class Shop:
    """Money arrives a minute after it was sent."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.orders: dict[str, dict[str, Any]] = {}
        self.tickets: dict[str, dict[str, Any]] = {}
        self.pushed: list[tuple[str, Any]] = []

    def place(self, amounts: tuple[int, ...]) -> str:
        number = f"O{len(self.orders) + 1}"
        lines = [{"product": "p1", "quantity": 1, "paid": amount} for amount in amounts]
        self.orders[number] = {
            "no": number,
            "status": 1,
            "buyer": f"b-{number}",
            "paid": self.now,
            "shipped": 0,
            "updated": self.now,
            "lines": lines,
            "tickets": [],
        }
        return number

    def ship(self, number: str) -> None:
        self.orders[number] |= {"status": 2, "shipped": self.now, "updated": self.now}

    def apply(self, order: str, type: str, amount: int, reason: str, line: int | None) -> str:
        number = f"T{len(self.tickets) + 1}"
        self.tickets[number] = {
            "no": number,
            "order": order,
            "line": line or 1,
            "type": TYPES[type],
            "status": 1,
            "reason": reason,
            "amount": amount,
            "applied": self.now,
            "updated": self.now,
            "due": self.now + 2 * DAY,
        }
        self.orders[order]["tickets"].append(number)
        return number

    def staff_refunds(self, number: str) -> None:
        self.tickets[number] |= {"status": 5, "updated": self.now, "due": 0}

    def cancel(self, number: str) -> None:
        self.tickets[number] |= {"status": 7, "updated": self.now, "due": 0}

    def advance(self, seconds: int) -> None:
        self.now += seconds
        for ticket in self.tickets.values():
            if ticket["status"] == 5 and ticket["updated"] + 60 <= self.now:
                ticket |= {"status": 6, "updated": ticket["updated"] + 60}


class Handler(server.Handler):
    def do_POST(self) -> None:
        content = self.sent()
        if content is not None:
            self.reply(lambda: self.of.answer(self.path.strip("/"), self.headers, content))


class SampleFake(ServedShop):
    code = "sample"
    takes_offers = False
    handler = Handler
    named = str
    garbled = b'{"code": 0, "da'

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop(int(datetime(2026, 3, 2, 2, tzinfo=UTC).timestamp()))
        self.page_size = 3

    def account(self) -> Account:
        secrets = {"app_key": "key-5521", "app_secret": SECRET, "access_token": TOKEN}
        return Account("sample-shop", secrets, self.address)

    def connect(self) -> Sample:
        return Sample(self.account())

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.shop.now, UTC)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.shop.advance(int(seconds))

    def places(self, *amounts: int) -> str:
        with self._lock:
            return self.shop.place(amounts)

    def buyer_applies(
        self, order_no: str, type: str, amount: int, reason: str = "", line: int | None = None
    ) -> str:
        with self._lock:
            return self.shop.apply(order_no, type, amount, reason or "不想要了", line)

    def ticket(self, ticket_no: str) -> State:
        with self._lock:
            ticket = self.shop.tickets[ticket_no]
            word, amount = TICKET_STATUS[ticket["status"]], ticket["amount"]
            kind = TICKET_TYPE[ticket["type"]]
            return State(kind, word, amount, amount if word == "refunded" else 0)

    def told(self, kind: str, values: Any) -> Message:
        raise NotImplementedError

    def calls(self, step: str) -> int:
        return 0

    # The wire.

    def answer(self, method: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        with self._lock:
            fault = self._meets("any")
            sign = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            if fault == Fault.THROTTLED:
                return 200, _json({"code": 429})
            if fault == Fault.TOKEN_EXPIRED or headers["Token"] != TOKEN or headers["Sign"] != sign:
                return 200, _json({"code": 401, "message": "token or sign"})
            param = json.loads(body)
            return self._with_faults(lambda: _json(self._business(method, param)), step=False)

    def _business(self, method: str, param: dict[str, Any]) -> dict[str, Any]:
        if method == "shop.info":
            return {"code": 0, "data": {"name": "样品小铺"}}
        rows = self.shop.orders if method.startswith("order.") else self.shop.tickets
        if method.endswith(".detail"):
            found = rows.get(param["no"])
            return {"code": 0, "data": found} if found else {"code": 404, "message": "none"}
        if method not in READS or not {"from", "to", "after"} <= set(param):
            return {"code": 400, "message": "parameters"}
        return {"code": 0, "data": self._page(list(rows.values()), param)}

    def _page(self, rows: list[dict[str, Any]], param: dict[str, Any]) -> dict[str, Any]:
        inside = sorted(
            (f"{row['updated']:012}-{row['no']}", row)
            for row in rows
            if param["from"] <= row["updated"] < param["to"]
        )
        left = [(place, row) for place, row in inside if place > param["after"]]
        page = left[: self.page_size]
        shown = [{"no": row["no"], "updated": row["updated"]} for _place, row in page]
        fault = self._meets("lists")
        if fault == Fault.DUPLICATES:
            shown = [row for row in shown for _ in range(2)]
        if fault == Fault.OUT_OF_ORDER:
            shown.reverse()
        return {"rows": shown, "next": page[-1][0] if len(left) > len(page) else None}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
