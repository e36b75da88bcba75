"""Sending a body to an address that a user entered: one call, one answer, in bounded time.

The name is resolved and checked (public_addresses.py), and the connection goes to exactly the
checked address, while the certificate is checked against the name as usual: a name that changes
its address in between gains nothing. Redirects are not followed. Of the answer the status is
read, and of its body no more than the caller wants.
"""

import ssl
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpcore

from aftersale.models import Trouble
from aftersale.services.webhooks import public_addresses
from config import traces

# For the whole call: resolving the name, connecting, sending, and reading the answer's head.
SECONDS = 15.0


class Unanswered(Exception):
    """No answer came."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


class Answer(NamedTuple):
    status: int
    body: bytes


def post(url: str, *, body: bytes, headers: Mapping[str, str], seconds: float = SECONDS) -> int:
    """Posts the body and returns the answer's status; raises Unanswered."""
    return exchange(url, body=body, headers=headers, most=0, seconds=seconds).status


def exchange(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    most: int,
    seconds: float = SECONDS,
) -> Answer:
    """Posts the body and returns the answer with the first `most` bytes of its body at least;
    raises Unanswered."""
    deadline = time.monotonic() + seconds
    try:
        with (
            traces.call(urlsplit(url).hostname or "", "POST"),
            httpcore.ConnectionPool(
                ssl_context=_tls(),
                max_connections=1,
                http2=False,
                network_backend=_Checked(deadline),
            ) as pool,
            pool.stream(
                "POST",
                url,
                headers=list(headers.items()),
                content=body,
                extensions={"timeout": dict.fromkeys(("connect", "read", "write"), seconds)},
            ) as answer,
        ):
            return Answer(int(answer.status), _beginning(answer, most))
    except public_addresses.NotPublic as error:
        raise Unanswered(Trouble.NOT_PUBLIC) from error
    except public_addresses.Unresolved as error:
        raise Unanswered(Trouble.NO_NAME) from error
    except httpcore.TimeoutException as error:
        raise Unanswered(Trouble.TIMEOUT) from error
    except httpcore.ConnectError as error:
        tls = isinstance(error.__context__, ssl.SSLError)
        raise Unanswered(Trouble.TLS if tls else Trouble.NO_CONNECTION) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
        raise Unanswered(Trouble.BROKEN) from error


def _beginning(answer: httpcore.Response, most: int) -> bytes:
    read = b""
    if most:
        for part in answer.iter_stream():
            read += part
            if len(read) >= most:
                break
    return read


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Checked(httpcore.NetworkBackend):
    """Connects to the checked address; no step outlasts the deadline."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = public_addresses.resolve(host, port, seconds=_left(self.deadline))
        stream = self.network.connect_tcp(
            address, port, timeout=_left(self.deadline), socket_options=socket_options
        )
        return _Bounded(stream, self.deadline)


class _Bounded(httpcore.NetworkStream):
    """A connection with one deadline for all reads: single bytes now and then can't prolong it."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self.stream = stream
        self.deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _left(self.deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _left(self.deadline))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self.stream.start_tls(ssl_context, server_hostname, _left(self.deadline))
        return _Bounded(stream, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
