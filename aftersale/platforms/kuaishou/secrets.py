"""The names of what a Kuaishou shop's access is made of, as `Account.secrets` has them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# Name, label, and whether nothing works without it.
SECRETS: tuple[tuple[str, Any, bool], ...] = (
    ("app_key", _("App key"), True),
    ("app_secret", _("App secret"), True),
    # Signs each call; another than the app secret.
    ("sign_secret", _("Signature secret"), True),
    ("access_token", _("Access token"), True),
    # With these two the access token is renewed; expires_at is written by `renewed`, ISO 8601.
    ("refresh_token", _("Refresh token"), False),
    ("expires_at", _("Access token valid until"), False),
    # Decrypts messages; without it none is believed.
    ("message_secret", _("Message secret"), False),
    # One app's messages may be about several shops: those of others are left out.
    ("seller_id", _("Seller number"), False),
    # Where returns go; empty: the shop's default on the platform.
    ("return_address_id", _("Return address number"), False),
)
