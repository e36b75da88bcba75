"""Kuaishou's wire format on loopback: queries, forms, and forms with a file."""

from email.parser import BytesParser
from email.policy import HTTP
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

    def do_GET(self) -> None:
        self._answer("GET", _fields(urlsplit(self.path).query))

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.headers["Content-Type"]
        if kind.startswith("multipart/form-data"):
            self._answer("POST", *_parts(kind, content))
        else:
            self._answer("POST", _fields(content.decode()))

    def _answer(self, verb: str, fields: dict[str, str], file: bytes = b"") -> None:
        try:
            status, body = self.of.answer(verb, urlsplit(self.path).path, fields, file)
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


def _fields(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, keep_blank_values=True))


def _parts(kind: str, content: bytes) -> tuple[dict[str, str], bytes]:
    """A multipart form's fields, and the bytes of the file that it names imgBytes."""
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + kind.encode() + b"\r\n\r\n" + content
    )
    found: dict[str, bytes] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="Content-Disposition")
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        found[str(name)] = payload
    file = found.pop("imgBytes", b"")
    return {name: value.decode() for name, value in found.items()}, file
