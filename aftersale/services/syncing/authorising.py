"""Connecting a shop by its platform's own page: there, back, and asked once more (SPEC P1).

`begin` gives the address of the page; the platform leads back with a code and the state of the
row that `begin` wrote. `come_back` takes it once, from the same person, and turns the code into
secrets that are tried. A shop that is connected goes on with them; for another the owner is asked
whether it is the right one, and `confirm` connects it. Nothing else is ever stored.
"""

import secrets as randomness
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b

from django.contrib.auth.models import User

from aftersale.domain.multilingual import said as _
from aftersale.models import PlatformAccount, PlatformAuthorisation, Shop
from aftersale.platforms import registry
from aftersale.platforms.authorisation import Authorisation
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Account, NotAuthorised, NotCarriedOut
from aftersale.services.access.rights import Right, require
from aftersale.services.shared.errors import NotFound, Refused

from . import access, accounts

# For the way there, logging in and reading; and again for the question afterwards.
LASTS = timedelta(minutes=15)
_LONGEST_CODE = 2000


def begin(
    *,
    shop_id: int,
    platform: str,
    app: Mapping[str, str],
    address: str,
    redirect: str,
    user: User,
    now: datetime,
) -> str:
    """The address of the platform's page. `app`: an app's own credentials; without any, those with
    which the shop is connected, else the installation's."""
    require(user, shop_id, Right.CHANGE_SHOP)
    how = _how(platform)
    if not redirect:
        raise Refused(_("The address of this desk (SITE_URL) is not set: ask who installed it."))
    shop = Shop.objects.get(pk=shop_id)
    account = PlatformAccount.objects.select_related("shop").filter(shop=shop).first()
    if account is not None:
        if account.platform != platform:
            raise Refused(_("The shop is connected already."))
        address = account.address
    accounts.check_place(shop, address)
    given, ours = _app(how, platform, app, account)
    _forget_of(shop_id, user)
    state = randomness.token_urlsafe(32)
    PlatformAuthorisation.objects.create(
        shop=shop,
        user=user,
        platform=platform,
        address=address,
        state_hash=_hash(state),
        installations_app=ours,
        sealed=registry.sealed({} if ours else given),
        expires_at=now + LASTS,
    )
    return how.page(given, address, redirect, state)


def come_back(*, platform: str, state: str, user: User, now: datetime) -> PlatformAuthorisation:
    """The way that this answer ends, taken once. Raises NotFound for an answer that belongs to
    nothing here: forged, late, used before, of another person or another platform."""
    rows = PlatformAuthorisation.objects.filter(
        state_hash=_hash(state), user=user, platform=platform
    )
    if not rows.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        raise NotFound(
            _(
                "This answer belongs to no connection that you have begun here, or it came too"
                " late. Nothing was stored: begin again on the shop's page."
            )
        )
    return rows.select_related("shop").get()


def finish(row: PlatformAuthorisation, *, code: str, user: User, now: datetime) -> bool:
    """Turns the code into an access that works. True: the shop goes on with it; False: it waits
    for `confirm`. Raises Refused, and NotAllowed where the role has changed meanwhile."""
    try:
        require(user, row.shop_id, Right.CHANGE_SHOP)
        return _finish(row, code, user, now)
    except BaseException:
        row.delete()
        raise


def confirm(*, shop_id: int, pays_fast_refunds: bool, user: User, now: datetime) -> None:
    """Connects the shop with what was granted."""
    require(user, shop_id, Right.CHANGE_SHOP)
    row = waiting(shop_id=shop_id, user=user, now=now)
    if row is None:
        raise Refused(_("This authorisation is over. Begin again: nothing was stored."))
    accounts.store(
        PlatformAccount(
            shop=row.shop,
            platform=row.platform,
            address=row.address,
            installations_app=row.installations_app,
            name_there=row.name_there,
            pays_fast_refunds=pays_fast_refunds,
        ),
        _secrets(row),
        user=user,
        now=now,
    )
    _forget_of(shop_id, user)


def drop(*, shop_id: int, user: User) -> None:
    """Forgets access that was granted for another shop by mistake."""
    require(user, shop_id, Right.CHANGE_SHOP)
    _forget_of(shop_id, user)


def waiting(*, shop_id: int, user: User, now: datetime) -> PlatformAuthorisation | None:
    """The access granted to the person for the shop, still to be confirmed."""
    rows = PlatformAuthorisation.objects.select_related("shop").filter(
        shop=shop_id, user=user, granted_at__isnull=False, expires_at__gt=now
    )
    return rows.first()


def forget(*, now: datetime) -> None:
    """Deletes what nobody has come back to."""
    PlatformAuthorisation.objects.filter(expires_at__lte=now).delete()


def _finish(row: PlatformAuthorisation, code: str, user: User, now: datetime) -> bool:
    if not code or len(code) > _LONGEST_CODE:
        text = _("%s has not let the app act for the shop. Nothing was stored.")
        raise Refused(text % registry.name_of(row.platform))
    how = _how(row.platform)
    asks = Account(
        shop_code=row.shop.code,
        secrets={**_besides(how, row), **_secrets(row)},
        address=row.address,
    )
    try:
        granted = how.exchange(asks, code, now)
    except TimedOut:
        raise Refused(_("Nothing was stored: the platform did not answer in time.")) from None
    except NotCarriedOut as error:
        raise Refused(_("Nothing was stored: %s") % error) from error
    access_ = Account(shop_code=row.shop.code, secrets=granted, address=row.address)
    works, name = accounts.tried(row.platform, access_, now=now)
    ours = row.installations_app
    if PlatformAccount.objects.filter(shop=row.shop_id).exists():
        accounts.authorise_again(
            shop_id=row.shop_id, secrets=works, ours=ours, name=name, user=user, now=now
        )
        row.delete()
        return True
    shop_there = access.granted(row.platform, works)["shop_there"]
    if access.is_taken(row.platform, row.address, shop_there, but=row.shop_id):
        raise Refused(access.taken())
    kept = set(works) - set(_ours(row))
    row.sealed = registry.sealed({key: works[key] for key in kept})
    row.name_there, row.granted_at, row.expires_at = name, now, now + LASTS
    row.save(update_fields=["sealed", "name_there", "granted_at", "expires_at"])
    return False


def _how(platform: str) -> Authorisation:
    how = registry.authorisation(platform) if platform in registry.PLATFORMS else None
    if how is None:
        raise NotFound(_("This platform has no page for it: enter the credentials by hand."))
    return how


def _app(
    how: Authorisation, platform: str, given: Mapping[str, str], account: PlatformAccount | None
) -> tuple[Mapping[str, str], bool]:
    """The app's credentials, and whether they are the installation's."""
    ours = registry.installations_app(platform)
    if not any(given.values()):
        known = {} if account is None else _known(account)
        if account is not None and not account.installations_app and known:
            given = {secret.name: known.get(secret.name, "") for secret in how.app}
        elif ours:
            return ours, True
    return accounts.checked(how.app, given), False


def _known(account: PlatformAccount) -> Mapping[str, str]:
    """Nothing where they can't be read any more: an authorisation brings new ones."""
    try:
        return registry.secrets_in(account)
    except NotAuthorised:
        return {}


def _besides(how: Authorisation, row: PlatformAuthorisation) -> Mapping[str, str]:
    """The shop's credentials besides the app and its tokens, such as a return address."""
    account = PlatformAccount.objects.filter(shop=row.shop_id).first()
    known = {} if account is None else _known(account)
    apps = {secret.name for secret in how.app}
    return {name: value for name, value in known.items() if name not in apps}


def _secrets(row: PlatformAuthorisation) -> Mapping[str, str]:
    try:
        return {**_ours(row), **registry.unsealed(row.sealed)}
    except NotAuthorised:
        raise Refused(_("This authorisation is over. Begin again: nothing was stored.")) from None


def _ours(row: PlatformAuthorisation) -> Mapping[str, str]:
    return registry.installations_app(row.platform) if row.installations_app else {}


def _hash(state: str) -> str:
    return blake2b(state.encode(errors="replace"), digest_size=32).hexdigest()


def _forget_of(shop_id: int, user: User) -> None:
    PlatformAuthorisation.objects.filter(shop=shop_id, user=user).delete()
