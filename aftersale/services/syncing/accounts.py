"""Connecting a shop to its platform, and what owners do to the connection (SPEC P1).

Raises NotFound, NotAllowed and Refused having written nothing. Secrets go in and never out; the
audit trail says that they were set, not what they are.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace as replace_secrets
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.models import AuditKind, ConnectorKind, PlatformAccount, Shop
from aftersale.platforms import registry
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import (
    Account,
    NotAuthorised,
    NotCarriedOut,
    Secret,
    WaitsForPush,
)
from aftersale.services.access.rights import Right, require
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.signals import shop_changed

from . import access, health
from .wake import wake_reader

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
    """With credentials that an owner has entered; they are tried before anything is stored."""
    require(user, shop_id, Right.CHANGE_SHOP)
    if platform not in registry.PLATFORMS:
        raise Refused(_("Choose a platform."), pointer="platform")
    entered = checked(registry.secrets_of(platform), secrets)
    shop = Shop.objects.get(pk=shop_id)
    check_place(shop, address)
    require_free(shop)
    access_ = Account(shop_code=shop.code, secrets=entered, address=address)
    works, name = tried(platform, access_, now=now)
    return store(
        PlatformAccount(
            shop=shop,
            platform=platform,
            address=address,
            name_there=name,
            pays_fast_refunds=pays_fast_refunds,
        ),
        works,
        user=user,
        now=now,
    )


def store(
    account: PlatformAccount, secrets: Mapping[str, str], *, user: User, now: datetime
) -> PlatformAccount:
    """From now on the shop's orders and tickets come from its platform, and its refunds go there.

    `secrets` were tried. What is open there by now is for people, until they ask for it to be
    evaluated.
    """
    shop_id, platform = account.shop_id, account.platform
    with transaction.atomic():
        shop = locks.lock_shop(shop_id)
        check_place(shop, account.address)
        require_free(shop)
        account.shop = shop
        account.connected_at, account.connected_by = now, user
        account.orders_until = account.tickets_until = now - health.FIRST_LOOK
        account.next_round_at = now
        _keep(account, secrets)
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
    """Replaces all credentials: parts of the old ones would not fit the new. They are tried before
    anything is stored, and reading goes on."""
    require(user, shop_id, Right.CHANGE_SHOP)
    there = PlatformAccount.objects.select_related("shop").filter(shop=shop_id).first()
    if there is None:
        raise _not_connected()
    check_place(there.shop, address)
    entered = checked(registry.secrets_of(there.platform), secrets)
    access_ = Account(shop_code=there.shop.code, secrets=entered, address=address)
    works, name = tried(there.platform, access_, now=now)
    with transaction.atomic():
        account = _locked_account(shop_id)
        account.address, account.installations_app = address, False
        changed = account.pays_fast_refunds != pays_fast_refunds
        account.pays_fast_refunds = pays_fast_refunds
        account.name_there = name
        _keep(account, works)
        _go_on(account, now)
        notes = [_("The credentials were replaced.")]
        if changed and pays_fast_refunds:
            notes.append(_("The platform pays fast refunds itself."))
        elif changed:
            notes.append(_("Fast refunds are paid from here."))
        _event(shop_id, now, user, joined("\n", notes))
        shop_changed.send(Shop, shop_id=shop_id, user=user, now=now)


def authorise_again(
    *, shop_id: int, secrets: Mapping[str, str], ours: bool, name: str, user: User, now: datetime
) -> None:
    """Stores access that the platform's own page has granted anew, and that was tried; reading goes
    on."""
    with transaction.atomic():
        account = _locked_account(shop_id)
        account.installations_app, account.name_there = ours, name
        _keep(account, secrets)
        _go_on(account, now)
        _event(shop_id, now, user, _("The access was authorised anew."))


def tried(platform: str, account: Account, *, now: datetime) -> tuple[Mapping[str, str], str]:
    """The secrets as they work, and the shop's name there.

    An access token that was entered is not renewed: many platforms take back the old one with the
    new one, which would be lost where the try fails. Raises Refused with what is wrong, in words.
    Nothing is locked or stored.
    """
    secrets = account.secrets
    speaker = registry.speaker(platform, account)
    try:
        try:
            name = speaker.test()
        except NotAuthorised:
            entered = "access_token" in secrets
            renewed = None if entered else speaker.renewed(now=now, refused=True)
            if renewed is None:
                raise
            secrets = {**secrets, **renewed}
            name = registry.speaker(platform, replace_secrets(account, secrets=secrets)).test()
    except WaitsForPush:
        # It can be pushed to a shop that is connected only.
        return secrets, ""
    except TimedOut:
        raise Refused(_("Nothing was stored: the platform did not answer in time.")) from None
    except NotCarriedOut as error:
        raise Refused(_("Nothing was stored: %s") % error) from error
    return secrets, name[:200]


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
    if name and name != account.name_there:
        PlatformAccount.objects.filter(pk=account.pk).update(name_there=name[:200])
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


def checked(known: Iterable[Secret], secrets: Mapping[str, str]) -> dict[str, str]:
    """Only what is known by name, without blanks; all that is needed."""
    kept = {}
    for name, label, needed, _help in known:
        value = secrets.get(name, "").strip()
        if needed and not value:
            raise Refused(_("%s is needed.") % label, pointer=name)
        if len(value) > _MOST or "\0" in value:
            raise Refused(_("At most %(most)d characters.") % {"most": _MOST}, pointer=name)
        if value:
            kept[name] = value
    return kept


def check_place(shop: Shop, address: str) -> None:
    """Another address than the platform's own is for trying things out."""
    if shop.is_demo and not address:
        # Its pages say that all refunds are simulated.
        raise Refused(
            _("A demo shop is connected to a simulated platform only."), pointer="address"
        )
    if address and settings.PRODUCTION:
        raise Refused(_("In production the platform's own address is used."), pointer="address")
    if (address and not address.startswith(("http://", "https://"))) or len(address) > 200:
        raise Refused(_("Expected an address like https://…"), pointer="address")


def require_free(shop: Shop) -> None:
    if PlatformAccount.objects.filter(shop=shop).exists():
        raise Refused(_("The shop is connected already."))


def _keep(account: PlatformAccount, secrets: Mapping[str, str]) -> None:
    """Writes the account with these secrets and what they are good for; within a transaction.

    Refused where they are of another shop there than before, or of one that has a shop here.
    """
    told = access.granted(account.platform, secrets)
    before = account.shop_there
    if before and told["shop_there"] and before != told["shop_there"]:
        raise Refused(
            _(
                "Nothing was stored: this is the access to another shop of the platform (%(other)s)"
                " than the one that is connected (%(shop)s). Log in there as that shop, or"
                " disconnect first."
            )
            % {"other": told["shop_there"], "shop": before}
        )
    if access.is_taken(account.platform, account.address, told["shop_there"], but=account.shop_id):
        raise Refused(access.taken())
    for name, value in told.items():
        setattr(account, name, value)
    account.sealed = registry.sealed_of(account, secrets)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError:
        raise Refused(access.taken()) from None


def _locked_account(shop_id: int) -> PlatformAccount:
    accounts = PlatformAccount.objects.filter(shop=shop_id)
    account = accounts.select_for_update(of=("self",), no_key=True).first()
    if account is None:
        raise _not_connected()
    return account


def _not_connected() -> NotFound:
    return NotFound(_("The shop is not connected to a platform."))


def _event(shop_id: int, now: datetime, user: User, note: str) -> None:
    trail.record(AuditKind.PLATFORM, shop_id=shop_id, user=user, now=now, note=note)
