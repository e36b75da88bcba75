"""From which address somebody logs in: failures are counted by it (settings, AXES_…)."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

# One customer has a network of this size in IPv6: any address in it counts as the same client.
_IPV6_HOSTS = 64


def address_of(request: HttpRequest) -> str | None:
    """The client's address; behind a proxy the one that the proxy has seen.

    A proxy puts that at the end of X-Forwarded-For; what stands before it anybody may have sent.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        text = request.headers.get("X-Forwarded-For", text).rpartition(",")[2].strip()
    try:
        address = ip_address(text)
    except ValueError:  # a socket of this machine has none
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> _IPV6_HOSTS << _IPV6_HOSTS))
    return str(address)
