"""The WeChat shop (视频号小店, 微信小店): its API, its codes and its pushes."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from aftersale.platforms.authorisation import Granted
from aftersale.platforms.protocol import Secret

from .shop import WeChatShop

__all__ = ["SECRETS", "WeChatShop", "granted"]

SECRETS = (
    Secret("app_id", _("AppID"), True),
    Secret(
        "app_secret",
        _("AppSecret"),
        False,
        _("With both the access token is fetched and renewed by itself."),
    ),
    Secret(
        "component_app_id",
        _("AppID of the service provider's platform"),
        False,
        _("Only where a service provider's app acts for the shop, instead of the shop's own."),
    ),
    Secret("component_app_secret", _("AppSecret of the service provider's platform"), False),
    Secret("authorizer_refresh_token", _("Refresh token of the shop's authorisation"), False),
    Secret(
        "component_verify_ticket",
        _("Verify ticket of the service provider's platform"),
        False,
        _("Pushed every ten minutes, and kept by itself once the first has come."),
    ),
    Secret("callback_token", _("Token of the message push"), False),
    Secret("callback_aes_key", _("EncodingAESKey of the message push"), False),
)


def granted(secrets: Mapping[str, str]) -> Granted:
    """The shop's own app, or a provider's until the shop withdraws it: neither ends by itself."""
    return Granted(shop=secrets.get("app_id", ""))
