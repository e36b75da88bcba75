"""A shop's past evaluations in columns, in the order of deciding (SPEC M3, M6, M7).

    past = load(shop_id, start, end, limit=buyer_limit_span)

gives every evaluation in [start, end): decisions as they were, and imported history, which is
estimated. `passing.py` and `deciding.py` decide it once more by a rulebook.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from django.db import DEFAULT_DB_ALIAS

from config.queue import SLOW, wake
from strategies.engine.facts import Facts
from strategies.engine.hours import micros
from strategies.engine.replay import Past as Evaluation
from strategies.engine.replay import Restore
from strategies.services import lost_days

from .columns import BLOCKED, HIT, NONE, PAUSED, VIRTUAL, Columns, Word, taken, together
from .reading import hashes_of, read_estimated
from .snapshot import decisions

# From so many decisions on a copy in files is worth its making.
MANY = 5_000
KEEP_TASK = "strategies.tasks.keep_past"
# The longest time of a breaker (INTERFACES).
_LONGEST_BREAKER = timedelta(minutes=1440)


@dataclass(eq=False)
class Past:
    """`columns` has the evaluations, `before` the decisions of the time that buyers' limits and
    breakers look back on. A row of `columns` is an evaluation; `word` and `buyer` are numbers from
    0 on, the same in both."""

    columns: Columns
    before: Columns
    start: int
    """The moment between the two, in microseconds."""
    words: list[Word]
    buyers: int
    estimated: int
    restores: list[Restore] = field(default_factory=list)
    """Backups that were brought back meanwhile (SPEC G6); buyers are numbers."""
    kept: dict[Any, Any] = field(default_factory=dict, repr=False)
    """Results that several what-ifs use again: each module's under keys of its own."""

    def __len__(self) -> int:
        return len(self.columns["decision"])

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    @property
    def decided(self) -> int:
        return len(self) - self.estimated

    def has(self, bit: int) -> np.ndarray:
        return (self["bits"] & bit) != 0

    @cached_property
    def repeated(self) -> np.ndarray:
        """The evaluations of orders that have several: these are decided one after the other."""
        _, place, number = np.unique(self["order"], return_inverse=True, return_counts=True)
        return number[place] > 1

    @cached_property
    def again(self) -> dict[int, Evaluation]:
        """The repeated evaluations as the engine has them, by row."""
        rows = np.flatnonzero(self.repeated)
        return dict(zip(rows.tolist(), self.evaluations(rows), strict=True))

    def evaluations(self, rows: np.ndarray) -> list[Evaluation]:
        """Rows as the engine has them; buyers are numbers."""
        part = taken(self.columns, rows)
        words = [self.words[word] for word in part["word"].tolist()]
        bits = part["bits"].tolist()

        def known(name: str) -> list[int | None]:
            return [None if value == NONE else value for value in part[name].tolist()]

        facts = map(
            Facts,
            part["ticket"].tolist(),
            [""] * len(bits),
            part["order"].tolist(),
            part["buyer"].tolist(),
            [word.type for word in words],
            [word.status for word in words],
            part["amount"].tolist(),
            part["refundable"].tolist(),
            part["applied_at"].tolist(),
            part["decided_at"].tolist(),
            [word.reason for word in words],
            known("paid_at"),
            known("shipped_at"),
            known("delivered_at"),
            known("label_printed_at"),
            part["paid_amount"].tolist(),
            [word.labels for word in words],
            [word.products for word in words],
            [word.categories for word in words],
            [bool(bit & VIRTUAL) for bit in bits],
            [bool(bit & BLOCKED) for bit in bits],
            [word.scenarios_hit for word in words],
            [word.order_type for word in words],
            [word.ticket_labels for word in words],
            [word.held_back for word in words],
            known("line"),
            [None] * len(bits),
            known("line_left"),
            known("freight_left"),
        )
        return [
            Evaluation(fact, bool(bit & HIT), bool(bit & PAUSED))
            for fact, bit in zip(facts, bits, strict=True)
        ]


def load(
    shop_id: int,
    start: datetime,
    end: datetime,
    *,
    limit: timedelta = timedelta(),
    alive: Callable[[], object] = lambda: None,
    using: str = DEFAULT_DB_ALIAS,
) -> Past:
    """The evaluations in [start, end), as the rows are now. `limit`: how far a buyer limit looks
    back (SPEC G1). `alive` is called between pieces. `using`: the database that is read."""
    kept = decisions(shop_id, start - max(limit, _LONGEST_BREAKER), alive=alive, using=using)
    moments = kept.columns["decided_at"]
    at, until = micros(start), micros(end)
    own = taken(kept.columns, _span((moments >= at) & (moments < until)))
    before = taken(kept.columns, _span(moments < at))
    other = read_estimated(
        shop_id=shop_id, start=start, end=end, seed=kept.seed, words=kept.words, using=using
    )
    past = of_columns(
        _merged(own, other),
        before,
        kept.words,
        start=at,
        estimated=len(other["ticket"]),
        restores=_restores(shop_id, start, end, kept.seed),
    )
    if not kept.from_file and past.decided > MANY:
        wake(KEEP_TASK, shop_id, cluster=SLOW)
    return past


def limit_span(*contents: Mapping[str, Any]) -> timedelta:
    """How far the buyer limits of these rulebooks look back."""
    limits = [content.get("buyer_limit") for content in contents]
    return timedelta(days=max((limit["days"] for limit in limits if limit), default=0))


def of_columns(
    columns: Columns,
    before: Columns,
    words: dict[int, Word],
    *,
    start: int,
    estimated: int = 0,
    restores: Sequence[Restore] = (),
) -> Past:
    """A past of columns that were read: hashes of words and buyers become numbers from 0 on."""
    size, earlier = len(columns["ticket"]), len(before["ticket"])
    own, place = _numbered(columns["word"])
    found = [refund[0] for restore in restores for refund in restore.found]
    everybody = np.concatenate([columns["buyer"], before["buyer"], np.array(found, np.int64)])
    buyers, buyer = _numbered(everybody)
    numbers = iter(buyer[size + earlier :].tolist())
    return Past(
        columns={**columns, "word": place, "buyer": buyer[:size]},
        before={**before, "buyer": buyer[size : size + earlier]},
        start=start,
        words=[words[word] for word in own.tolist()],
        buyers=len(buyers),
        estimated=estimated,
        restores=[
            Restore(one.at, [(next(numbers), *refund[1:]) for refund in one.found])
            for one in restores
        ],
    )


def _numbered(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different ones in the order in which they come first, and by row the place of each among
    them: whatever the seed of the hashes, the same past has the same numbers."""
    own, first, place = np.unique(hashes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    return own[order], number[place]


def _restores(shop_id: int, start: datetime, end: datetime, seed: int) -> list[Restore]:
    """With hashes of buyers."""
    restores = lost_days.restores(shop_id, start, end)
    names = [str(refund[0]) for restore in restores for refund in restore.found]
    hashes = iter(hashes_of(names, seed))
    return [
        Restore(one.at, [(next(hashes), *refund[1:]) for refund in one.found]) for one in restores
    ]


def _span(wanted: np.ndarray) -> np.ndarray | slice:
    """A slice where the rows are in one piece, which copies nothing."""
    places = np.flatnonzero(wanted)
    if not len(places):
        return slice(0, 0)
    first, last = int(places[0]), int(places[-1]) + 1
    return slice(first, last) if last - first == len(places) else places


def _merged(decided: Columns, other: Columns) -> Columns:
    """Both in the order of deciding; each keeps its own. Where decisions were made at a moment
    before the one of their predecessor, they stay behind it."""
    if not len(other["ticket"]):
        return decided
    if not len(decided["ticket"]):
        return other
    latest = np.maximum.accumulate(decided["decided_at"])
    size = len(latest) + len(other["ticket"])
    ahead = np.searchsorted(other["decided_at"], latest, side="left")
    places = np.arange(len(latest)) + ahead
    order = np.empty(size, np.int64)
    mine = np.zeros(size, bool)
    mine[places] = True
    order[mine] = np.arange(len(latest))
    order[~mine] = len(latest) + np.arange(len(other["ticket"]))
    return taken(together([decided, other]), order)
