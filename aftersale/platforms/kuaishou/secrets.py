"""The names of a Kuaishou shop's credentials in `Account.secrets`."""

from django.utils.translation import gettext_lazy as _

from aftersale.platforms.protocol import Secret

SECRETS = (
    Secret("app_key", _("App key"), True),
    Secret("app_secret", _("App secret"), True),
    # Signs each call; another than the app secret.
    Secret("sign_secret", _("Signature secret"), True),
    Secret("access_token", _("Access token"), True),
    Secret(
        "refresh_token",
        _("Refresh token"),
        False,
        _(
            "With it the access token is renewed by itself. Without it, enter a new access token"
            " here every two days."
        ),
    ),
    # Decrypts messages; without it none is believed.
    Secret("message_secret", _("Message secret"), False),
    # One app's messages may be about several shops: those of others are left out.
    Secret("seller_id", _("Seller number"), False),
    # Where returns go; empty: the shop's default on the platform.
    Secret("return_address_id", _("Return address number"), False),
)
