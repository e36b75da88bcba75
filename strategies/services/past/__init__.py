"""A shop's past in columns, for trial runs, advice and what-ifs (SPEC M3, M6, M7).

    past = load(shop_id, start, end, limit=...)        # evaluations in columns (past.py)
    decided = decide_past(past, content)               # by any rulebook's content (deciding.py)
    passed = column(past, content, strategy)           # conditions on facts alone (passing.py)

`load` reads the snapshot in files that the slow cluster keeps (`keep`, snapshot.py), and the rows
since from the database; the rows are the truth. `forget(shop_id)` throws the snapshot away: call it
in any transaction that changes decisions.
"""

from .columns import Word
from .decided import BY_FAST, BY_PEOPLE, GONE, NEW, NOT_AGAIN, Decided
from .deciding import decide_past
from .passing import column, entered_at, off_hours, on_the_clock
from .past import Past, limit_span, load
from .snapshot import forget, keep, keep_all

__all__ = [
    "BY_FAST",
    "BY_PEOPLE",
    "GONE",
    "NEW",
    "NOT_AGAIN",
    "Decided",
    "Past",
    "Word",
    "column",
    "decide_past",
    "entered_at",
    "forget",
    "keep",
    "keep_all",
    "limit_span",
    "load",
    "off_hours",
    "on_the_clock",
]
