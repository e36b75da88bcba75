"""The names of a Xiaohongshu shop's credentials in `Account.secrets`."""

from django.utils.translation import gettext_lazy as _

from aftersale.platforms.protocol import Secret

SECRETS = (
    Secret("app_id", _("App ID"), True),
    # Signs each call, and the platform's messages.
    Secret("app_secret", _("App secret"), True),
    Secret(
        "code",
        _("Authorisation code"),
        False,
        _(
            "From the address that the authorisation page leads back to. It holds for ten minutes"
            " and once: access and refresh token come with it, and may stay empty here."
        ),
    ),
    Secret("access_token", _("Access token"), False),
    Secret(
        "refresh_token",
        _("Refresh token"),
        False,
        _(
            "With it the access token is renewed by itself. Without it, enter a new access token"
            " here every week."
        ),
    ),
    # One app's messages are about several shops: those of others are left out.
    Secret("seller_id", _("Seller number"), False),
    Secret(
        "push_key",
        _("Key in the message address"),
        False,
        _(
            "Entered here, messages are believed only where ?key= and this word stand at the end of"
            " the address in the console. Xiaohongshu does not sign what its messages say."
        ),
    ),
    Secret(
        "return_address_id",
        _("Return address number"),
        False,
        _("Needed where the shop has several return addresses on the platform."),
    ),
)
