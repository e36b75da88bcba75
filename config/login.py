"""The client's network address, by which failed log-ins are counted."""

import re
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

_WITH_PORT = re.compile(r"\[([^]]+)\](?::[0-9]+)?|([0-9.]+):[0-9]+")
_OF_PROXIES = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")
# One IPv6 customer gets a network of this size: all its addresses count as the same client.
_IPV6_HOSTS = 64


def came_through_undeclared_proxy(request: HttpRequest) -> bool:
    """Whether a proxy says whom the request is from, and nobody said that there is a proxy: all
    its clients then share one address, and one limit of guesses."""
    return not settings.BEHIND_PROXY and any(name in request.headers for name in _OF_PROXIES)


def address_of(request: HttpRequest) -> str | None:
    """The client's address; behind a proxy the one that the proxy has seen.

    A proxy appends it to X-Forwarded-For; everything before it may be forged.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        text = request.headers.get("X-Forwarded-For", text).rpartition(",")[2].strip()
        # Some proxies add the port: 203.0.113.9:4711, [2001:db8::1]:4711.
        if match := _WITH_PORT.fullmatch(text):
            text = match[1] or match[2]
    try:
        address = ip_address(text)
    except ValueError:  # a socket of this machine has none
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> _IPV6_HOSTS << _IPV6_HOSTS))
    return str(address)
