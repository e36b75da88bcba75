"""Gunicorn's threads see whole requests only: head and body are collected before one is taken up.

In Gunicorn's own worker a thread reads head and body, so that a dozen half-sent requests hold all
threads. Here the loop that accepts connections collects them; a client that is slow, or never
ends, costs a socket and, of a large body, a temporary file. What is too large is refused by its
head, before anything reads the body.
"""

import re
import tempfile
import time
from collections import Counter
from contextlib import suppress
from errno import EAGAIN, ECONNABORTED, EMFILE, ENFILE, EWOULDBLOCK
from functools import partial
from selectors import EVENT_READ
from socket import SHUT_WR, socket
from typing import Any

from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

# Two of the largest files that a page takes, in one form. Strangers may send less (uploads.py).
MOST_BODY = 110 * 1024 * 1024
_MOST_HEAD = 64 * 1024
_HEAD_SECONDS = 10
_BODY_SECONDS = 20
# The slowest that a body may come in, besides.
_BYTES_PER_SECOND = 50_000
# Of a thread that reads what was announced otherwise, or writes to a client that takes nothing.
_SOCKET_SECONDS = 60
# Unfinished requests, of a worker and of one address. The oldest is dropped for a new one. A proxy
# in front collects requests itself, and sends them whole.
_MOST_UNFINISHED = 300
_MOST_UNFINISHED_OF_ONE = 100
_MOST_COLLECTED = 512 * 1024 * 1024
_IN_MEMORY = 64 * 1024
_LAST_SECONDS = 2

_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*([^\r]*)(?=\r\n)", re.IGNORECASE)
_DIGITS = re.compile(rb"[0-9]{1,19}")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_CONTINUE = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class Refused(Exception):
    """Answered without a look at the rest."""


class Collected:
    """The bytes of one request so far. `length` is known once its head is whole."""

    def __init__(self, now: float) -> None:
        self.since, self.until = now, now + _HEAD_SECONDS
        self.head = bytearray()
        self.file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self.size = 0
        self.length: int | None = None
        self.wants_continue = False

    def add(self, data: bytes) -> bool:
        """Whether a thread may take it up; raises Refused."""
        self.file.write(data)
        self.size += len(data)
        if self.length is None:
            self.head += data
            if not self._read_head():
                return False
        return self.size >= (self.length or 0)

    def _read_head(self) -> bool:
        """Whether it is whole. A wrong one is for Gunicorn to judge: its length counts as 0."""
        end = self.head.find(b"\r\n\r\n")
        if end < 0:
            if b"\r\n" not in self.head[: 2 * 8192] and len(self.head) > 2 * 8192:
                self.length = 0
                return True
            if len(self.head) > _MOST_HEAD:
                raise Refused("431 Request Header Fields Too Large")
            return False
        head = bytes(self.head[: end + 4])
        if _CHUNKED.search(head):
            # Django reads no body without a length.
            raise Refused("411 Length Required")
        lengths = _LENGTH.findall(head)
        given = lengths[0].strip() if len(lengths) == 1 else b""
        body = int(given) if _DIGITS.fullmatch(given) else 0
        if body > MOST_BODY:
            raise Refused("413 Content Too Large")
        self.length = len(head) + body
        self.until += _BODY_SECONDS + body / _BYTES_PER_SECOND
        self.wants_continue = self.size < self.length and bool(_CONTINUE.search(head))
        self.head.clear()
        return True


class CollectedFirst(SocketUnreader):
    """Gives Gunicorn's parser what was collected, then what the socket has."""

    def __init__(self, sock: socket) -> None:
        super().__init__(sock)
        self.file: Any = None

    def chunk(self, size_hint: int | None = None) -> bytes:
        if self.file is not None:
            if data := self.file.read(min(max(size_hint or 0, self.mxchunk), self.max_body_chunk)):
                return data
            self.file.close()
            self.file = None
        return super().chunk(size_hint)

    def rest(self) -> bytes:
        """Bytes collected and not read: the beginning of a next request."""
        rest = self.take_buffered()
        if self.file is not None:
            rest += self.file.read()
            self.file.close()
            self.file = None
        return rest


class Connection(TConn):
    """Its socket never waits for ever. `held`: bytes of the request that a thread has."""

    held = 0

    @property
    def address(self) -> str:
        return self.client[0] if isinstance(self.client, tuple) else ""

    def init(self) -> None:
        if not self.initialized:
            super().init()
            self.parser.unreader = CollectedFirst(self.sock)
        self.sock.settimeout(_SOCKET_SECONDS)


class Worker(ThreadWorker):
    """One loop that collects requests, and threads that answer them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unfinished: dict[Connection, Collected] = {}
        self.unfinished_of: Counter[str] = Counter()
        self.closing: dict[Connection, float] = {}
        self.collected = 0

    def accept(self, listener: socket) -> None:
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (EMFILE, ENFILE):
                self._drop_oldest()
            elif error.errno not in (EAGAIN, EWOULDBLOCK, ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, sock, client, listener.getsockname()))

    def enqueue_req(self, conn: Connection) -> None:
        """Each new connection, and each kept one that begins to send."""
        self._collect(conn)

    def _collect(self, conn: Connection, begun: bytes = b"") -> None:
        conn.sock.setblocking(False)
        self.unfinished[conn] = Collected(time.monotonic())
        self.unfinished_of[conn.address] += 1
        self.poller.register(conn.sock, EVENT_READ, partial(self._more, conn))
        if self.unfinished_of[conn.address] > _MOST_UNFINISHED_OF_ONE:
            self._drop_oldest(conn.address)
        if len(self.unfinished) > _MOST_UNFINISHED:
            self._drop_oldest()
        if begun:
            self._add(conn, begun)

    def _more(self, conn: Connection, _sock: socket) -> None:
        # Its turn comes although it was dropped in the same round of the loop.
        if conn not in self.unfinished:
            return
        try:
            data = conn.sock.recv(_IN_MEMORY)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._add(conn, data)
        else:
            self._drop(conn)

    def _add(self, conn: Connection, data: bytes) -> None:
        request = self.unfinished[conn]
        self.collected += len(data)
        try:
            is_whole = request.add(data)
            if not is_whole and self.collected > _MOST_COLLECTED:
                raise Refused("503 Service Unavailable")
        except Refused as refused:
            self._release(conn)
            self._refuse(conn, str(refused))
            return
        if is_whole:
            self._release(conn, keep=True)
            request.file.seek(0)
            conn.init()
            conn.parser.unreader.file = request.file
            conn.held = request.size
            conn.data_ready = True
            super().enqueue_req(conn)
        elif request.wants_continue:
            request.wants_continue = False
            with suppress(OSError):
                conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _release(self, conn: Connection, *, keep: bool = False) -> None:
        """It collects no more; `keep`: what was collected is taken up."""
        request = self.unfinished.pop(conn)
        self.poller.unregister(conn.sock)
        self.unfinished_of[conn.address] -= 1
        if not self.unfinished_of[conn.address]:
            del self.unfinished_of[conn.address]
        if not keep:
            request.file.close()
            self.collected -= request.size

    def _drop(self, conn: Connection) -> None:
        self._release(conn)
        self.nr_conns -= 1
        conn.close()

    def _drop_oldest(self, address: str | None = None) -> None:
        for conn in self.unfinished:
            if address in (None, conn.address):
                self._drop(conn)
                return

    def _refuse(self, conn: Connection, status: str) -> None:
        head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/plain\r\n"
        with suppress(OSError):
            conn.sock.send(f"{head}Content-Length: {len(status)}\r\n\r\n{status}".encode())
        self._close(conn)

    def finish_request(self, conn: Connection, answered: Any) -> None:
        self.collected -= conn.held
        conn.held = 0
        if answered.cancelled() or answered.exception() or not answered.result():
            self._close(conn)
        elif rest := conn.parser.unreader.rest():
            self._collect(conn, rest)
        else:
            super().finish_request(conn, answered)

    def _close(self, conn: Connection) -> None:
        """Waits for the client to close first, so that it reads its answer; not in Gunicorn's way,
        in which the loop stands still meanwhile."""
        if conn.parser is not None:
            conn.parser.unreader.rest()
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(SHUT_WR)
            self.poller.register(conn.sock, EVENT_READ, partial(self._read_last, conn))
        except OSError:
            self.nr_conns -= 1
            conn.close()
            return
        self.closing[conn] = time.monotonic() + _LAST_SECONDS

    def _read_last(self, conn: Connection, _sock: socket) -> None:
        try:
            if conn not in self.closing or conn.sock.recv(_IN_MEMORY):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._closed(conn)

    def _closed(self, conn: Connection) -> None:
        del self.closing[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Each second: what takes too long ends. A worker that stops waits for nothing unsent."""
        now = time.monotonic()
        for conn, request in list(self.unfinished.items()):
            if now > (request.until if self.alive else request.since + _LAST_SECONDS):
                self._drop(conn)
        for conn, until in list(self.closing.items()):
            if now > until:
                self._closed(conn)
