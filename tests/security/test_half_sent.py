"""Requests that come slowly, without end or too large hold no thread of the web server."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.postgres import BASE_DIR
from config.web_worker import MOST_BODY, Collected, Refused

APPLICATION = """
def application(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "7")])
    yield b"%7d" % len(body)
"""
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = 300_000


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A web server of one worker, four threads."""
    folder: Path = tmp_path_factory.mktemp("app")
    (folder / "counts.py").write_text(APPLICATION)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "--workers", "1",
        "--pythonpath", str(folder), "counts:application",
    ]  # fmt: skip
    server = subprocess.Popen(
        command, cwd=BASE_DIR, env={"BIND": f"127.0.0.1:{number}"}, stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        yield number
    finally:
        server.terminate()
        server.wait(timeout=60)


def _sent(port: int, data: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    client.sendall(data)
    return client


def _answers(client: socket.socket, ending: bytes) -> bytes:
    got = b""
    while not got.endswith(ending):
        data = client.recv(65536)
        assert data, got
        got += data
    return got


def test_whole_requests_are_answered_while_others_are_half_sent(port: int) -> None:
    """Gunicorn's own worker is silent here until the half-sent ones end, 75 s and more."""
    half = [_sent(port, GET[:-2]) for _ in range(12)]
    half += [_sent(port, _post(LARGE) + b"begun") for _ in range(12)]
    half += [_sent(port, b"") for _ in range(12)]
    with _sent(port, GET) as client:
        assert _answers(client, b"0").startswith(b"HTTP/1.1 200")
    # They are answered, too, once they are whole.
    half[0].sendall(b"\r\n")
    assert _answers(half[0], b"0").startswith(b"HTTP/1.1 200")
    half[12].sendall(b"x" * (LARGE - 5))
    assert _answers(half[12], b"%7d" % LARGE).startswith(b"HTTP/1.1 200")
    for client in half:
        client.close()


def test_a_kept_connection_and_requests_sent_together(port: int) -> None:
    with _sent(port, GET + _post(3) + b"abc" + GET) as client:
        got = b""
        while not (got.count(b"HTTP/1.1 200") == 3 and got.endswith(b"      0")):
            got += client.recv(65536)
        assert [got.count(text) for text in (b"      0", b"      3")] == [2, 1]
        client.sendall(GET)
        assert _answers(client, b"      0").startswith(b"HTTP/1.1 200")


def test_a_client_that_waits_to_be_asked_for_its_body(port: int) -> None:
    with _sent(port, _post(3, b"Expect: 100-continue\r\n")) as client:
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert b"HTTP/1.1 200" in _answers(client, b"      3")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY + 1), b"413 Content"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411 Length Required"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000, b"431 Request Header Fields Too Large"),
        (b"GET /" + b"a" * 20_000, b"414 "),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400 Bad Request"),
    ],
)  # fmt: skip
def test_what_is_refused_by_its_head(port: int, request_: bytes, status: bytes) -> None:
    with _sent(port, request_) as client:
        got = b""
        while data := client.recv(65536):
            got += data
        assert got.startswith(b"HTTP/1.1 " + status), got


def test_time_for_head_and_body() -> None:
    """10 s for the head; for the body 20 s more and what it takes at 50 kB a second."""
    request = Collected(now=100)
    assert (request.add(GET[:-2]), request.until) == (False, 110)
    request = Collected(now=100)
    assert (request.add(_post(1_000_000)), request.until) == (False, 150)
    with pytest.raises(Refused, match="413"):
        Collected(now=100).add(_post(MOST_BODY + 1))


def _post(length: int, more: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\n%bContent-Length: %d\r\n\r\n" % (more, length)
