"""A platform to call, with credentials that do not run out meanwhile."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db.models import Q

from aftersale.models import PlatformAccount
from aftersale.platforms import registry
from aftersale.platforms.protocol import Platform

log = structlog.get_logger(__name__)

# A renewal is one call; after that somebody else may try.
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
            # What a person has entered meanwhile stays.
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
