"""Kuaishou's wire format on loopback: queries, forms, and forms with a file."""

from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl, urlsplit

from tests.platforms import server


class Handler(server.Handler):
    def do_GET(self) -> None:
        self._answer("GET", _fields(urlsplit(self.path).query))

    def do_POST(self) -> None:
        content = self.sent()
        kind = self.headers["Content-Type"]
        if content is None:
            return
        if kind.startswith("multipart/form-data"):
            self._answer("POST", *_parts(kind, content))
        else:
            self._answer("POST", _fields(content.decode()))

    def _answer(self, verb: str, fields: dict[str, str], file: bytes = b"") -> None:
        self.reply(lambda: self.of.answer(verb, urlsplit(self.path).path, fields, file))


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
