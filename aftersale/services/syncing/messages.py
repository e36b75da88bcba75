"""A platform's messages: believed only with its signature, kept once, followed by a task."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

import structlog
from django.db import transaction

from aftersale.domain.identifiers import clean_identifier
from aftersale.models import PlatformAccount, PlatformMessage
from aftersale.platforms import registry
from aftersale.platforms.protocol import Changed, ForgedMessage, Platform, PushesSecrets

from . import access
from .wake import wake_reader

log = structlog.get_logger(__name__)

# The platforms repeat a message within hours; the rounds find what was missed.
KEPT = timedelta(days=7)
_REPLY = "success"


def receive(
    *,
    platform: str,
    shop_code: str,
    body: bytes,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    now: datetime,
) -> str:
    """Takes a message in; returns the answer that the platform expects.

    Raises ForgedMessage, for an unknown shop too: nobody learns which shops there are.
    """
    account, speaker = _addressed(platform, shop_code)
    _keep(account, _named_changes(account, speaker, body, headers, query), now)
    return str(getattr(speaker, "reply", _REPLY))


def receive_for_app(
    *,
    platform: str,
    body: bytes,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    now: datetime,
) -> str:
    """Takes in a message of an app that has one address for all its shops.

    Each shop's own secrets say whether it is the app's and whether it is about this shop. Raises
    ForgedMessage where no shop here believes it.
    """
    reply = None
    for account in PlatformAccount.objects.filter(platform=platform).select_related("shop"):
        try:
            speaker = _speaker(account)
            told = _named_changes(account, speaker, body, headers, query)
        except ForgedMessage:
            continue
        _keep(account, told, now)
        reply = str(getattr(speaker, "reply", _REPLY))
    if reply is None:
        raise ForgedMessage
    return reply


def challenge(*, platform: str, shop_code: str, query: Mapping[str, str]) -> str:
    """The answer when a platform first tries the address; raises ForgedMessage."""
    return _challenged(_addressed(platform, shop_code), query)


def challenge_for_app(*, platform: str, query: Mapping[str, str]) -> str:
    """The same for an app that has one address for all its shops."""
    for account in PlatformAccount.objects.filter(platform=platform).select_related("shop"):
        try:
            return _challenged((account, _speaker(account)), query)
        except ForgedMessage:
            continue
    raise ForgedMessage


def forget(*, now: datetime) -> None:
    """Deletes messages that were followed long ago."""
    old = PlatformMessage.objects.filter(received_at__lt=now - KEPT)
    old.filter(followed_at__isnull=False).delete()


def _named_changes(
    account: PlatformAccount,
    speaker: Platform,
    body: bytes,
    headers: Mapping[str, str],
    query: Mapping[str, str],
) -> Sequence[Changed]:
    try:
        if isinstance(speaker, PushesSecrets):
            pushed = speaker.pushed_secrets(body=body, headers=headers, query=query)
            if pushed is not None:
                access.take_in(account, pushed)
                return ()
        return speaker.messages(body=body, headers=headers, query=query)
    except ForgedMessage:
        raise
    except Exception as error:
        # An unreadable message is not believed. Logged without the error's text, which may quote
        # it.
        log.error("platform_message_unread", shop=account.shop_id, error=type(error).__name__)
        raise ForgedMessage from error


def _keep(account: PlatformAccount, told: Sequence[Changed], now: datetime) -> None:
    rows = [
        PlatformMessage(
            account=account,
            message_id=_short(change.message_id),
            subject=change.subject.value,
            number=number,
            received_at=now,
        )
        for change in told
        if (number := clean_identifier(change.number)) and _fits(number, change.message_id)
    ]
    if rows:
        with transaction.atomic():
            PlatformMessage.objects.bulk_create(rows, ignore_conflicts=True)
            wake_reader(account.pk)


def _challenged(addressed: tuple[PlatformAccount, Platform], query: Mapping[str, str]) -> str:
    account, speaker = addressed
    try:
        answer = speaker.challenge(query)
    except ForgedMessage:
        raise
    except Exception as error:
        log.error("platform_challenge_unread", shop=account.shop_id, error=type(error).__name__)
        raise ForgedMessage from error
    if answer is None:
        raise ForgedMessage
    return answer


def _addressed(platform: str, shop_code: str) -> tuple[PlatformAccount, Platform]:
    if "\0" in platform + shop_code:
        raise ForgedMessage
    accounts = PlatformAccount.objects.select_related("shop")
    account = accounts.filter(platform=platform, shop__code=shop_code).first()
    if account is None:
        raise ForgedMessage
    return account, _speaker(account)


def _speaker(account: PlatformAccount) -> Platform:
    try:
        return registry.platform_for(account)
    except Exception as error:
        log.error("platform_not_opened", shop=account.shop_id, error=type(error).__name__)
        raise ForgedMessage from error


def _fits(number: str, message_id: str) -> bool:
    return len(number) <= 64 and "\0" not in message_id


def _short(message_id: str) -> str:
    if len(message_id) <= 128:
        return message_id
    return blake2b(message_id.encode(), digest_size=32).hexdigest()
