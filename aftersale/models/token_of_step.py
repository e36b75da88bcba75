"""The token of a program's step, beside the person whose rights it used (SPEC P6)."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class TokenOfStep(models.ForeignKey):
    """Named like the column of the person: `created_token` beside `created_by`, `token` beside
    `user`; pages then name the token, and not its maker (services/shared/shown.py).

    No database constraint: tokens are revoked, never deleted but with their shop.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("to", "aftersale.ApiToken")
        kwargs.setdefault("on_delete", models.DO_NOTHING)
        kwargs.setdefault("null", True)
        kwargs.setdefault("editable", False)
        kwargs.setdefault("related_name", "+")
        kwargs.setdefault("db_constraint", False)
        kwargs.setdefault("db_index", False)
        kwargs.setdefault("verbose_name", _("API token"))
        super().__init__(**kwargs)
