"""Reading the feed: everything that happened in a shop, in the order of commit (INTERFACES)."""

from datetime import datetime
from typing import NamedTuple, Self

from django.db.models import BigIntegerField, Exists, Func, OuterRef, Q, TextField
from django.db.models.functions import Cast

from aftersale.domain.digits import whole_number
from aftersale.domain.multilingual import said as _
from aftersale.models import FeedEvent
from aftersale.services.shared.errors import Refused

from .log import KEPT

_AT_A_TIME = 10_000
_LARGEST = 2**63 - 1


class CursorGone(Refused):
    """The event that a program read last is not kept any more: it may have missed some.

    So after 30 days without reading, and after a backup was restored.
    """

    code = "cursor_gone"


class Cursor(NamedTuple):
    """The place of an event that was read."""

    transaction: int
    id: int

    def __str__(self) -> str:
        return f"{self.transaction}-{self.id}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None where the text is no cursor."""
        parts = [whole_number(part) for part in text.split("-")]
        match parts:
            case [int(transaction), int(pk)] if max(transaction, pk) <= _LARGEST:
                return cls(transaction, pk)
        return None

    @classmethod
    def of(cls, event: FeedEvent) -> Self:
        return cls(event.transaction, event.pk)


class _OldestUnderWay(Func):
    """The oldest transaction under way that may still write; all before it are settled."""

    template = "pg_snapshot_xmin(pg_current_snapshot())"
    output_field = TextField()


def events_after(*, shop_id: int, cursor: Cursor | None, most: int) -> list[FeedEvent]:
    """The next events after the cursor, `most` at most; from the oldest kept without one.

    Only events of transactions older than every one under way: a transaction that commits late
    can't put an event behind one that was read. Raises CursorGone.
    """
    kept = FeedEvent.objects.filter(shop=shop_id)
    if cursor is not None:
        if not kept.filter(transaction=cursor.transaction, pk=cursor.id).exists():
            raise CursorGone(
                _(
                    "The event that this cursor names is not kept any more: read what you need"
                    " from the lists, then go on without a cursor."
                )
            )
        later = Q(transaction=cursor.transaction, pk__gt=cursor.id)
        kept = kept.filter(
            Q(transaction__gt=cursor.transaction) | later, transaction__gte=cursor.transaction
        )
    settled = Cast(Cast(_OldestUnderWay(), TextField()), BigIntegerField())
    return list(kept.filter(transaction__lt=settled).order_by("transaction", "pk")[:most])


def clear(*, now: datetime) -> int:
    """Deletes events older than 30 days, but never a shop's last: a cursor may stand on it."""
    later = FeedEvent.objects.filter(
        Q(transaction__gt=OuterRef("transaction"))
        | Q(transaction=OuterRef("transaction"), pk__gt=OuterRef("pk")),
        shop=OuterRef("shop"),
    )
    old = FeedEvent.objects.filter(Exists(later), at__lt=now - KEPT)
    removed = 0
    while pks := list(old.values_list("pk", flat=True)[:_AT_A_TIME]):
        removed += FeedEvent.objects.filter(pk__in=pks).delete()[0]
    return removed
