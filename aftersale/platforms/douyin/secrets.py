"""The names of what a Douyin shop's access is made of, as `Account.secrets` has them."""

from django.utils.translation import gettext_lazy as _

from aftersale.platforms.protocol import Secret

SECRETS = (
    Secret("app_key", _("App key"), True),
    # Signs each call, and the platform's pushes.
    Secret("app_secret", _("App secret"), True),
    # Pushes and tokens of other shops are refused.
    Secret("shop_id", _("Shop number"), True),
    Secret(
        "code",
        _("Authorisation code"),
        False,
        _(
            "For an app of the service market: the code after the shop has authorised it, within"
            " 10 minutes. An app for own use needs none: its token is fetched by itself."
        ),
    ),
    Secret(
        "refresh_token",
        _("Refresh token"),
        False,
        _("Of an app that is authorised already, instead of a code."),
    ),
    Secret("access_token", _("Access token"), False),
    # Where returns go; empty: the shop's default on the platform.
    Secret("return_address_id", _("Return address number"), False),
)
