"""The columns of a shop's past: what the database is asked for, and how the numbers lie in files.

Every column is a fixed number of bytes, so that PostgreSQL's binary answers and files are numpy
arrays as they are: making a Python object of each figure takes longer than deciding the ticket.
Facts with few values (status, reason, labels, goods …) are a number: the place of their
combination in a list of those that occur.
"""

from typing import NamedTuple

import numpy as np

# Counted up whenever columns, words or their meaning change: files of another version are made
# anew.
VERSION = 1

# Stands for "not known"; no moment and no sum of money is that small.
NONE = -(2**63)

# PostgreSQL counts microseconds from 2000, the engine from 1970.
EPOCH_2000 = 946_684_800_000_000

# In `approver`, besides the key of the strategy that approved then.
PEOPLE, FAST = 0, -1

# Bits of `bits`.
VIRTUAL, BLOCKED, HIT, PAUSED, SUGGESTED = 1, 2, 4, 8, 16

MOMENTS = (
    "applied_at",
    "decided_at",
    "paid_at",
    "shipped_at",
    "delivered_at",
    "label_printed_at",
)
NAMES = (
    "decision",  # 0 where it is estimated
    "ticket",
    "order",
    "buyer",  # a hash, of a seed of the snapshot's own: files hold no buyer's number
    "word",  # read as a hash of the words; kept as their place in the list
    *MOMENTS,
    "amount",
    "refundable",
    "paid_amount",
    "line",
    "line_left",
    "freight_left",
    "approver",
    "rulebook",
    "bits",
)

Columns = dict[str, np.ndarray]


class Word(NamedTuple):
    """The facts with few values; a combination of them that occurs, in the order of the engine's
    questions (Rulebook.learn_question)."""

    type: str
    status: str
    reason: str
    labels: tuple[str, ...]
    products: tuple[str, ...]
    categories: tuple[str, ...]
    scenarios_hit: int
    order_type: str | None
    ticket_labels: tuple[str, ...]
    held_back: str | None


def empty() -> Columns:
    return {name: np.empty(0, np.int64) for name in NAMES}


def together(parts: list[Columns]) -> Columns:
    if not parts:
        return empty()
    return {name: np.concatenate([part[name] for part in parts]) for name in NAMES}


def taken(columns: Columns, places: np.ndarray | slice) -> Columns:
    return {name: column[places] for name, column in columns.items()}
