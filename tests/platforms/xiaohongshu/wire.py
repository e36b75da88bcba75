"""Xiaohongshu's wire format on loopback: JSON to one address."""

from tests.platforms import server


class Handler(server.Handler):
    def do_POST(self) -> None:
        content = self.sent()
        if content is not None:
            self.reply(lambda: self.of.answer(self.path, content))
