"""Entries of the audit trail (SPEC P6). Address, request and token come from the work under way."""

from collections.abc import Iterable, Iterator, Mapping
from contextvars import copy_context
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.utils import timezone

from aftersale.models import AuditEntry, AuditKind

Row = TypeVar("Row")


def record(kind: AuditKind, **step: Any) -> None:
    """Writes the entry of a step, in the step's own transaction: none is without its entry."""
    entry(kind, **step).save()


def entry(
    kind: AuditKind,
    *,
    now: datetime,
    user: User | None = None,
    shop_id: int | None = None,
    whom: User | None = None,
    subject: str = "",
    note: str = "",
    filters: Mapping[str, Any] | None = None,
    rows: int | None = None,
) -> AuditEntry:
    """Buyers' data belongs in `filters` alone, from where it can be erased (SPEC P7)."""
    return AuditEntry(
        kind=kind,
        at=now,
        user=user,
        shop_id=shop_id,
        whom=whom,
        subject=subject[:200],
        note=note,
        filters=dict(filters or {}),
        rows=rows,
    )


def exported(rows: Iterable[Row], what: str, **step: Any) -> Iterator[Row]:
    """The rows of an export, and its entry once they are read, or the reader has gone.

    A streamed answer is read after its request is over, so the request is kept for the entry.
    """
    request = copy_context()

    def counted() -> Iterator[Row]:
        number = 0
        try:
            for row in rows:
                number += 1
                yield row
        finally:
            kind, now = AuditKind.EXPORTED, timezone.now()
            request.run(record, kind, now=now, note=what, rows=number, **step)

    return counted()
