"""A platform to call, with credentials that do not run out meanwhile; what they are good for."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q

from aftersale.domain.multilingual import said as _
from aftersale.models import PlatformAccount
from aftersale.platforms import registry
from aftersale.platforms.protocol import NotAuthorised, Platform

log = structlog.get_logger(__name__)

# A renewal is one call; after this long somebody else may try.
RENEWAL = timedelta(seconds=30)


def ready(
    account: PlatformAccount, *, clock: Callable[[], datetime], refused: bool = False
) -> Platform:
    """The account's platform; its credentials are renewed first where they run out soon, or where
    the platform has `refused` those that the account was read with.

    One process at a time renews: many platforms take back the old token with the new one. Who
    finds another at it goes on with what is there. Raises NotAuthorised, and what a call raises.
    """
    now = clock()
    platform = registry.platform_for(account)
    mine = PlatformAccount.objects.filter(pk=account.pk).filter(
        Q(renewing_until=None) | Q(renewing_until__lte=now)
    )
    if not mine.update(renewing_until=now + RENEWAL):
        return platform
    try:
        # Somebody may have renewed or replaced them since they were read.
        tried = account.sealed
        account.refresh_from_db(fields=["sealed"])
        platform = registry.platform_for(account)
        renewed = platform.renewed(now=now, refused=refused and account.sealed == tried)
        if renewed is not None:
            before = account.sealed
            secrets = {**registry.secrets_in(account), **renewed}
            account.sealed = registry.sealed_of(account, secrets)
            told = granted(account.platform, secrets)
            del told["shop_there"]
            # Values that a person has entered meanwhile stay.
            same = PlatformAccount.objects.filter(pk=account.pk, sealed=before)
            if same.update(sealed=account.sealed, **told):
                log.info("platform_credentials_renewed", shop=account.shop_id)
            else:
                account.refresh_from_db(fields=["sealed"])
            platform = registry.platform_for(account)
    finally:
        PlatformAccount.objects.filter(pk=account.pk, renewing_until=now + RENEWAL).update(
            renewing_until=None
        )
    if not account.shop_there:
        _identify(account)
    return platform


def granted(code: str, secrets: Mapping[str, str]) -> dict[str, Any]:
    """The columns of an account that say which shop its access is to, what for, and until when."""
    told = registry.granted(code, secrets)
    return {
        "shop_there": told.shop[:128],
        "scopes": list(told.scopes),
        "authorised_until": told.until,
        "warned_from": told.until and told.until - told.warn,
    }


def is_taken(code: str, address: str, shop_there: str, *, but: int) -> bool:
    """Whether another shop here than `but` is connected to that shop there."""
    others = PlatformAccount.objects.filter(
        platform=code, address=address, shop_there=shop_there
    ).exclude(shop=but)
    return bool(shop_there) and others.exists()


def taken() -> str:
    """Names no shop: whoever reads it need not know of the other one."""
    return _("That shop of the platform is connected to another shop here already.")


def _identify(account: PlatformAccount) -> None:
    """Keeps the number of the shop there, once it is known."""
    secrets = registry.secrets_in(account)
    shop_there = granted(account.platform, secrets)["shop_there"]
    if is_taken(account.platform, account.address, shop_there, but=account.shop_id):
        raise NotAuthorised(taken())
    if shop_there:
        try:
            with transaction.atomic():
                PlatformAccount.objects.filter(pk=account.pk).update(shop_there=shop_there)
        except IntegrityError:
            raise NotAuthorised(taken()) from None


def take_in(account: PlatformAccount, pushed: Mapping[str, str]) -> None:
    """Keeps secrets that the platform has pushed, beside all others.

    Another process may store a renewed token at the same time: then this is done anew on what it
    stored.
    """
    while True:
        before = PlatformAccount.objects.values_list("sealed", flat=True).get(pk=account.pk)
        account.sealed = before
        secrets = registry.unsealed(before)
        if all(secrets.get(name) == value for name, value in pushed.items()):
            return
        sealed = registry.sealed({**secrets, **pushed})
        if PlatformAccount.objects.filter(pk=account.pk, sealed=before).update(sealed=sealed):
            account.sealed = sealed
            return
