"""A platform's own moment, as its answers say it: the Date header of HTTP."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx


def date_of(response: httpx.Response) -> datetime | None:
    """None where there is none, or none that can be read; the machine's clock never stands in."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None
