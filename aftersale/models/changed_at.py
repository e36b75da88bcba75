"""When a row was last changed here, for programs that poll (`changed_after`, INTERFACES)."""

from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ChangedAtField(models.DateTimeField):
    """Written by the database: when the row is inserted, and by a trigger with each update."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("verbose_name", _("changed here at"))
        kwargs.setdefault("db_default", Now())
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)


def changed_index(name: str) -> BrinIndex:
    """BRIN: unlike a B-tree it leaves updates HOT, which rows in the evaluator's way must stay."""
    return BrinIndex(fields=["changed_at"], pages_per_range=16, name=name)
