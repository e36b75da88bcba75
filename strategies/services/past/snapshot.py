"""The snapshot of a shop's decisions: columns in files beside the database.

Files are only ever a copy, under PAST_ROOT: a folder a shop, with `head.json` that says which
folder of columns is good, and up to which row. Only the slow cluster writes (`keep`), one process
at a time; rows behind those that the head counts are unfinished and overwritten. Whoever reads
(`decisions`) takes the rows since from the database, and everything where there is no file, it is
damaged or of an older program, where the database has another history than it, or after `forget`.
"""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, transaction

from aftersale.domain.digits import whole_number
from aftersale.models import Shop
from strategies.engine.hours import micros
from strategies.models import PastEdition

from .columns import NAMES, VERSION, Columns, Word, taken, together
from .reading import read_decided

# The longest trial run, the longest buyer limit, and some days until it is made anew.
COVERED = timedelta(days=400 + 366)
MADE_ANEW_AFTER = timedelta(days=90)
# Snapshots that nobody read for so long are thrown away.
UNUSED = timedelta(days=14)

_WIDTH = 8
_HEAD, _WORDS = "head.json", "words"
# As reading a file fails that is gone or holds something else.
_DAMAGED = (OSError, ValueError, TypeError)


class Head(NamedTuple):
    version: int
    edition: int
    """PastEdition's number when it was made."""
    folder: str
    since: str
    """All decisions made since this moment are in it."""
    seed: int
    """Of the hashes of buyers and words."""
    rows: int
    words: int
    """Bytes of the file of words."""
    first: list[int]
    last: list[int]
    """Decision and its moment in microseconds, of the first and the last row."""


class Kept(NamedTuple):
    """Decisions in the order of their ids; `word` has hashes, to be looked up in `words`."""

    columns: Columns
    words: dict[int, Word]
    seed: int
    from_file: bool


def decisions(
    shop_id: int,
    start: datetime,
    *,
    alive: Callable[[], object] = lambda: None,
    using: str = DEFAULT_DB_ALIAS,
) -> Kept:
    """All of the shop's decisions made since `start`, as the rows are now. `alive` is called
    between pieces."""
    head = _good_head(shop_id)
    if head is not None and datetime.fromisoformat(head.since) <= start:
        # The file may have been made anew just now: then its folder is gone.
        with suppress(*_DAMAGED):
            columns, words = _opened(shop_id, head)
            columns = _since(columns, start)
            os.utime(_home(shop_id))
            after = head.last[0] if head.rows else 0
            tail = _read(shop_id, start, head.seed, words, alive, after=after, using=using)
            if tail:
                columns = together([columns, *tail])
            return Kept(columns, words, head.seed, from_file=True)
    fresh: dict[int, Word] = {}
    seed = _new_seed()
    columns = together(_read(shop_id, start, seed, fresh, alive, using=using))
    return Kept(columns, fresh, seed, from_file=False)


def keep(shop_id: int, *, now: datetime, alive: Callable[[], object] = lambda: None) -> None:
    """Makes the shop's snapshot, or adds to it what was decided since. `alive` is called between
    its steps."""
    with _writing(shop_id):
        head = _good_head(shop_id)
        if head is None or datetime.fromisoformat(head.since) < now - COVERED - MADE_ANEW_AFTER:
            head = _begun(shop_id, now)
        try:
            words = _read_words(shop_id, head)
        except _DAMAGED:
            head, words = _begun(shop_id, now), {}
        known = len(words)
        since = datetime.fromisoformat(head.since)
        after = head.last[0] if head.rows else 0
        pieces = read_decided(
            shop_id=shop_id, start=since, seed=head.seed, words=words, after=after
        )
        for columns in pieces:
            head = _add(shop_id, head, columns, list(words.items())[known:])
            known = len(words)
            alive()
        _say(shop_id, head)


def forget(shop_id: int) -> None:
    """Throws the shop's snapshots away, on every machine: for whatever changes decisions or takes
    them out, like the erasure of a buyer (SPEC P7). Belongs in the transaction of the change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO strategies_pastedition AS e (shop_id, number) VALUES (%s, 1)"
            " ON CONFLICT (shop_id) DO UPDATE SET number = e.number + 1",
            [shop_id],
        )
    transaction.on_commit(lambda: _throw_away(shop_id))


def keep_all(*, now: datetime, alive: Callable[[], object]) -> None:
    """Adds to the snapshots that are used what was decided since; throws the others away."""
    for home in sorted(_root().iterdir()) if _root().exists() else ():
        if not home.is_dir() or whole_number(home.name) is None:
            continue
        shop_id = int(home.name)
        if home.stat().st_mtime < now.timestamp() - UNUSED.total_seconds():
            _throw_away(shop_id)
            continue
        used = home.stat().st_mtime
        keep(shop_id, now=now, alive=alive)
        os.utime(home, (used, used))
        alive()


def _root() -> Path:
    return Path(settings.PAST_ROOT)


def _home(shop_id: int) -> Path:
    return _root() / str(shop_id)


@contextmanager
def _writing(shop_id: int) -> Iterator[None]:
    _root().mkdir(mode=0o700, parents=True, exist_ok=True)
    with (_root() / f"{shop_id}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _throw_away(shop_id: int) -> None:
    if _home(shop_id).exists():
        with _writing(shop_id):
            shutil.rmtree(_home(shop_id), ignore_errors=True)


def _new_seed() -> int:
    return secrets.randbits(62)


def _good_head(shop_id: int) -> Head | None:
    """The head of a snapshot that can be read and has the database's history."""
    try:
        head = Head(**json.loads((_home(shop_id) / _HEAD).read_text()))
    except _DAMAGED:
        return None
    if head.version != VERSION or head.edition != _edition(shop_id):
        return None
    folder = _home(shop_id) / head.folder
    try:
        sizes = {name: (folder / name).stat().st_size for name in (*NAMES, _WORDS)}
    except OSError:
        return None
    if sizes.pop(_WORDS) < head.words or min(sizes.values()) < head.rows * _WIDTH:
        return None
    if not head.rows:
        return head
    # A backup that was brought back, or another database: its rows are others.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, decided_at FROM strategies_decision WHERE id = ANY(%s) AND shop_id = %s",
            [[head.first[0], head.last[0]], shop_id],
        )
        there = {pk: micros(moment) for pk, moment in cursor.fetchall()}
    (first, began), (last, ended) = head.first, head.last
    # The first may be in an archive by now, and nobody asks for what is that old (SPEC O12).
    same = there.get(last) == ended and (
        there.get(first) == began or (first not in there and began < _archived_before(shop_id))
    )
    return head if same else None


def _archived_before(shop_id: int) -> int:
    moment = Shop.objects.values_list("archived_before", flat=True).get(pk=shop_id)
    return 0 if moment is None else micros(moment)


def _edition(shop_id: int) -> int:
    numbers = PastEdition.objects.filter(shop=shop_id).values_list("number", flat=True)
    return numbers.first() or 0


def _begun(shop_id: int, now: datetime) -> Head:
    """An empty snapshot in a folder of its own; the one before it goes."""
    shutil.rmtree(_home(shop_id), ignore_errors=True)
    head = Head(
        version=VERSION,
        edition=_edition(shop_id),
        folder=secrets.token_hex(8),
        since=(now - COVERED).isoformat(),
        seed=_new_seed(),
        rows=0,
        words=0,
        first=[],
        last=[],
    )
    folder = _home(shop_id) / head.folder
    for made in (_home(shop_id), folder):
        made.mkdir(mode=0o700)
    for name in (*NAMES, _WORDS):
        (folder / name).touch(mode=0o600)
    return head


def _add(shop_id: int, head: Head, columns: Columns, words: list[tuple[int, Word]]) -> Head:
    """Writes rows and new words behind those that are good; the head counts them once all of it is
    on the disk."""
    rows = len(columns["decision"])
    if not rows:
        return head
    folder = _home(shop_id) / head.folder
    for name in NAMES:
        _write(folder / name, head.rows * _WIDTH, columns[name].astype("<i8").tobytes())
    lines = "".join(json.dumps([key, *word]) + "\n" for key, word in words).encode()
    _write(folder / _WORDS, head.words, lines)
    first, last = (_row(columns, place) for place in (0, -1))
    head = head._replace(
        rows=head.rows + rows,
        words=head.words + len(lines),
        first=head.first or first,
        last=last,
    )
    _say(shop_id, head)
    return head


def _write(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.truncate(at)
        file.seek(at)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _row(columns: Columns, place: int) -> list[int]:
    return [int(columns["decision"][place]), int(columns["decided_at"][place])]


def _say(shop_id: int, head: Head) -> None:
    part = _home(shop_id) / f"{_HEAD}.part"
    with part.open("w") as file:
        json.dump(head._asdict(), file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(_home(shop_id) / _HEAD)


def _opened(shop_id: int, head: Head) -> tuple[Columns, dict[int, Word]]:
    folder = _home(shop_id) / head.folder
    columns: Columns = {}
    for name in NAMES:
        # An empty file cannot be mapped.
        columns[name] = (
            np.memmap(folder / name, "<i8", mode="r", shape=(head.rows,))
            if head.rows
            else np.empty(0, np.int64)
        )
    return columns, _read_words(shop_id, head)


def _read_words(shop_id: int, head: Head) -> dict[int, Word]:
    with (_home(shop_id) / head.folder / _WORDS).open("rb") as file:
        lines = file.read(head.words).splitlines()
    words = {}
    for line in lines:
        key, *values = json.loads(line)
        words[key] = Word._make(
            tuple(value) if isinstance(value, list) else value for value in values
        )
    return words


def _since(columns: Columns, start: datetime) -> Columns:
    """The rows decided since; a slice where they are in one piece, which copies nothing."""
    places = np.flatnonzero(columns["decided_at"] >= micros(start))
    if not len(places):
        return taken(columns, slice(0, 0))
    first, last = int(places[0]), int(places[-1]) + 1
    if last - first == len(places):
        return taken(columns, slice(first, last))
    return taken(columns, places)


def _read(
    shop_id: int,
    start: datetime,
    seed: int,
    words: dict[int, Word],
    alive: Callable[[], object],
    *,
    after: int = 0,
    using: str,
) -> list[Columns]:
    found = []
    for columns in read_decided(
        shop_id=shop_id, start=start, seed=seed, words=words, after=after, using=using
    ):
        found.append(columns)
        alive()
    return found
