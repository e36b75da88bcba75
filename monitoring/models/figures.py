"""What the desk did on each shop-local day, counted once the day is over (SPEC M2)."""

from django.db import models

from aftersale.models import Shop


class DeskDay(models.Model):
    """A day of a shop that is counted. Its ends are kept: a shop that changes its time zone has
    other days from then on, and these are counted anew."""

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
    what = models.CharField(max_length=16)
    kind = models.CharField(max_length=32)
    key = models.CharField(max_length=32)
    number = models.PositiveIntegerField()
    amount = models.BigIntegerField()
    seconds = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "day", "what", "kind", "key"], name="desk_count_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.what}"


class StaleMoment(models.Model):
    """A moment of the past whose rows have changed: its day, if counted, is counted again.

    Triggers write it in the transaction that changes the rows (migration 0003), whoever does so.
    Each transaction has rows of its own: none waits for another's, and what counts a day deletes
    only the rows that it saw before it counted. `at` is rounded down to a quarter of an hour,
    which no time zone's midnight lies within.
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
