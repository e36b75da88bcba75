"""How a list of versions of orders or tickets is written (SPEC O6): in the order given, each
record with a result of its own, and nothing else lost when the database refuses one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import psycopg
from django.db import DataError, IntegrityError

from aftersale.domain.multilingual import said as _
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.outcomes import OLDER, UNCHANGED, Outcome, Result, refused
from aftersale.services.shared.sql_arrays import numbers, texts
from aftersale.services.shops.shops import KnownShop

Key = tuple[int, str]


@dataclass(slots=True)
class Incoming:
    """One version of an order or ticket on its way in."""

    position: int
    key: Key
    shop: KnownShop
    # As seconds since the epoch, like all times on their way through a batch.
    updated_at: float
    # The record's values as they are stored.
    row: tuple[Any, ...]
    digest: str
    record: Any
    # Of an order: its lines by number, and its commission splits.
    lines: Sequence[tuple[Any, ...]] = ()
    splits: Sequence[tuple[Any, ...]] = ()
    # Of an order: variant and picture of each line that has any, which people alone look at.
    looks: Sequence[tuple[int, str, str]] = ()
    # Of an order: the platform's figure of refunded money, Afterdesk's own refunds included.
    refunded_reported: int | None = None
    # Of an order: why its facts are in doubt, in words.
    doubts: Sequence[str] = ()
    # Of a ticket: flags besides those that the desk finds out itself.
    flags: Sequence[str] = ()
    # Of a ticket: how it first came in.
    came_by: str = ""
    # Of a file from a back office: when it was exported (SPEC O11), as seconds.
    exported_at: float | None = None


def exported_moment(item: Incoming) -> datetime | None:
    return None if item.exported_at is None else datetime.fromtimestamp(item.exported_at, UTC)


def digest(*parts: Any) -> str:
    """A hash of a version's values: equal for equal values."""
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


Write = Callable[[Sequence[Incoming]], dict[int, Result]]


# Errors by which the database, or a service called, refuses a record.
REFUSALS = (psycopg.DataError, psycopg.IntegrityError, DataError, IntegrityError, Refused)


def refusal(error: Exception) -> Result:
    """The result of a record that was refused after all checks of its own."""
    if isinstance(error, Refused):
        return refused(error.pointer, error.message)
    return refused("", _("the database refuses it: %s") % str(error).splitlines()[0])


def write_all(incoming: Sequence[Incoming], results: list[Result | None], write: Write) -> None:
    """Hands `write` batches in which each key stands once, in the order of the keys.

    `write` answers by position, within a transaction of its own, and leaves out rows that another
    process has inserted meanwhile: they come again, as changes of the stored row.
    """
    for wave in _waves(incoming):
        left = sorted(wave, key=lambda item: item.key)
        while left:
            done = _write_or_halve(left, write)
            for position, result in done.items():
                results[position] = result
            left = [item for item in left if item.position not in done]


def _waves(incoming: Sequence[Incoming]) -> list[list[Incoming]]:
    """Several versions of one key go one after another, as they came."""
    waves: list[list[Incoming]] = []
    seen: dict[Key, int] = {}
    for item in incoming:
        number = seen.get(item.key, 0)
        seen[item.key] = number + 1
        if number == len(waves):
            waves.append([])
        waves[number].append(item)
    return waves


def _write_or_halve(items: Sequence[Incoming], write: Write) -> dict[int, Result]:
    try:
        return write(items)
    except REFUSALS as error:
        if len(items) == 1:
            return {items[0].position: refusal(error)}
    middle = len(items) // 2
    return _write_or_halve(items[:middle], write) | _write_or_halve(items[middle:], write)


def stored_versions(
    cur: psycopg.Cursor[tuple[Any, ...]], table: str, number: str, items: Sequence[Incoming]
) -> dict[Key, tuple[int, float, str]]:
    """Key, update time and digest of those that are stored, read without a lock."""
    cur.execute(
        f"""
        SELECT s.shop_id, s.{number}, s.id, date_part('epoch', s.updated_at),
               encode(s.digest, 'hex')
          FROM unnest(%s::bigint[], %s::text[]) AS k(shop_id, number)
          JOIN {table} s ON s.shop_id = k.shop_id AND s.{number} = k.number
        """,  # noqa: S608 - the names are this package's own
        (numbers(i.key[0] for i in items), texts(i.key[1] for i in items)),
    )
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in cur}


def same_second(*, is_forward: bool, differs: bool) -> Result:
    """The result of a version with the stored row's update time and other content."""
    note = _("differs from what is stored with the same update time") if differs else ""
    return Result(Outcome.CHANGED if is_forward else Outcome.UNCHANGED, note=note)


def compare(item: Incoming, updated_at: float, stored_digest: str) -> Result | None:
    """Why a version is not written, or None where it may be (SPEC O6).

    The answer stays true whatever happens to the row later, so it needs no lock. A version with the
    stored update time and other content may be written; `same_second` says how much of it.
    """
    if item.digest == stored_digest:
        return UNCHANGED
    if item.updated_at < updated_at:
        return OLDER
    return None
