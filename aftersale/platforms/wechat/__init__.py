"""The WeChat shop (视频号小店, 微信小店): its API, its codes and its pushes."""

from django.utils.translation import gettext_lazy as _

from aftersale.platforms.protocol import Secret

from .shop import WeChatShop

__all__ = ["SECRETS", "WeChatShop"]

SECRETS = (
    Secret("app_id", _("AppID"), True),
    Secret(
        "app_secret",
        _("AppSecret"),
        True,
        _("With both the access token is fetched and renewed by itself."),
    ),
    Secret("callback_token", _("Token of the message push"), False),
    Secret("callback_aes_key", _("EncodingAESKey of the message push"), False),
)
