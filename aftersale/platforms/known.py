"""Records that were read before: a detail is fetched again only where it may have changed.

A round looks back over the one before, so most that a list names is known already. A record has
not changed since it was fetched, where it was fetched after the moment before which the list says
that its latest change lies. Both moments are of the platform's clock, whose machines may differ a
little among themselves, hence SETTLED.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

# A record must have been fetched this much later than its change.
SETTLED = timedelta(seconds=5)


class Read(NamedTuple):
    """A record as it was read: its update time, and when it was fetched."""

    version: datetime
    at: datetime


@dataclass(slots=True)
class Known:
    """Versions read before, by number, of the records that changed since the beginning of a list;
    and what becomes of each while the list is read."""

    reads: Mapping[str, Read] = field(default_factory=dict)
    # Whether all tickets whose numbers begin so are here and over: for requests that a platform
    # lists by when they began only, and that make several tickets.
    are_over: Callable[[str], bool] = field(default=lambda _beginning: False)
    # The numbers of such requests that are here and not over, however long ago they began.
    under_way: Callable[[], Set[str]] = field(default=lambda: frozenset())
    # Lists that the platform refused, by name: from when on nothing of one was read.
    unread_since: Mapping[str, datetime] = field(default_factory=dict)
    # Those of them that were read now.
    caught_up: set[str] = field(default_factory=set)
    # When the platform last answered before a record's detail was asked for.
    asked_at: dict[str, datetime] = field(default_factory=dict)
    # When the list showed that a record is still as it was read.
    unchanged_at: dict[str, datetime] = field(default_factory=dict)

    def may_have_changed(
        self, number: str, *, since: datetime, before: datetime, answered_at: datetime | None
    ) -> bool:
        """False if a record, whose latest change lies in [since, before], is as it was read;
        `answered_at`: when the platform last answered."""
        read = self.reads.get(number)
        if answered_at is None:
            return True
        if read is None or read.version < since or read.at < before + SETTLED:
            self.asked_at[number] = answered_at
            return True
        self.unchanged_at[number] = answered_at
        return False

    def spans(self, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
        """[since, until) for a list that tells no times: in two, what changed in the first of which
        is known as it is now."""
        first = min((read.at for read in self.reads.values()), default=since)
        # To the second, as many platforms take it.
        cut = (first - SETTLED).replace(microsecond=0)
        return [(since, cut), (cut, until)] if since < cut < until else [(since, until)]
