"""Numbers that programs outside know rows by (docs/interfaces.md)."""

from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Cast


class PublicNumberField(models.CharField):
    """A random number, made by the database and never given twice.

    Row ids begin again after a backup was restored, so a program's message about an old row would
    hit a new one. Rows from before these numbers keep their row id, as text. `unique` is left to a
    constraint: a field's own would add a second index for LIKE.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 36)
        kwargs.setdefault("editable", False)
        kwargs.setdefault("db_default", Cast(RandomUUID(), models.CharField(max_length=36)))
        super().__init__(*args, **kwargs)
