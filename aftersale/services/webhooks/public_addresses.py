"""The network addresses to which webhooks may be sent.

An address that a user entered must not lead into the network in which Afterdesk itself runs: in
production only public addresses are allowed. A name is resolved here, once, and the connection
goes to exactly the address that was checked.
"""

import ipaddress
import socket
import threading
from urllib.parse import urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NOT_PUBLIC = [
    ipaddress.ip_network(text)
    for text in (
        # IPv6 ranges that embed an IPv4 address, which a gateway may lead anywhere.
        "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "192.88.99.0/24",
        # Reserved; not every version of Python knows all of them.
        "192.0.0.0/24", "2001::/23", "3fff::/20", "5f00::/16",
    )
]  # fmt: skip


class NotPublic(Exception):
    """The name leads to an address that is not allowed."""


class Unresolved(Exception):
    """The name leads to no address, or not in time."""


def is_public(address: Address) -> bool:
    """Whether the address is public and belongs to one machine."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.is_site_local:
            return False
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def allowed(address: Address) -> bool:
    """Allows public addresses; in trial and development also the machine itself."""
    if is_public(address):
        return True
    inner = getattr(address, "ipv4_mapped", None) or address
    return not settings.PRODUCTION and inner.is_loopback


def why_not(url: str) -> str:
    """The error of an address as it is written, a key of `WRONG`; empty if there is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:  # UnicodeError is one
        return "malformed"
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "malformed"
    if parts.scheme != "https" and (settings.PRODUCTION or parts.scheme != "http"):
        return "not_https"
    if not host or port == 0 or len(url) > 1000:
        return "malformed"
    if parts.username is not None or parts.password is not None:
        return "credentials"
    if parts.fragment:
        return "malformed"
    if host == "localhost" or host.endswith(".localhost"):
        return "private" if settings.PRODUCTION else ""
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        # Forms that some resolvers take for an address (127.1, 0x7f000001, 2130706433) are no
        # names: the last label of a name begins with a letter.
        last = host.rstrip(".").rpartition(".")[2]
        return "" if last[:1].isalpha() else "malformed"
    return "" if allowed(literal) else "private"


def resolve(host: str, port: int, *, seconds: float) -> str:
    """The address to connect to; every address of the name must be allowed.

    The system's resolver has no time-out, so it runs in a thread.
    """
    answers: list[list[str]] = []

    def ask() -> None:
        try:
            got = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            answers.append([])
        else:
            answers.append([str(answer[4][0]) for answer in got])

    resolver = threading.Thread(target=ask, daemon=True)
    resolver.start()
    resolver.join(seconds)
    if not answers or not answers[0]:
        raise Unresolved
    if not all(allowed(ipaddress.ip_address(text)) for text in answers[0]):
        raise NotPublic
    return answers[0][0]
