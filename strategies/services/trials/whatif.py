"""Effects of a change on the last 30 days, at once, while it is typed (SPEC M7).

The past is read once and kept in the process for a moment: a request after the first decides it
twice, by the present strategies and by those proposed. The figures are a trial run's (SPEC M3),
by the same columns and the same decisions.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median_low
from threading import Lock
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from aftersale.models import Shop
from strategies.models import PastEdition
from strategies.services.lanes import current_content
from strategies.services.past import Decided, Past, decide_past, limit_span, load

from .answers import differing

DAYS = 30
# A past that was read so long ago is read anew. What was decided meanwhile waits until then.
FRESH = timedelta(seconds=20)
# Pasts kept in a process, of the shops asked about last: 200 bytes a ticket.
MOST_PASTS = 3


class Tickets(NamedTuple):
    """How many, and their amount in fen."""

    number: int = 0
    amount: int = 0


class Change(NamedTuple):
    tickets: Tickets
    likely_losses: Tickets


@dataclass(frozen=True)
class Effect:
    """Figures of the last 30 days by the proposed strategies, against the present ones."""

    evaluations: int
    estimated: int
    """Of these: worked out from imported history."""
    gained: Change
    """Tickets that the proposed strategies approve, and the present ones do not."""
    lost: Change
    own: Tickets
    """Approved by the strategy in question; before, by what is saved of it."""
    own_before: Tickets
    taken: dict[str, Tickets]
    """Of `own`: what another strategy approves at present, by its name."""
    days_out: int
    """Days on which the strategy's daily cap ran out, and when it usually did."""
    out_at: time | None


@dataclass
class _Recent:
    past: Past
    first: date
    edition: int
    read_at: datetime
    likely_losses: np.ndarray
    """Keys of tickets."""


_recent: OrderedDict[int, _Recent] = OrderedDict()
_lock = Lock()


def what_if(
    shop: Shop,
    proposed: Mapping[str, Any] | None = None,
    *,
    now: datetime,
    strategy: object = -1,
    paused: bool = False,
) -> Effect:
    """The effect of a rulebook's content in place of the present one; None: the present one, as
    for a pause. `strategy` is the id of the one in question, None for a new one."""
    present = current_content(shop.pk)
    recent = _read(shop, present, now)
    past = recent.past
    before = _present(past, present)
    after = decide_past(past, present if proposed is None else proposed, paused=paused)
    gained, lost = _changes(recent, before, after)
    times = _run_out(past, after, strategy, ZoneInfo(shop.timezone))
    return Effect(
        evaluations=len(past),
        estimated=past.estimated,
        gained=gained,
        lost=lost,
        own=_of(past, after, _by(after, strategy)),
        own_before=_of(past, before, _by(before, strategy)),
        taken=_taken(past, before, after, strategy),
        days_out=len(times),
        out_at=median_low(times) if times else None,
    )


def curve(
    shop: Shop, contents: Mapping[int, Mapping[str, Any]], *, now: datetime, strategy: object
) -> list[tuple[int, Tickets]]:
    """Tickets that the strategy in question approves in each of these rulebooks, by a figure that
    tells them apart."""
    past = _read(shop, current_content(shop.pk), now).past
    found = []
    for figure, content in contents.items():
        decided = decide_past(past, content)
        found.append((figure, _of(past, decided, _by(decided, strategy))))
    return found


def amounts(
    shop: Shop, content: Mapping[str, Any], *, now: datetime, strategy: object
) -> tuple[list[int], list[int]]:
    """Amounts of the tickets that the strategy approves in this rulebook, and what it approves a
    day; both rising."""
    past = _read(shop, current_content(shop.pk), now).past
    decided = decide_past(past, content)
    own = _by(decided, strategy)
    days = decided.days[own]
    _, day = np.unique(days, return_inverse=True)
    daily = np.bincount(day, weights=past["amount"][own]) if len(days) else np.empty(0)
    return sorted(past["amount"][own].tolist()), sorted(int(total) for total in daily)


def period(shop: Shop, *, now: datetime) -> tuple[date, date]:
    """The days that are looked at, as a trial run of the last 30 days has them."""
    today = now.astimezone(ZoneInfo(shop.timezone)).date()
    return today - timedelta(days=DAYS - 1), today


def _read(shop: Shop, present: Mapping[str, Any], now: datetime) -> _Recent:
    first, last = period(shop, now=now)
    edition = PastEdition.objects.filter(shop=shop).values_list("number", flat=True).first() or 0
    with _lock:
        known = _recent.get(shop.pk)
        if known is not None:
            _recent.move_to_end(shop.pk)
    if (
        known is not None
        and (known.first, known.edition) == (first, edition)
        and abs(now - known.read_at) < FRESH
    ):
        return known
    zone = ZoneInfo(shop.timezone)
    past = load(
        shop.pk,
        datetime.combine(first, time(), zone),
        datetime.combine(last + timedelta(days=1), time(), zone),
        limit=limit_span(present),
    )
    fresh = _Recent(past, first, edition, now, _likely_losses(shop.pk))
    with _lock:
        _recent[shop.pk] = fresh
        while len(_recent) > MOST_PASTS:
            _recent.popitem(last=False)
    return fresh


def _likely_losses(shop_id: int) -> np.ndarray:
    with connection.cursor() as cursor:
        # The first condition is the index's, which has few tickets.
        cursor.execute(
            "SELECT id FROM aftersale_ticket WHERE shop_id = %s AND NOT flags = '{}'"
            " AND flags @> '{likely_loss}'",
            [shop_id],
        )
        return np.array([pk for (pk,) in cursor.fetchall()], np.int64)


def _present(past: Past, content: Mapping[str, Any]) -> Decided:
    key = "present", repr(content)
    if key not in past.kept:
        past.kept[key] = decide_past(past, content)
    decided: Decided = past.kept[key]
    return decided


def _place(decided: Decided, strategy: object) -> int | None:
    places = (place for place, one in enumerate(decided.strategies) if one.id == strategy)
    return next(places, None)


def _by(decided: Decided, strategy: object) -> np.ndarray:
    place = _place(decided, strategy)
    return decided.by == (len(decided.strategies) if place is None else place)


def _of(past: Past, decided: Decided, rows: np.ndarray) -> Tickets:
    return Tickets(int(rows.sum()), int(past["amount"][rows].sum()))


def _taken(past: Past, before: Decided, after: Decided, strategy: object) -> dict[str, Tickets]:
    own = _by(after, strategy)
    found = {}
    for place, other in enumerate(before.strategies):
        if other.id != strategy and (rows := own & (before.by == place)).any():
            found[other.name] = _of(past, after, rows)
    return found


def _run_out(past: Past, after: Decided, strategy: object, zone: ZoneInfo) -> list[time]:
    """When the strategy's daily cap ran out, by day."""
    own = _place(after, strategy)
    rows = [row for (place, _), row in after.ran_out.items() if place == own]
    return [datetime.fromtimestamp(int(past["decided_at"][row]) / 1e6, zone).time() for row in rows]


def _changes(recent: _Recent, before: Decided, after: Decided) -> tuple[Change, Change]:
    """Tickets gained and lost, each once, however often it was evaluated: as `summary` counts
    the evaluations that a trial run keeps."""
    past = recent.past
    kept = differing(past, before, after)
    tickets, place = np.unique(past["ticket"][kept], return_inverse=True)
    size = len(tickets)
    amount = np.zeros(size, np.int64)
    np.maximum.at(amount, place, past["amount"][kept])
    has = np.bincount(place, weights=before.approved[kept], minlength=size) > 0
    gets = np.bincount(place, weights=after.approved[kept], minlength=size) > 0
    losses = np.isin(tickets, recent.likely_losses)

    def change(those: np.ndarray) -> Change:
        lost = those & losses
        return Change(
            Tickets(int(those.sum()), int(amount[those].sum())),
            Tickets(int(lost.sum()), int(amount[lost].sum())),
        )

    return change(gets & ~has), change(has & ~gets)
