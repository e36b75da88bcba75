"""A shop's past in columns, for what-ifs (SPEC M7).

    past = load(shop_id, start, end, limit=...)        # evaluations in columns (past.py)
    decided = decide_past(past, content)               # by any rulebook's content (deciding.py)
    passed = column(past, content, strategy)           # conditions on facts alone (passing.py)

`load` reads the snapshot in files that the slow cluster keeps (`keep`, snapshot.py), and the rows
since from the database; the rows are the truth. `forget(shop_id)` throws the snapshot away: call it
in any transaction that changes decisions.
"""

from .columns import Word
from .deciding import BY_FAST, BY_PEOPLE, GONE, Decided, decide_past
from .passing import column
from .past import Past, load
from .snapshot import forget, keep, keep_all

__all__ = [
    "BY_FAST",
    "BY_PEOPLE",
    "GONE",
    "Decided",
    "Past",
    "Word",
    "column",
    "decide_past",
    "forget",
    "keep",
    "keep_all",
    "load",
]
