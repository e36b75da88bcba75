"""A platform to call, with credentials that do not run out meanwhile."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from django.db.models import Q

from aftersale.models import PlatformAccount
from aftersale.platforms import registry
from aftersale.platforms.protocol import Platform

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
            account.sealed = registry.sealed({**registry.secrets_in(account), **renewed})
            # Values that a person has entered meanwhile stay.
            same = PlatformAccount.objects.filter(pk=account.pk, sealed=before)
            if same.update(sealed=account.sealed):
                log.info("platform_credentials_renewed", shop=account.shop_id)
            else:
                account.refresh_from_db(fields=["sealed"])
            platform = registry.platform_for(account)
    finally:
        PlatformAccount.objects.filter(pk=account.pk, renewing_until=now + RENEWAL).update(
            renewing_until=None
        )
    return platform


def take_in(account: PlatformAccount, pushed: Mapping[str, str]) -> None:
    """Keeps secrets that the platform has pushed, beside all others.

    Another process may store a renewed token at the same time: then this is done anew on what it
    stored.
    """
    while True:
        before = PlatformAccount.objects.values_list("sealed", flat=True).get(pk=account.pk)
        account.sealed = before
        secrets = registry.secrets_in(account)
        if all(secrets.get(name) == value for name, value in pushed.items()):
            return
        sealed = registry.sealed({**secrets, **pushed})
        if PlatformAccount.objects.filter(pk=account.pk, sealed=before).update(sealed=sealed):
            account.sealed = sealed
            return
