"""Which platforms there are, and which one a shop is connected to."""

import json
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy

from aftersale.domain.multilingual import said as _
from aftersale.models import ConnectorKind, PlatformAccount, Shop
from aftersale.platforms import call_count
from aftersale.platforms.authorisation import Authorisation, Granted
from aftersale.platforms.capabilities import BY_HAND, Can
from aftersale.platforms.protocol import Account, NotAuthorised, Platform, Secret
from config.secrets import SecretUnreadable, seal, unseal

# Code: name, module and class. Imported when a shop is on it: each brings libraries of its own.
PLATFORMS: dict[str, tuple[Any, str, str]] = {
    "kuaishou": (gettext_lazy("Kuaishou shop"), "aftersale.platforms.kuaishou", "Kuaishou"),
    "wechat": (gettext_lazy("WeChat shop"), "aftersale.platforms.wechat", "WeChatShop"),
    "douyin": (gettext_lazy("Douyin shop"), "aftersale.platforms.douyin", "Douyin"),
    "xiaohongshu": (
        gettext_lazy("Xiaohongshu shop"),
        "aftersale.platforms.xiaohongshu",
        "Xiaohongshu",
    ),
}

# Calls that an app may make a day, where the platform publishes that.
CALLS_A_DAY = {"wechat": 500_000}


def name_of(code: str) -> str:
    return str(PLATFORMS[code][0]) if code in PLATFORMS else code


def secrets_of(code: str) -> tuple[Secret, ...]:
    """The credentials that an owner enters for a shop."""
    secrets: tuple[Secret, ...] = import_module(PLATFORMS[code][1]).SECRETS
    return secrets


def authorisation(code: str) -> Authorisation | None:
    """How a shop is connected by the platform's own page; None where credentials are entered."""
    found: Authorisation | None = getattr(import_module(PLATFORMS[code][1]), "AUTHORISATION", None)
    return found


def granted(code: str, secrets: Mapping[str, str]) -> Granted:
    """The known facts of an access with these secrets."""
    look = getattr(import_module(PLATFORMS[code][1]), "granted", None)
    return look(secrets) if look else Granted()


def installations_app(code: str) -> Mapping[str, str]:
    """The credentials of this installation's own app; empty where it has none on the platform."""
    found = authorisation(code)
    given = {name: value for name, value in settings.PLATFORM_APPS.get(code, {}).items() if value}
    whole = found and all(secret.name in given for secret in found.app if secret.needed)
    return given if whole else {}


def capabilities(code: str) -> frozenset[Can]:
    """The steps that people can take on a platform from the desk."""
    if code not in PLATFORMS:
        return frozenset()
    can: frozenset[Can] = class_of(code).can
    return can


def class_of(code: str) -> Any:
    _name, module, name = PLATFORMS[code]
    return getattr(import_module(module), name)


def can(shop: Shop) -> frozenset[Can]:
    """The steps that people can take from the desk in a shop; others are for its back office."""
    return capabilities(shop.platform) if shop.connector == ConnectorKind.PLATFORM else BY_HAND


def platform_of(shop: Shop) -> Platform | None:
    """None where the shop has no access to its platform."""
    account = PlatformAccount.objects.filter(shop=shop).select_related("shop").first()
    return None if account is None else platform_for(account)


def platform_for(account: PlatformAccount) -> Platform:
    """Raises NotAuthorised where the stored credentials can't be read."""
    secrets = secrets_in(account)
    app = call_count.app_of(account.platform, secrets)
    return speaker(
        account.platform,
        Account(
            shop_code=account.shop.code,
            secrets=secrets,
            address=account.address,
            count=partial(call_count.count, account.shop_id, app),
        ),
    )


def speaker(code: str, account: Account) -> Platform:
    """The platform for an access that need not be stored yet."""
    platform: Platform = class_of(code)(account)
    return platform


def secrets_in(account: PlatformAccount) -> Mapping[str, str]:
    """Those of the installation's app are the settings' own, and stored with no shop."""
    ours = installations_app(account.platform) if account.installations_app else {}
    return {**unsealed(account.sealed), **ours}


def unsealed(text: str) -> dict[str, str]:
    """Raises NotAuthorised where they can't be read any more."""
    try:
        secrets: dict[str, str] = json.loads(unseal(text))
    except SecretUnreadable as error:
        raise NotAuthorised(
            _("The stored credentials can't be read any more. Enter them again.")
        ) from error
    return secrets


def sealed(secrets: Mapping[str, str]) -> str:
    """As they are stored."""
    return seal(json.dumps(dict(secrets)))


def sealed_of(account: PlatformAccount, secrets: Mapping[str, str]) -> str:
    """The same for an account, without what the settings have."""
    ours = installations_app(account.platform) if account.installations_app else {}
    return sealed({name: value for name, value in secrets.items() if name not in ours})
