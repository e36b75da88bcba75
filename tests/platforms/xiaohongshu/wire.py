"""Xiaohongshu's wire format on loopback: JSON to one address."""

from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any


class Broken(Exception):
    """The connection ends without an answer."""


class Handler(BaseHTTPRequestHandler):
    of: Any
    protocol_version = "HTTP/1.1"
    # Head and body go out at once: two small packets wait for each other on loopback.
    wbufsize = -1

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            status, body = self.of.answer(self.path, content)
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
