"""A receiver on loopback: notes what it was sent, verifies it, answers as a test wants."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Receiver:
    url: str = ""
    # Headers (lower-case) and body of each call, in the order of arrival.
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    # The status to answer with, by body.
    answer: Callable[[dict[str, Any]], int] = lambda body: 204
    # Before answering; set to end it.
    hang: threading.Event | None = None
    # Seconds between the bytes of the answer's head.
    trickle: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    # A file with key and certificate, to be reached by https.
    pem: str = ""
    # The names that callers asked for (SNI).
    asked_for: list[str | None] = field(default_factory=list)

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
    if receiver.pem:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(receiver.pem)
        context.sni_callback = lambda _socket, name, _context: receiver.asked_for.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        if receiver.hang is not None:
            receiver.hang.set()
        server.shutdown()
        server.server_close()


def certificate(name: str, folder: Path) -> str:
    """A file with a key and a certificate for the name, vouched for by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # OpenSSL reads the machine's clock, also where `make test-ahead` moves Python's.
        .not_valid_before(now - timedelta(days=1_000))
        .not_valid_after(now + timedelta(days=1_000))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "receiver.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return str(file)
