"""Ticket events of a batch, all by the platform."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from aftersale.domain.multilingual import written
from aftersale.models import Actor, Ticket, TicketEvent
from aftersale.services.shared.sql_arrays import numbers, texts
from config import acting


def write_events(
    cur: psycopg.Cursor[tuple[Any, ...]], events: Sequence[tuple[int, str, str]], now: datetime
) -> None:
    """`events`: (ticket, kind, note)."""
    if not events:
        return
    tickets, kinds, notes = zip(*events, strict=True)
    stored = [written(note) for note in notes]
    cur.execute(
        """
        INSERT INTO aftersale_ticketevent
          (ticket_id, at, token_id, request_id, kind, actor, from_status, to_status, note)
        SELECT k.ticket_id, %s, %s::bigint, %s, k.kind, %s, '', '', k.note
          FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS k(ticket_id, kind, note)
        """,
        (
            now,
            acting.token(),
            acting.request_id(),
            Actor.PLATFORM.value,
            numbers(tickets),
            texts(kinds),
            texts(stored),
        ),
    )


def write_event(ticket: Ticket, kind: str, note: str, now: datetime) -> None:
    TicketEvent.objects.create(ticket=ticket, at=now, kind=kind, actor=Actor.PLATFORM, note=note)
