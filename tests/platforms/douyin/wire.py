"""Douyin's wire format on loopback: public values in the query, business values in the body."""

from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class Broken(Exception):
    """The connection ends without an answer."""


class Handler(BaseHTTPRequestHandler):
    of: Any
    protocol_version = "HTTP/1.1"
    # Head and body go out at once: two small packets wait for each other on loopback.
    wbufsize = -1

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        content = self.rfile.read(length)
        if len(content) < length:
            # The caller gave up between the head and the body.
            self.close_connection = True
            return
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        try:
            status, body = self.of.answer(address.path, query, content)
        except Broken:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        # The shop's own time, which tests set forward, as its rows are dated.
        return formatdate(self.of.now().timestamp() + self.of.skewed, usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:
        pass
