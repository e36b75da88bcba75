"""The WeChat shop (视频号小店, 微信小店): its API, its codes and its pushes."""

from django.utils.translation import gettext_lazy as _

from .shop import WeChatShop

__all__ = ["SECRETS", "WeChatShop"]

# Name, label, and whether nothing works without it.
SECRETS = (
    ("app_id", _("AppID"), True),
    ("app_secret", _("AppSecret"), True),
    ("callback_token", _("Token of the message push"), False),
    ("callback_aes_key", _("EncodingAESKey of the message push"), False),
    # Kept up by `renewed`.
    ("access_token", _("Access token"), False),
    ("expires_at", _("Access token ends"), False),
)
