"""WeChat's pushes: verified, deciphered, read. It sends them in its safe mode only."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from aftersale.platforms.protocol import Changed, ForgedMessage, Subject

from . import codes

_BLOCK = 32  # the padding's, not the cipher's
_LEAF = re.compile(rb"<(\w+)>\s*(?:<!\[CDATA\[)?([\x21-\x3b\x3d-\x5c\x5e-\x7e]+)")
_ENCRYPT = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?([A-Za-z0-9+/=]+)")


def signature(*parts: str) -> str:
    joined = "".join(sorted(parts)).encode("utf-8", "surrogatepass")
    return hashlib.sha1(joined).hexdigest()  # noqa: S324 (theirs)


def challenge(secrets: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """The text that the platform wants back when a shop enters Afterdesk's address."""
    token = secrets.get("callback_token", "")
    expected = signature(token, query.get("timestamp", ""), query.get("nonce", ""))
    if not token or not _same(expected, query.get("signature", "")):
        return None
    return query.get("echostr", "")


def read(secrets: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> Sequence[Changed]:
    event = _event(decrypted(secrets, body, query))
    name = str(event.get("Event") or "")
    if name in codes.TICKET_EVENTS:
        return _changed(event, name, Subject.TICKET, codes.TICKET_EVENTS[name])
    if name.startswith(codes.ORDER_EVENTS):
        return _changed(event, name, Subject.ORDER, "order_info")
    return ()


def decrypted(secrets: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> bytes:
    """The message of a push whose signature, key and app are this shop's; else ForgedMessage."""
    token, sealed = secrets.get("callback_token", ""), _sealed(body)
    expected = signature(token, query.get("timestamp", ""), query.get("nonce", ""), sealed)
    if not token or not _same(expected, query.get("msg_signature", "")):
        raise ForgedMessage
    try:
        key = base64.b64decode(secrets.get("callback_aes_key", "") + "=", validate=True)
        opening = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        padded = opening.update(base64.b64decode(sealed, validate=True)) + opening.finalize()
    except (binascii.Error, ValueError) as error:
        raise ForgedMessage from error
    padding = padded[-1] if padded else 0
    if not 1 <= padding <= _BLOCK or padded[-padding:] != bytes([padding]) * padding:
        raise ForgedMessage
    # 16 random bytes, the message's length in 4, the message, the app's id.
    clear = padded[:-padding]
    end = 20 + int.from_bytes(clear[16:20], "big")
    # Pushes to a service provider's app name the provider's platform.
    app_id = secrets.get("component_app_id") or secrets.get("app_id", "")
    if end > len(clear) or clear[end:] != app_id.encode():
        raise ForgedMessage
    return clear[20:end]


def _sealed(body: bytes) -> str:
    if body.lstrip().startswith(b"<"):
        # A service provider's pushes are XML; nothing else of it is needed.
        found = _ENCRYPT.search(body)
        if found is None:
            raise ForgedMessage
        return found.group(1).decode()
    try:
        sealed = json.loads(body)["Encrypt"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ForgedMessage from error
    if not isinstance(sealed, str):
        raise ForgedMessage
    return sealed


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))


def _event(content: bytes) -> Mapping[str, Any]:
    if content.lstrip().startswith(b"<"):
        # A service provider is told in XML: the leaves, in each part that is read here.
        leaves = {name.decode(): value.decode() for name, value in _LEAF.findall(content)}
        parts = {*codes.TICKET_EVENTS.values(), "order_info"}
        return {**leaves, **{part: leaves for part in parts if f"<{part}>".encode() in content}}
    try:
        event = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _changed(event: Mapping[str, Any], name: str, subject: Subject, key: str) -> Sequence[Changed]:
    about = event.get(key)
    if not isinstance(about, dict):
        return ()
    number = about.get("after_sale_order_id" if subject is Subject.TICKET else "order_id")
    if not number:
        return ()
    # The platform gives a push no number of its own.
    what = about.get("status") or about.get("complaint_status") or ""
    said = (name, number, what, event.get("CreateTime") or "")
    return (Changed(subject, str(number), ":".join(map(str, said))),)
