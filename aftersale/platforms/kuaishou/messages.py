"""Kuaishou's pushes: verified, then parsed.

The body is AES-CBC with the app's message secret and an empty vector, in Base64; there is no
signature beside it. Only who has the secret can have written a text that decrypts to an envelope
that names the app. Nothing of it is believed but the number: what changed is fetched.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from aftersale.platforms.kuaishou.values import identity, number
from aftersale.platforms.protocol import Changed, ForgedMessage, Subject

# Events of a ticket; the numbers are older names that are still sent.
TICKET_EVENTS = frozenset(
    {"kwaishop_aftersales_addRefund", "kwaishop_aftersales_updateRefund", "200", "207", "208"}
)
ORDER_EVENTS = frozenset(
    {
        "kwaishop_order_addOrder",
        "kwaishop_order_paySuccess",
        "kwaishop_order_delivering",
        "kwaishop_order_deliverySuccess",
        "kwaishop_order_orderSuccess",
        "kwaishop_order_orderFail",
        "kwaishop_order_totalFeeChange",
    }
)


def changes(body: bytes, secrets: Mapping[str, str]) -> Sequence[Changed]:
    """The changes that a push names. Test pushes and other sellers' name none; raises
    ForgedMessage."""
    envelope = _decrypted(body, secrets.get("message_secret", ""))
    if identity(envelope, "appKey") != secrets.get("app_key"):
        raise ForgedMessage
    if envelope.get("test") is True or not _of_this_seller(envelope, secrets):
        return ()
    event = identity(envelope, "event")
    info = _info(envelope)
    if event in TICKET_EVENTS:
        subject = Subject.TICKET
        changed = identity(info, "refundId") or identity(envelope, "bizId")
    elif event in ORDER_EVENTS:
        subject = Subject.ORDER
        changed = identity(info, "oid") or identity(envelope, "bizId")
    else:
        return ()
    if not changed:
        return ()
    at = (
        number(info, "updateTime")
        or number(info, "createTime")
        or number(envelope, "updateTime")
        or number(envelope, "createTime")
    )
    # A repeated push has another eventId and the same content; without any moment that is all there
    # is to tell two pushes apart.
    told = at or identity(envelope, "eventId")
    return (Changed(subject, changed, f"{changed}:{number(info, 'status')}:{told}"),)


def _of_this_seller(envelope: Mapping[str, Any], secrets: Mapping[str, str]) -> bool:
    """One app's pushes are about all shops that use it; without either name all are taken."""
    names = (("openId", secrets.get("open_id")), ("userId", secrets.get("seller_id")))
    given = [(identity(envelope, name), seller) for name, seller in names if seller]
    return not given or any(there == seller for there, seller in given)


def _decrypted(body: bytes, secret: str) -> Mapping[str, Any]:
    if not secret:
        raise ForgedMessage
    try:
        key = base64.b64decode(secret, validate=True)
        sealed = base64.b64decode(body.strip().strip(b'"'), validate=True)
        decryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).decryptor()
        padded = decryptor.update(sealed) + decryptor.finalize()
        unpadder = PKCS7(128).unpadder()
        envelope = json.loads(unpadder.update(padded) + unpadder.finalize())
    except ValueError:
        raise ForgedMessage from None
    if not isinstance(envelope, dict):
        raise ForgedMessage
    return envelope


def _info(envelope: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event's own values: an object, in a string."""
    info = envelope.get("info")
    if isinstance(info, str):
        try:
            info = json.loads(info)
        except ValueError:
            info = None
    return info if isinstance(info, dict) else {}
