"""Endpoints with their address, events and secret. For owners only (SPEC P1)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.multilingual import said as _
from aftersale.models import SwitchedOff, WebhookEndpoint, WebhookMessage, WebhookType
from aftersale.services.access.rights import Right, require, scoped
from aftersale.services.outbox.wake_webhooks import wake_teller
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.webhooks import public_addresses
from config.secrets import seal

from . import events
from .signing import new_secret

# Most endpoints of a shop.
MOST = 10
# How long the old secret also signs after a rotation.
OLD_SECRET_SIGNS = timedelta(hours=24)


def find(*, endpoint_id: int, user: User) -> WebhookEndpoint:
    """The endpoint, for owners alone: they decide addresses and events."""
    endpoint = scoped(WebhookEndpoint.objects.all(), user).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFound(_("There is no such webhook."))
    require(user, endpoint.shop_id, Right.CHANGE_SHOP)
    return endpoint


def create(
    *,
    shop_id: int,
    url: str,
    description: str,
    types: Sequence[str],
    by_program: bool = False,
    user: User,
    now: datetime,
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint, switched on, and its secret, which nobody can read again afterwards.

    `by_program`: a token made it, and it stays off until a person switches it on (SPEC P5).
    """
    require(user, shop_id, Right.CHANGE_SHOP)
    url, description, chosen = _checked(url, description, types)
    secret = new_secret()
    with transaction.atomic():
        # Under the shop's lock, so that two people at once don't both add the last one.
        locks.lock_shop(shop_id)
        if WebhookEndpoint.objects.filter(shop=shop_id).count() >= MOST:
            raise Refused(_("A shop has at most %(most)d webhooks.") % {"most": MOST})
        endpoint = WebhookEndpoint.objects.create(
            shop_id=shop_id,
            url=url,
            description=description,
            types=chosen,
            secret=seal(secret),
            created_at=now,
            created_by=user,
            enabled=not by_program,
            off_because=SwitchedOff.NEEDS_PERSON if by_program else "",
            off_at=now if by_program else None,
        )
        events.write(endpoint, _("made, told of: %s") % ", ".join(chosen), user=user, now=now)
    return endpoint, secret


def change(
    *,
    endpoint_id: int,
    url: str,
    description: str,
    types: Sequence[str],
    by_program: bool = False,
    user: User,
    now: datetime,
) -> WebhookEndpoint:
    """Changes an endpoint; waiting messages go to the new address, too.

    `by_program`: a token changes it; with another address it is off until a person switches it on
    (SPEC P5).
    """
    find(endpoint_id=endpoint_id, user=user)
    url, description, chosen = _checked(url, description, types)
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        if (endpoint.url, endpoint.description, endpoint.types) == (url, description, chosen):
            return endpoint
        if endpoint.url != url:
            # Failures of the old address say nothing about the new one.
            endpoint.failing_since, endpoint.failures, endpoint.next_try_at = None, 0, None
            if by_program:
                endpoint.enabled, endpoint.off_at = False, now
                endpoint.off_because = SwitchedOff.NEEDS_PERSON
        endpoint.url, endpoint.description, endpoint.types = url, description, chosen
        endpoint.save()
        events.write(endpoint, _("changed, told of: %s") % ", ".join(chosen), user=user, now=now)
        wake_teller([endpoint.shop_id])
    return endpoint


def rotate(*, endpoint_id: int, user: User, now: datetime) -> tuple[WebhookEndpoint, str]:
    """Makes a new secret; for 24 hours the old one signs as well."""
    find(endpoint_id=endpoint_id, user=user)
    secret = new_secret()
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        endpoint.old_secret = endpoint.secret
        endpoint.old_secret_until = now + OLD_SECRET_SIGNS
        endpoint.secret = seal(secret)
        endpoint.save()
        events.write(endpoint, _("secret rotated"), user=user, now=now)
    return endpoint, secret


def switch_on(*, endpoint_id: int, user: User, now: datetime) -> WebhookEndpoint:
    """Switches an endpoint on: waiting messages go out; events while it was off are not sent."""
    find(endpoint_id=endpoint_id, user=user)
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        if not endpoint.enabled:
            endpoint.enabled, endpoint.off_because, endpoint.off_at = True, "", None
            endpoint.failing_since, endpoint.failures, endpoint.next_try_at = None, 0, None
            endpoint.save()
            events.write(endpoint, _("switched on"), user=user, now=now)
            wake_teller([endpoint.shop_id])
    return endpoint


def switch_off(*, endpoint_id: int, user: User, now: datetime) -> WebhookEndpoint:
    """Switches an endpoint off: nothing goes out; waiting messages are kept."""
    find(endpoint_id=endpoint_id, user=user)
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        if endpoint.enabled:
            endpoint.enabled, endpoint.off_because = False, SwitchedOff.BY_HAND
            endpoint.off_at = now
            endpoint.save()
            events.write(endpoint, _("switched off"), user=user, now=now)
    return endpoint


def remove(*, endpoint_id: int, user: User, now: datetime) -> None:
    """Removes an endpoint and its log; a message written at this moment is deleted later."""
    find(endpoint_id=endpoint_id, user=user)
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        events.write(endpoint, _("removed"), user=user, now=now)
        WebhookMessage.objects.filter(endpoint=endpoint).delete()
        endpoint.delete()


def _locked(endpoint_id: int) -> WebhookEndpoint:
    endpoint = locks.lock_webhook_endpoint(endpoint_id)
    if endpoint is None:
        raise NotFound(_("There is no such webhook."))
    return endpoint


def _checked(url: str, description: str, types: Sequence[str]) -> tuple[str, str, list[str]]:
    url, description = url.strip(), description.strip()
    wrong = public_addresses.why_not(url)
    if wrong:
        raise Refused(_wrong(wrong), pointer="url")
    if len(description) > 200 or "\0" in description:
        raise Refused(_("At most %(most)d characters.") % {"most": 200}, pointer="description")
    chosen = [kind.value for kind in WebhookType if kind in types]
    if not chosen or len(chosen) != len(set(types)):
        raise Refused(_("Choose what it is to be told of."), pointer="types")
    return url, description, chosen


def _wrong(word: str) -> str:
    return {
        "malformed": _("This is no address of the web."),
        "not_https": _("The address must begin with https://."),
        "credentials": _("No user name or password in the address: the signature proves us."),
        "private": _("This address is not public; nothing is sent into private networks."),
    }[word]
