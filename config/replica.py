"""Reads that may come from a replica: exports, the overview's periods, trial runs (SPEC M1 to M3).

Never what decides or pays, nor whose rows somebody may see: an import contract keeps this module
out of those. A replica is asked only while it follows the same server and is at most MOST_BEHIND
behind; else the primary answers, and log and the operators' page say why.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from config.replica_url import ALIAS

log = structlog.get_logger(__name__)

Found = TypeVar("Found")

MOST_BEHIND = 30.0
"""Seconds."""
LOOK_AGAIN, LOOK_AGAIN_WHERE_GONE = 5.0, 30.0
"""Seconds for which a look at the replica holds: one that is gone costs each look two seconds."""

# Both servers' identity: of one cluster, the same database, and where its log of changes is.
_HERE = """
    SELECT (SELECT system_identifier FROM pg_control_system()),
           (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_PRIMARY = f"SELECT here.*, pg_current_wal_lsn()::text FROM ({_HERE}) here"  # noqa: S608
# Whoever has replayed all that the primary had written is not behind, however long ago that was.
# How far one is that has replayed nothing since its start, nobody knows: NULL, which greatest()
# would ignore.
_REPLICA = f"""
    SELECT here.*, pg_is_in_recovery(),
           CASE WHEN pg_last_wal_replay_lsn() >= %s::pg_lsn THEN 0
                WHEN pg_last_xact_replay_timestamp() IS NOT NULL
                    THEN greatest(0, date_part('epoch',
                             clock_timestamp() - pg_last_xact_replay_timestamp())) END
      FROM ({_HERE}) here
"""  # noqa: S608


@dataclass(frozen=True)
class Seen:
    """What a look found. `why` says in a word why it is not used; empty where it is."""

    why: str
    behind: float | None = None


def why_not(seen: Seen) -> str:
    """The sentence for people."""
    return {
        "": "",
        "gone": _("The replica can't be reached: see whether it runs and REPLICA_URL is right."),
        "other": _("REPLICA_URL leads to another server than a replica of this database."),
        "no_replica": _("REPLICA_URL leads to a server that takes changes, and to no replica."),
        "behind": _("The replica is more than %(most)d s behind.") % {"most": MOST_BEHIND},
    }[seen.why]


_looked: tuple[float, Seen] | None = None


def is_set() -> bool:
    return ALIAS in settings.DATABASES


def look() -> Seen:
    """How the replica does now; asks both servers."""
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(_PRIMARY)
            *identity, written = cursor.fetchone()
    except Error:
        # A primary that is away or read-only has no position; its own check says so.
        return Seen("behind")
    try:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(_REPLICA, [written])
            *found, follows, behind = cursor.fetchone()
    except Error:
        connections[ALIAS].close()
        return Seen("gone")
    if found != identity:
        return Seen("other")
    if not follows:
        return Seen("no_replica")
    if behind is None or behind > MOST_BEHIND:
        return Seen("behind", behind)
    return Seen("", behind)


def alias() -> str:
    """The database that answers reads now."""
    global _looked
    if not is_set():
        return DEFAULT_DB_ALIAS
    now = time.monotonic()
    before = _looked[1] if _looked else None
    holds = LOOK_AGAIN_WHERE_GONE if before and before.why == "gone" else LOOK_AGAIN
    if _looked is None or now - _looked[0] > holds:
        _remember(look())
    assert _looked is not None
    return DEFAULT_DB_ALIAS if _looked[1].why else ALIAS


def _remember(seen: Seen) -> None:
    global _looked
    before = _looked[1].why if _looked else ""
    _looked = time.monotonic(), seen
    if seen.why and seen.why != before:
        log.warning("replica_not_used", why=seen.why, seconds_behind=seen.behind)
    elif before and not seen.why:
        log.warning("replica_used_again")


def left() -> None:
    """The replica broke off a reading: for a while the primary answers all."""
    connections[ALIAS].close()
    _remember(Seen("gone"))


def answered(read: Callable[[str], Found]) -> Found:
    """`read`, asked of one database; once more, of the primary, where a replica broke off."""
    using = alias()
    if using == ALIAS:
        try:
            return read(using)
        except Error:
            left()
    return read(DEFAULT_DB_ALIAS)


def streamed(found: QuerySet, *, chunk: int) -> Iterator[Any]:
    """The rows by a server-side cursor. A replica reads all of them before it gives the first, so
    that the primary can begin anew where it breaks off."""
    using = alias()
    rows = found.using(using).iterator(chunk_size=chunk)
    if using == ALIAS:
        try:
            first = list(islice(rows, 1))
        except Error:
            left()
            rows = found.iterator(chunk_size=chunk)
        else:
            rows = chain(first, rows)
    yield from rows
