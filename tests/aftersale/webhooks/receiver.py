"""A receiver on loopback: notes what it was sent, verifies it, answers as a test wants."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    url: str = ""
    # Headers (lower-case) and body of each call, in the order of arrival.
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    # What to answer to a body; a status.
    answer: Callable[[dict[str, Any]], int] = lambda body: 204
    # Before answering; set to end it.
    hang: threading.Event | None = None
    # Seconds between the bytes of the answer's head.
    trickle: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.calls]

    @property
    def types(self) -> list[str]:
        return [body["type"] for body in self.bodies]


@contextmanager
def receiving(**how: Any) -> Iterator[Receiver]:
    receiver = Receiver(**how)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.calls.append(({k.lower(): v for k, v in self.headers.items()}, body))
            if receiver.hang is not None:
                receiver.hang.wait(20)
            if receiver.trickle:
                try:
                    for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"a" * 1000:
                        self.wfile.write(bytes([byte]))
                        time.sleep(receiver.trickle)
                except OSError:
                    pass
                return
            self.send_response(receiver.answer(json.loads(body)))
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        if receiver.hang is not None:
            receiver.hang.set()
        server.shutdown()
        server.server_close()
