"""Figures of each shop-local day, counted once the day is over (SPEC M2)."""

from django.db import models

from aftersale.models import Shop
from aftersale.models.money import FenField


class DeskDay(models.Model):
    """A counted day of a shop. Keeps its ends: after a change of time zone the shop has other
    days, which are counted anew."""

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "day"], name="desk_day_once")]

    def __str__(self) -> str:
        return f"{self.day}"


class DeskCount(models.Model):
    """One figure of a counted day: how many rows of a source, of one kind and key, with the sums
    of their amounts (fen) and seconds. `monitoring/services/figures/sources.py` has the sources."""

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()
    source = models.CharField(max_length=16)
    kind = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    amount = FenField()
    seconds = models.BigIntegerField()
    # The newest ticket behind a product's figure; 0 for other sources.
    sample = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "day", "source", "kind", "key"], name="desk_count_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.source}"


class StaleMoment(models.Model):
    """Marks a past moment whose rows have changed: its day, if counted, is counted again.

    Triggers write it in the transaction that changes the rows (migration 0003). Each transaction
    has rows of its own, so that none waits for another; counting a day deletes only the marks that
    it saw before. `at` is rounded down to a quarter of an hour: no time zone's midnight lies
    between two of them.
    """

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    at = models.DateTimeField()
    written_by = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "at", "written_by"], name="stale_moment_once")
        ]

    def __str__(self) -> str:
        return f"{self.at}"
