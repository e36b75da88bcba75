"""WeChat's wire format on loopback: HTTP, tokens, error codes, and what goes wrong on the way."""

from __future__ import annotations

import json
import re
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.platforms.fakes import Fault

Body = dict[str, Any]
# All else only tells.
WRITES = {
    "/channels/ec/aftersale/acceptapply",
    "/channels/ec/aftersale/genaftersaleorder",
    "/channels/ec/aftersale/refundpricediff",
    "/channels/ec/aftersale/rejectapply",
    "/channels/ec/aftersale/rejectexchangereship",
    "/channels/ec/aftersale/merchantupdateaftersale",
    "/channels/ec/aftersale/addcomplaintproof",
    "/channels/ec/aftersale/addcomplaintmaterial",
}


class Error(Exception):
    """An answer with this errcode."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code, self.message = code, message or f"error rid: {code}"


class Wire:
    """A real server; `answers` has what each path does with a body."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self.lock = RLock()
        # By whether steps meet them (True), other calls (False), or any (None).
        self.faults: Counter[tuple[Fault, bool | None]] = Counter()
        self.paths: list[str] = []
        # Of the last call.
        self.query: Body = {}
        self._server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def takes(self, fault: Fault, step: bool | None = None) -> bool:
        """Whether this fault is met now; counts it down."""
        if self.faults[fault, step] <= 0:
            return False
        self.faults[fault, step] -= 1
        return True

    def answer(self, method: str, path: str, query: Body, content: bytes) -> bytes | File | None:
        """The bytes of an answer; None breaks the connection; 502 raises."""
        self.paths.append(path)
        self.query = query
        self.host.asked(path, content)
        step = path in WRITES
        if self.takes(Fault.SERVER_ERROR, step):
            raise BadGateway
        if self.takes(Fault.LOST_CALL, step):
            return None
        answer: Body | File
        try:
            if not path.startswith("/cgi-bin/"):
                self._admit(query)
            answer = self._carry_out(method, path, query, content)
        except Error as error:
            answer = {"errcode": error.code, "errmsg": error.message}
        if self.takes(Fault.LOST_ANSWER, step):
            return None
        if self.takes(Fault.GARBLED, step):
            return b'{"errcode": 0, "errmsg'
        if isinstance(answer, File):
            return answer
        return json.dumps(answer, ensure_ascii=False).encode()

    def _admit(self, query: Body) -> None:
        if self.takes(Fault.TOKEN_EXPIRED):
            raise Error(42001, "access_token expired rid: 1")
        if query.get("access_token") != self.host.token:
            raise Error(40001, "invalid credential, access_token is invalid or not latest rid: 1")
        if self.takes(Fault.THROTTLED):
            raise Error(45011, "api minute-quota reach limit must slower retry next minute rid: 1")

    def _carry_out(self, method: str, path: str, query: Body, content: bytes) -> Body | File:
        if path == "/channels/ec/basics/media/get":
            if method != "GET":
                raise Error(43001, "require GET method rid: 1")
            return self.host.shows(query)
        if path == "/shop/ec/basics/img/upload":
            return {"errcode": 0, "errmsg": "ok", **self.host.upload(query, content)}
        expected = "GET" if path == "/channels/ec/basics/info/get" else "POST"
        if method != expected:
            raise Error(43002 if expected == "POST" else 43001, "require another method rid: 1")
        try:
            body = json.loads(content or b"{}")
        except ValueError:
            raise Error(47001, "data format error rid: 1") from None
        does: Callable[[Body], Body] | None = self.host.answers.get(path)
        if does is None:
            raise Error(40066, "invalid url rid: 1")
        return {"errcode": 0, "errmsg": "ok", **does(body)}


@dataclass
class File:
    content: bytes
    kind: str = "image/png"


class BadGateway(Exception):
    pass


def media(content: bytes) -> bytes:
    """The file of a multipart upload, whose field has to be called media."""
    found = re.search(rb'name="media".*?\r\n\r\n(.*)\r\n--', content, re.DOTALL)
    if found is None:
        raise Error(10020055, "no media rid: 1")
    return found.group(1)


def _handler(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # One packet for an answer, at once.
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self._serve()

        def do_GET(self) -> None:
            self._serve()

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            with wire.lock:
                try:
                    answer = wire.answer(self.command, parts.path, query, content)
                except BadGateway:
                    self._send(502, b"<html>Bad Gateway</html>", "text/html")
                    return
            if answer is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            if isinstance(answer, File):
                self._send(200, answer.content, answer.kind)
                return
            self._send(200, answer, "application/json; encoding=utf-8")

        def _send(self, status: int, content: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def date_time_string(self, timestamp: float | None = None) -> str:
            now = wire.host.now() + timedelta(seconds=wire.host.skewed)
            return format_datetime(now, usegmt=True)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
