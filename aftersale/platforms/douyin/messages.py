"""Douyin's pushes: what they say, once it is certain that they are the platform's.

One push is a list of several, signed as a whole with the app's secret. Nothing of them is believed
but the number: what changed is fetched, as the statuses in them contradict the events.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aftersale.platforms.protocol import Changed, ForgedMessage, Subject

from .values import identity, number

SIGNATURE = "event-sign"
# `tag` of events of orders and of tickets; the others are about products, or a test.
ORDERS, TICKETS = range(100, 200), range(200, 300)


def changes(
    body: bytes, headers: Mapping[str, str], secrets: Mapping[str, str]
) -> Sequence[Changed]:
    """The changes that a push names. Tests and other shops' name none; raises ForgedMessage."""
    sent = next((value for name, value in headers.items() if name.lower() == SIGNATURE), "")
    if not _signed(body, sent, secrets):
        raise ForgedMessage
    try:
        pushed = json.loads(body)
    except (ValueError, RecursionError):
        raise ForgedMessage from None
    each = pushed if isinstance(pushed, list) else [pushed]
    found = (_change(one, secrets) for one in each if isinstance(one, dict))
    return [change for change in found if change is not None]


def signature(body: bytes, *, key: str, secret: str) -> str:
    return hashlib.md5(key.encode() + body + secret.encode(), usedforsecurity=False).hexdigest()


def _signed(body: bytes, sent: str, secrets: Mapping[str, str]) -> bool:
    key, secret = secrets.get("app_key", ""), secrets.get("app_secret", "")
    if not sent or not secret:
        return False
    # One SDK takes the white space out before it signs.
    bodies = (body, re.sub(rb"\s", b"", body))
    return any(
        hmac.compare_digest(signature(one, key=key, secret=secret), sent.lower().strip())
        for one in bodies
    )


def _change(pushed: Mapping[str, Any], secrets: Mapping[str, str]) -> Changed | None:
    tag, data = number(pushed, "tag"), _data(pushed)
    shop = identity(data, "shop_id")
    # One app's pushes are about all shops that use it.
    if shop and shop != secrets.get("shop_id"):
        return None
    if tag in TICKETS:
        subject, changed = Subject.TICKET, identity(data, "aftersale_id")
    elif tag in ORDERS:
        subject, changed = Subject.ORDER, identity(data, "p_id")
    else:
        return None
    if not changed:
        return None
    # Sent again, a push has the same number; the platform's own examples share one.
    sent = identity(pushed, "msg_id") or identity(pushed, "msgId")
    return Changed(subject, changed, f"{tag}:{changed}:{sent or number(data, 'update_time')}")


def _data(pushed: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event's own values: an object, mostly in a string."""
    data = pushed.get("data")
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError):
            data = None
    return data if isinstance(data, dict) else {}
