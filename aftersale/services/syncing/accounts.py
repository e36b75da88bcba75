"""Connecting a shop to its platform, and what owners do to the connection (SPEC P1).

Raises NotFound, NotAllowed and Refused having written nothing. Secrets go in and never out; the
shop's events say that they were set, not what they are.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.models import ConnectorKind, PlatformAccount, Shop, ShopEvent, ShopEventKind
from aftersale.platforms import registry
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import NotCarriedOut
from aftersale.services.access.rights import Right, require
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.signals import shop_changed

from . import access, health
from .wake import wake_reader

# How far back the first round reads.
FIRST_LOOK = timedelta(days=30)
_MOST = 4000


def connect(
    *,
    shop_id: int,
    platform: str,
    secrets: Mapping[str, str],
    address: str,
    pays_fast_refunds: bool,
    user: User,
    now: datetime,
) -> PlatformAccount:
    """From now on the shop's orders and tickets come from its platform, and its refunds go there.

    What is open there by now is for people, until they ask for it to be evaluated.
    """
    require(user, shop_id, Right.CHANGE_SHOP)
    if platform not in registry.PLATFORMS:
        raise Refused(_("Choose a platform."), pointer="platform")
    sealed = registry.sealed(_checked(platform, secrets))
    _check_address(address)
    with transaction.atomic():
        shop = locks.lock_shop(shop_id)
        if shop.is_demo and not address:
            # Its pages say that all refunds are simulated.
            raise Refused(
                _("A demo shop is connected to a simulated platform only."), pointer="address"
            )
        if PlatformAccount.objects.filter(shop=shop).exists():
            raise Refused(_("The shop is connected already."))
        account = PlatformAccount.objects.create(
            shop=shop,
            platform=platform,
            address=address,
            sealed=sealed,
            pays_fast_refunds=pays_fast_refunds,
            connected_at=now,
            connected_by=user,
            orders_until=now - FIRST_LOOK,
            tickets_until=now - FIRST_LOOK,
            next_round_at=now,
        )
        shop.platform = platform
        shop.connector = ConnectorKind.PLATFORM
        shop.save(update_fields=["platform", "connector"])
        _event(shop_id, now, user, _("Connected to: %s") % registry.name_of(platform))
        # The evaluator reads how refunds are paid, so it must not be deciding just now.
        shop_changed.send(Shop, shop_id=shop_id, user=user, now=now)
        wake_reader(account.pk)
    return account


def replace(
    *,
    shop_id: int,
    secrets: Mapping[str, str],
    address: str,
    pays_fast_refunds: bool,
    user: User,
    now: datetime,
) -> None:
    """Replaces all credentials: parts of the old ones would not fit the new. Reading goes on."""
    require(user, shop_id, Right.CHANGE_SHOP)
    _check_address(address)
    with transaction.atomic():
        account = _locked_account(shop_id)
        account.sealed = registry.sealed(_checked(account.platform, secrets))
        account.address = address
        changed = account.pays_fast_refunds != pays_fast_refunds
        account.pays_fast_refunds = pays_fast_refunds
        account.save(update_fields=["sealed", "address", "pays_fast_refunds"])
        _go_on(account, now)
        notes = [_("The credentials were replaced.")]
        if changed and pays_fast_refunds:
            notes.append(_("The platform pays fast refunds itself."))
        elif changed:
            notes.append(_("Fast refunds are paid from here."))
        _event(shop_id, now, user, joined("\n", notes))
        shop_changed.send(Shop, shop_id=shop_id, user=user, now=now)


def disconnect(*, shop_id: int, user: User, now: datetime) -> None:
    """Forgets the credentials; orders and tickets stay, and refunds are paid by hand again."""
    require(user, shop_id, Right.CHANGE_SHOP)
    with transaction.atomic():
        shop = locks.lock_shop(shop_id)
        account = _locked_account(shop_id)
        name = registry.name_of(account.platform)
        account.delete()
        if shop.connector == ConnectorKind.PLATFORM:
            shop.connector = ConnectorKind.MANUAL
            shop.save(update_fields=["connector"])
        _event(shop_id, now, user, _("Disconnected from: %s") % name)
        shop_changed.send(Shop, shop_id=shop_id, user=user, now=now)


def test(*, shop_id: int, user: User, clock: Callable[[], datetime]) -> str:
    """Calls the platform; returns the shop's name there.

    Raises Refused with what is wrong, in words. Reading that had stopped over the credentials goes
    on.
    """
    require(user, shop_id, Right.CHANGE_SHOP)
    account = PlatformAccount.objects.select_related("shop").filter(shop=shop_id).first()
    if account is None:
        raise _not_connected()
    try:
        name = access.ready(account, clock=clock, refused=account.stopped).test()
    except TimedOut:
        raise Refused(
            _("The platform did not answer in time, or not in a form that can be read.")
        ) from None
    except NotCarriedOut as error:
        raise Refused(str(error)) from error
    if account.stopped:
        now = clock()
        with transaction.atomic():
            account = _locked_account(shop_id)
            _go_on(account, now)
            _event(shop_id, now, user, _("Reading from the platform goes on."))
    return name


def _go_on(account: PlatformAccount, now: datetime) -> None:
    PlatformAccount.objects.filter(pk=account.pk).update(next_round_at=now, **health.WELL)
    wake_reader(account.pk)


def _checked(platform: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """Only what the platform knows by name, without blanks; all that it needs."""
    checked = {}
    for name, label, needed, _help in registry.secrets_of(platform):
        value = secrets.get(name, "").strip()
        if needed and not value:
            raise Refused(_("%s is needed.") % label, pointer=name)
        if len(value) > _MOST or "\0" in value:
            raise Refused(_("At most %(most)d characters.") % {"most": _MOST}, pointer=name)
        if value:
            checked[name] = value
    return checked


def _check_address(address: str) -> None:
    """Another address than the platform's own is for trying things out."""
    if address and settings.PRODUCTION:
        raise Refused(_("In production the platform's own address is used."), pointer="address")
    if (address and not address.startswith(("http://", "https://"))) or len(address) > 200:
        raise Refused(_("Expected an address like https://…"), pointer="address")


def _locked_account(shop_id: int) -> PlatformAccount:
    accounts = PlatformAccount.objects.filter(shop=shop_id)
    account = accounts.select_for_update(of=("self",), no_key=True).first()
    if account is None:
        raise _not_connected()
    return account


def _not_connected() -> NotFound:
    return NotFound(_("The shop is not connected to a platform."))


def _event(shop_id: int, now: datetime, user: User, note: str) -> None:
    ShopEvent.objects.create(
        shop_id=shop_id, at=now, user=user, kind=ShopEventKind.PLATFORM, note=note
    )
