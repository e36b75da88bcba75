"""Xiaohongshu's messages: verified, then parsed.

The signature covers the address, its query and two headers, and not the body: a message is a hint,
and what changed is fetched. The recipe is that of the platform's older interface; for messages it
is not confirmed, so one that differs is logged.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import structlog
from django.urls import reverse

from aftersale.platforms.protocol import Account, Changed, ForgedMessage, Subject
from aftersale.platforms.xiaohongshu.values import Row, identity

CODE = "xiaohongshu"
# The kind of object that a message names, by the beginning of its tag.
SUBJECTS = (
    ("msg_after_sale_", Subject.TICKET, "returnsId"),
    ("msg_fulfillment_", Subject.ORDER, "orderId"),
)

log = structlog.get_logger(__name__)


def changes(
    account: Account, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
) -> Sequence[Changed]:
    """The changes that a message names; other sellers' are left out. Raises ForgedMessage."""
    _check(account, headers, query)
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise ForgedMessage from None
    if not isinstance(told, list):
        raise ForgedMessage
    seller = account.secrets.get("seller_id")
    return [
        changed
        for row in told
        if isinstance(row, Mapping) and (not seller or identity(row, "sellerId") == seller)
        for changed in _changed(row)
    ]


def _check(account: Account, headers: Mapping[str, str], query: Mapping[str, str]) -> None:
    secrets = account.secrets
    given = {name: headers.get(name) or "" for name in ("app-key", "timestamp", "sign")}
    secret = secrets.get("app_secret")
    if not secret or given["app-key"] != secrets.get("app_id"):
        raise ForgedMessage
    key = secrets.get("push_key", "")
    if not hmac.compare_digest(query.get("key", "").encode() if key else b"", key.encode()):
        raise ForgedMessage
    signed = [signature(path, query, given, secret) for path in _paths(account)]
    if not any(hmac.compare_digest(sign.encode(), given["sign"].encode()) for sign in signed):
        log.warning("xiaohongshu.message_signature_differs", shop=account.shop_code)
        raise ForgedMessage


def signature(path: str, query: Mapping[str, str], headers: Mapping[str, str], secret: str) -> str:
    signed = {**query, **{name: headers[name] for name in ("app-key", "timestamp")}}
    text = "&".join(f"{name}={value}" for name, value in sorted(signed.items()))
    return hashlib.md5(f"{path}?{text}{secret}".encode(), usedforsecurity=False).hexdigest()


def _paths(account: Account) -> tuple[str, str]:
    """The shop's own address, and the one for all shops of an app."""
    return (
        reverse("platforms:messages", args=[CODE, account.shop_code]),
        reverse("platforms:app-messages", args=[CODE]),
    )


def _changed(row: Row) -> Iterator[Changed]:
    tag, data = identity(row, "msgTag"), row.get("data")
    for beginning, subject, name in SUBJECTS:
        if tag.startswith(beginning) and (number := identity(_values(data), name)):
            # Sent again, a message says the same.
            said = json.dumps([tag, identity(row, "sellerId"), data], sort_keys=True)
            yield Changed(subject, number, hashlib.sha256(said.encode()).hexdigest())


def _values(data: Any) -> Row:
    """The message's own values: an object, in a text."""
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError):
            data = None
    return data if isinstance(data, Mapping) else {}
