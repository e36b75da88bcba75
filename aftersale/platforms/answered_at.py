"""A platform's own moment, as its answers say it: the Date header of HTTP."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

# Seconds from which on clocks that differ are named as the cause of a refused signature.
CLOCKS_APART = 120


def date_of(response: httpx.Response) -> datetime | None:
    """None where there is none, or none that can be read; the machine's clock never stands in."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None


def clocks_apart(response: httpx.Response) -> bool:
    """True if the platform's clock differs from this machine's enough to refuse signatures."""
    theirs = date_of(response)
    return theirs is not None and abs(theirs.timestamp() - time.time()) > CLOCKS_APART
