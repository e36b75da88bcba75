"""Erased buyers: their stand-ins take the place of numbers that come in again (SPEC P7).

A number is recognised by an HMAC under a random key of the shop's own. The key stands in the
shop's row, sealed: a copy of the database alone does not open it, and a new SECRET_KEY seals it
anew instead of making all hashes worthless. Whoever writes buyers' numbers asks here first, in
their transaction and after the lock of arrivals, which erasing takes alone: so a number that was
on its way is either found by the erasure or replaced here.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

from aftersale.domain.identifiers import ERASED
from aftersale.domain.multilingual import said as _
from aftersale.models import ErasedBuyer, Shop
from aftersale.services.shared.errors import Refused
from config.secrets import SecretUnreadable, reseal, seal, unseal

# Tells without asking the database that a number is no stand-in.
PREFIX = ERASED

Buyer = tuple[int, str]


def new_stand_in() -> str:
    return PREFIX + secrets.token_hex(8)


def digest(shop: Shop, buyer: str) -> str:
    """The hash under the shop's key; the caller holds the shop's row where the key is yet to be
    made."""
    if not shop.erasure_key:
        shop.erasure_key = seal(secrets.token_hex(32))
        shop.save(update_fields=["erasure_key"])
    return _hash(shop.erasure_key, buyer)


def stand_ins(buyers: Iterable[Buyer]) -> dict[Buyer, str]:
    """The stand-ins of those among the buyers, by shop and number, who were erased."""
    wanted = set(buyers)
    shops = {shop for shop, _buyer in wanted}
    keys = dict(
        Shop.objects.filter(pk__in=shops).exclude(erasure_key="").values_list("pk", "erasure_key")
    )
    if not keys:
        return {}
    hashes = {
        (shop, _hash(keys[shop], buyer)): (shop, buyer) for shop, buyer in wanted if shop in keys
    }
    rows = ErasedBuyer.objects.filter(
        shop__in=keys, digest__in=[hashed for _shop, hashed in hashes]
    ).values_list("shop", "digest", "stand_in")
    return {
        hashes[shop, hashed]: stand_in
        for shop, hashed, stand_in in rows
        if (shop, hashed) in hashes
    }


def here(shop_id: int, buyer: str) -> str:
    """The number as it may be stored: the stand-in of an erased buyer, else the number."""
    return stand_ins([(shop_id, buyer)]).get((shop_id, buyer), buyer)


def erased_since(buyers: Iterable[Buyer]) -> Mapping[Buyer, datetime]:
    """When the buyers of stand-ins were erased, by shop and stand-in; others are left out."""
    wanted = {one for one in buyers if one[1].startswith(PREFIX)}
    if not wanted:
        return {}
    rows = ErasedBuyer.objects.filter(
        shop__in={shop for shop, _buyer in wanted}, stand_in__in={buyer for _shop, buyer in wanted}
    ).values_list("shop", "stand_in", "erased_at")
    return {(shop, stand_in): at for shop, stand_in, at in rows if (shop, stand_in) in wanted}


def seal_keys_anew() -> int:
    """Seals the shops' keys with the present SECRET_KEY, so that an earlier one may be given up;
    how many were sealed with another. An unreadable one is left: its shop takes nothing in."""
    found = 0
    for shop in Shop.objects.exclude(erasure_key="").only("pk", "erasure_key"):
        try:
            fresh = reseal(shop.erasure_key)
        except SecretUnreadable:
            continue
        if fresh is not None:
            same = Shop.objects.filter(pk=shop.pk, erasure_key=shop.erasure_key)
            found += same.update(erasure_key=fresh)
    return found


def _hash(sealed: str, buyer: str) -> str:
    try:
        key = unseal(sealed)
    except SecretUnreadable as unreadable:
        raise Refused(
            _(
                "Buyers who were erased can't be recognised: SECRET_KEY was changed. An operator"
                " must put the earlier one into SECRET_KEY_FALLBACKS; until then nothing about"
                " buyers is taken in."
            )
        ) from unreadable
    return hmac.new(
        key.encode(), buyer.encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()
