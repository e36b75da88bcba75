"""The form of the log-in page, with what it says in the desk's own words."""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm


class LogInForm(AuthenticationForm):
    error_messages: ClassVar[dict[str, str | Promise]] = {
        **AuthenticationForm.error_messages,
        "invalid_login": _(
            "User name or password is wrong: mind capital and small letters. After five wrong"
            " passwords nobody gets in under the name for 15 minutes."
        ),
    }
