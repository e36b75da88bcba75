"""How platforms' certificates are checked."""

import ssl
from functools import cache

import httpx


@cache
def tls() -> ssl.SSLContext:
    """One for all clients: reading all certificates takes longer than a call."""
    return httpx.create_ssl_context()
