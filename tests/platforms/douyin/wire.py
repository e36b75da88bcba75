"""Douyin's wire format on loopback: public values in the query, business values in the body."""

from urllib.parse import parse_qsl, urlsplit

from tests.platforms import server


class Handler(server.Handler):
    def do_POST(self) -> None:
        content = self.sent()
        if content is not None:
            address = urlsplit(self.path)
            query = dict(parse_qsl(address.query, keep_blank_values=True))
            self.reply(lambda: self.of.answer(address.path, query, content))
