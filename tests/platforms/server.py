"""Common parts of the fake platforms: a server on loopback, faults, a shop under a lock."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any

from tests.platforms.fakes import Fault, Message

_OF_ANY_CALL = {Fault.THROTTLED, Fault.TOKEN_EXPIRED}
_OF_LISTS = {Fault.DUPLICATES, Fault.OUT_OF_ORDER}


class Broken(Exception):
    """The connection ends without an answer."""


class Handler(BaseHTTPRequestHandler):
    """Each platform reads its own wire format, and asks `of`, the fake, for the answer."""

    of: Any
    protocol_version = "HTTP/1.1"
    # Head and body go out at once: two small packets wait for each other on loopback.
    wbufsize = -1

    def sent(self) -> bytes | None:
        """The request's body; None where the caller gave up between the head and the body."""
        length = int(self.headers["Content-Length"])
        content = self.rfile.read(length)
        self.close_connection |= len(content) < length
        return content if len(content) == length else None

    def reply(self, answer: Callable[[], tuple[int, bytes]]) -> None:
        try:
            status, body = answer()
        except Broken:
            self.close_connection = True
            return
        self.send_response(status)
        kind = "text/html" if body.startswith(b"<!doctype") else "application/json"
        self.send_header("Content-Type", f"{kind};charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        # The shop's own time, which tests set forward, as its rows are dated.
        return formatdate(self.of.now().timestamp() + self.of.skewed, usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class ServedShop:
    """A fake whose `shop` knows what the platform does; its numbers go through `named`."""

    handler: type[Handler]
    shop: Any
    named: Callable[[str], Any] = int
    # The beginning of an answer that breaks off.
    garbled: bytes

    def __init__(self) -> None:
        # The longest page that is given, whatever was asked for.
        self.page_size = 100
        self.skewed = 0.0
        self._lock = RLock()
        self._faults: dict[str, deque[Fault]] = {
            place: deque() for place in ("any", "steps", "reads", "lists", "pushes")
        }
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        handler = type("Handler", (self.handler,), {"of": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def address(self) -> str:
        assert self._server
        return f"http://127.0.0.1:{self._server.server_port}"

    # The clock.

    def now(self) -> datetime:
        raise NotImplementedError

    def clock(self) -> float:
        """The time that signatures are checked by."""
        return time.time() + self.skewed

    def skew(self, seconds: float) -> None:
        self.skewed = seconds

    # Buyers, warehouse and staff.

    def ships(self, order_no: str) -> None:
        with self._lock:
            self.shop.ship(self.named(order_no))

    def buyer_ships_back(self, ticket_no: str, *, carrier: str, tracking_no: str) -> None:
        with self._lock:
            self.shop.ship_back(self.named(ticket_no), carrier, tracking_no)

    def buyer_cancels(self, ticket_no: str) -> None:
        with self._lock:
            self.shop.cancel(self.named(ticket_no))

    def buyer_accepts(self, ticket_no: str) -> None:
        raise ValueError("nothing can be offered there")

    def platform_steps_in(self, ticket_no: str) -> None:
        with self._lock:
            self.shop.arbitrate(self.named(ticket_no))

    def staff_refunds_on_platform(self, ticket_no: str) -> None:
        with self._lock:
            self.shop.staff_refunds(self.named(ticket_no))

    def payout_fails(self, ticket_no: str) -> None:
        with self._lock:
            self.shop.doom(self.named(ticket_no))

    # Results.

    def tickets(self) -> list[str]:
        with self._lock:
            return [str(number) for number in self.shop.tickets]

    def messages(self) -> list[Message]:
        with self._lock:
            pushed, self.shop.pushed = self.shop.pushed, []
            fault = self._meets("pushes")
        found = [self.told(*one) for one in pushed]
        if fault == Fault.DUPLICATES:
            found = [message for message in found for _ in range(2)]
        if fault == Fault.OUT_OF_ORDER:
            found.reverse()
        return found

    def told(self, kind: str, values: Any) -> Message:
        """The push of one event of the shop."""
        raise NotImplementedError

    # Faults.

    def fail(self, fault: Fault, times: int = 1, *, reading: bool = False) -> None:
        if fault in _OF_LISTS:
            places = ["lists", "pushes"]
        elif fault in _OF_ANY_CALL:
            places = ["any"]
        else:
            places = ["reads" if reading else "steps"]
        with self._lock:
            for place in places:
                self._faults[place].extend([fault] * times)

    def _meets(self, place: str) -> Fault | None:
        return self._faults[place].popleft() if self._faults[place] else None

    def _with_faults(self, answer: Callable[[], bytes], *, step: bool) -> tuple[int, bytes]:
        """Carries a call out that has passed the gate, unless it meets a fault on its way."""
        fault = self._meets("steps" if step else "reads")
        if fault == Fault.SERVER_ERROR:
            return 502, b"<html>Bad Gateway</html>"
        if fault == Fault.LOST_CALL:
            raise Broken
        body = answer()
        if fault == Fault.LOST_ANSWER:
            raise Broken
        return 200, self.garbled if fault == Fault.GARBLED else body
