"""Versions of orders and tickets that are in an archive (SPEC O12): never fresh ones, whose money
could leave a second time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from django.utils import timezone

from aftersale.domain.multilingual import said as _
from aftersale.models import TicketEventKind
from aftersale.services.shared.outcomes import OLDER, UNCHANGED, Result, refused
from aftersale.services.shared.sql_arrays import numbers, texts

from .batch import Incoming, Key

Cursor = psycopg.Cursor[tuple[Any, ...]]


def without_archived(
    cur: Cursor, subject: str, items: Sequence[Incoming], results: dict[int, Result]
) -> list[Incoming]:
    """The items that are in no archive, and the others' results; `subject`: order or ticket.

    Asked after the stored rows were: whatever was not among them because it was archived has left
    its number here by then.
    """
    known = _archived(cur, subject, [item.key for item in items])
    left = []
    for item in items:
        if found := known.get(item.key):
            results[item.position] = _answer(subject, item, *found)
        else:
            left.append(item)
    return left


def waiting_in_vain(
    cur: Cursor, items: Sequence[Incoming], pks: Mapping[Key, int]
) -> list[tuple[int, str, str]]:
    """The event of a new ticket that waits for an order which is in an archive: nothing can be
    approved without an order, and it will not come. `items`: new tickets without an order."""
    orders = [(item, (item.key[0], item.row[0])) for item in items if item.key in pks]
    known = _archived(cur, "order", sorted({order for _item, order in orders}))
    note = _(
        "Its order is in an archive (%s): nothing can be approved here. Decide it in the"
        " platform's back office."
    )
    return [
        (pks[item.key], TicketEventKind.FLAG, note % known[order][1])
        for item, order in orders
        if order in known
    ]


def _archived(
    cur: Cursor, subject: str, keys: Sequence[Key]
) -> dict[Key, tuple[float, str, datetime]]:
    if not keys:
        return {}
    cur.execute(
        f"""
        SELECT a.shop_id, a.{subject}_no, date_part('epoch', a.updated_at), f.name, f.began_at
          FROM unnest(%s::bigint[], %s::text[]) AS k(shop_id, number)
          JOIN aftersale_archived{subject} a
            ON a.shop_id = k.shop_id AND a.{subject}_no = k.number
          JOIN aftersale_archive f ON f.id = a.archive_id AND f.shop_id = a.shop_id
        """,  # noqa: S608 - the names are this module's own
        (numbers(key[0] for key in keys), texts(key[1] for key in keys)),
    )
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in cur}


def _answer(subject: str, item: Incoming, updated_at: float, name: str, at: datetime) -> Result:
    if item.updated_at < updated_at:
        return OLDER
    if item.updated_at == updated_at:
        return UNCHANGED
    return refused(
        f"{subject}_no",
        _(
            "archived on %(day)s (%(name)s): it was over and settled, and no money leaves for it"
            " any more; see to it in the platform's back office"
        )
        % {"day": timezone.localtime(at).date().isoformat(), "name": name},
    )
