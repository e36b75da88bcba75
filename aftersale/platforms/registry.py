"""Which platforms there are, and which one a shop is connected to."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.utils.translation import gettext_lazy

from aftersale.domain.multilingual import said as _
from aftersale.models import ConnectorKind, PlatformAccount, Shop
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


def name_of(code: str) -> str:
    return str(PLATFORMS[code][0]) if code in PLATFORMS else code


def secrets_of(code: str) -> tuple[Secret, ...]:
    """The credentials that an owner enters for a shop."""
    secrets: tuple[Secret, ...] = import_module(PLATFORMS[code][1]).SECRETS
    return secrets


def capabilities(code: str) -> frozenset[Can]:
    """What people can do on a platform from the desk."""
    if code not in PLATFORMS:
        return frozenset()
    _name, module, name = PLATFORMS[code]
    can: frozenset[Can] = getattr(import_module(module), name).can
    return can


def can(shop: Shop) -> frozenset[Can]:
    """What people can do from the desk in a shop; by hand they do the rest in its back office."""
    return capabilities(shop.platform) if shop.connector == ConnectorKind.PLATFORM else BY_HAND


def platform_of(shop: Shop) -> Platform | None:
    """None where the shop has no access to its platform."""
    account = PlatformAccount.objects.filter(shop=shop).select_related("shop").first()
    return None if account is None else platform_for(account)


def platform_for(account: PlatformAccount) -> Platform:
    """Raises NotAuthorised where the stored credentials can't be read."""
    _name, module, name = PLATFORMS[account.platform]
    platform: Platform = getattr(import_module(module), name)(
        Account(
            shop_code=account.shop.code,
            secrets=secrets_in(account),
            address=account.address,
        )
    )
    return platform


def secrets_in(account: PlatformAccount) -> Mapping[str, str]:
    try:
        secrets: dict[str, str] = json.loads(unseal(account.sealed))
    except SecretUnreadable as error:
        raise NotAuthorised(
            _("The stored credentials can't be read any more. Enter them again.")
        ) from error
    return secrets


def sealed(secrets: Mapping[str, str]) -> str:
    """As they are stored."""
    return seal(json.dumps(dict(secrets)))
