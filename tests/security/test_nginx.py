"""deploy/nginx/afterdesk.conf as it stands, with other ports, files and shorter time limits."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config.postgres import BASE_DIR

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")

# Answers what has come in: the address, the scheme, the body's length and the path.
APPLICATION = """
def application(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    said = [environ.get("HTTP_X_FORWARDED_FOR"), environ.get("HTTP_X_FORWARDED_PROTO"),
            str(len(body)), environ["HTTP_HOST"], environ["PATH_INFO"]]
    answer = " ".join(map(str, said)).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    yield answer
"""
MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/afterdesk.conf;
}}
"""
HOST = "desk.example.com"
SECONDS = 2


class Nginx(NamedTuple):
    plain: int
    secure: int

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.secure}", headers={"Host": HOST}, verify=False
        )

    def begun(self, data: bytes) -> ssl.SSLSocket:
        """A connection on which so much of a request was sent."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        bare = socket.create_connection(("127.0.0.1", self.secure), timeout=30)
        client = context.wrap_socket(bare, server_hostname=HOST)
        client.sendall(data)
        return client


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    folder: Path = tmp_path_factory.mktemp("nginx")
    plain, secure, upstream = _free_ports(3)
    _certificate(folder)
    static = folder / "static"
    static.mkdir()
    (static / "page.css").write_text("plain")
    (static / "page.0123456789ab.css").write_text("hashed")
    (folder / "secret").write_text("not served")
    (folder / "echo.py").write_text(APPLICATION)
    # Else its workers could not read the folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
    text = (BASE_DIR / "deploy" / "nginx" / "afterdesk.conf").read_text()
    text = re.sub(r"\n    listen \[::\].*", "", text)
    for found, instead in {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl": f"listen 127.0.0.1:{secure} ssl",
        "127.0.0.1:8000": f"127.0.0.1:{upstream}",
        "/etc/ssl/desk.example.com.pem": f"{folder}/own.pem",
        "/etc/ssl/private/desk.example.com.key": f"{folder}/own.key",
        "/srv/afterdesk/static/": f"{static}/",
        "client_header_timeout 10s;": f"client_header_timeout {SECONDS}s;",
        "client_body_timeout 20s;": f"client_body_timeout {3 * SECONDS}s;",
    }.items():
        assert found in text, found
        text = text.replace(found, instead)
    (folder / "afterdesk.conf").write_text(text)
    commands: list[list[str]] = [
        [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "--workers", "1",
         "--pythonpath", str(folder), "echo:application"],
        ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "begin")],
    ]  # fmt: skip
    env = {"BIND": f"127.0.0.1:{upstream}", "PATH": "/usr/sbin:/usr/bin:/bin"}
    programs = [subprocess.Popen(command, cwd=BASE_DIR, env=env) for command in commands]
    try:
        for port in (plain, secure, upstream):
            _until_it_listens(port)
        yield Nginx(plain, secure)
    finally:
        for program in programs:
            program.terminate()
            program.wait(timeout=60)


def test_what_the_program_is_told(nginx: Nginx) -> None:
    """Address and scheme are nginx's own, whatever a client sends; chunks get a length."""
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
    with nginx.client() as client:
        assert client.get("/a%20b", headers=forged).text == f"127.0.0.1 https 0 {HOST} /a b"
        sent = client.post("/x", content=iter([b"abc", b"de"]))
        assert sent.text == f"127.0.0.1 https 5 {HOST} /x"


def test_plain_http(nginx: Nginx) -> None:
    """Pages lead to HTTPS; programs reach the API, which tells them."""
    with httpx.Client(base_url=f"http://127.0.0.1:{nginx.plain}", headers={"Host": HOST}) as client:
        page = client.get("/admin/?q=1")
        assert (page.status_code, page.headers["Location"]) == (301, f"https://{HOST}/admin/?q=1")
        call = client.get("/api/v1/orders", headers={"X-Forwarded-Proto": "https"})
        assert call.text == f"127.0.0.1 http 0 {HOST} /api/v1/orders"


def test_what_is_too_large_is_refused_in_words(nginx: Nginx) -> None:
    head = "POST %s HTTP/1.1\r\nHost: desk.example.com\r\nContent-Length: %d\r\n\r\n"
    for path, kind, words in (
        ("/admin/desk/files/", "text/plain; charset=utf-8", "最多 110 MB"),
        ("/api/v1/orders", "application/problem+json", '"code":"too_large"'),
    ):
        with nginx.begun((head % (path, 110 * 1024 * 1024 + 1)).encode()) as client:
            answer = _all_of(client).decode()
        assert answer.startswith("HTTP/1.1 413 "), answer
        assert f"Content-Type: {kind}\r\n" in answer and words in answer, answer
    with nginx.begun(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000) as client:
        assert _all_of(client).startswith(b"HTTP/1.1 400 ")


def test_slow_requests_hold_nobody_up_and_end(nginx: Nginx) -> None:
    """40 half-sent heads and as many bodies; the program has four threads."""
    head = b"POST / HTTP/1.1\r\nHost: desk.example.com\r\nContent-Length: 100000\r\n"
    half = [nginx.begun(part) for part in [head] * 40 + [head + b"\r\nbegun"] * 40]
    with nginx.client() as client:
        assert client.get("/").status_code == 200
    for client in half:
        got = _all_of(client)
        assert got == b"" or got.startswith(b"HTTP/1.1 408 "), got
        client.close()


def test_more_connections_of_one_address_are_told_to_wait(nginx: Nginx) -> None:
    head = b"POST / HTTP/1.1\r\nHost: desk.example.com\r\nContent-Length: 9\r\n\r\n"
    with ThreadPoolExecutor(20) as pool:
        many = list(pool.map(nginx.begun, [head] * 100))
    with nginx.client() as client:
        give_up = time.monotonic() + SECONDS
        # It counts a connection once it has read its head.
        while (status := client.get("/").status_code) == 200 and time.monotonic() < give_up:
            pass
    assert status == 429
    for connection in many:
        connection.close()


def test_plain_http_is_no_way_around_that(nginx: Nginx) -> None:
    head = b"POST /api/v1/x HTTP/1.1\r\nHost: desk.example.com\r\nContent-Length: 9\r\n\r\n"
    many = [socket.create_connection(("127.0.0.1", nginx.plain)) for _one in range(100)]
    for connection in many:
        connection.sendall(head)
    with httpx.Client(base_url=f"http://127.0.0.1:{nginx.plain}", headers={"Host": HOST}) as client:
        give_up = time.monotonic() + SECONDS
        while (status := client.get("/api/v1/x").status_code) == 200 and time.monotonic() < give_up:
            pass
    assert status == 429
    for connection in many:
        connection.close()


def test_static_files_are_served_without_the_program(nginx: Nginx) -> None:
    with nginx.client() as client:
        plain, hashed = client.get("/static/page.css"), client.get("/static/page.0123456789ab.css")
        assert (plain.text, hashed.text) == ("plain", "hashed")
        assert plain.headers["Cache-Control"] == "max-age=3600"
        assert hashed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        for page in (plain, hashed):
            assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert client.get("/static/none.css").status_code == 404
    for path in (b"/static/../secret", b"/static/%2e%2e/secret", b"/static../secret"):
        with nginx.begun(
            b"GET " + path + b" HTTP/1.1\r\nHost: desk.example.com\r\nConnection: close\r\n\r\n"
        ) as client:
            assert b"not served" not in _all_of(client)


def _all_of(client: ssl.SSLSocket) -> bytes:
    got = b""
    try:
        while data := client.recv(65536):
            got += data
    except OSError:  # ended by nginx
        pass
    return got


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _port in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _until_it_listens(port: int) -> None:
    give_up = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < give_up
            time.sleep(0.05)


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    own = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "own.pem").write_bytes(own.public_bytes(serialization.Encoding.PEM))
    (folder / "own.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
