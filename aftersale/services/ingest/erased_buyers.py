"""Erased buyers whom a platform or file sends again: they stay erased (SPEC P7)."""

from collections.abc import Iterable, Mapping, Sequence

from aftersale.models import Ticket
from aftersale.services.buyers.erased import erased_since, stand_ins

from . import ticket_rows
from .batch import Incoming, Key, digest

# The buyer's place in the row of an order.
_BUYER = 2


def with_stand_ins(items: Sequence[Incoming]) -> None:
    """Replaces the numbers of erased buyers in versions of orders.

    In the transaction that writes them, after the lock of arrivals.
    """
    found = stand_ins((item.key[0], item.row[_BUYER]) for item in items)
    for item in items if found else ():
        stand_in = found.get((item.key[0], item.row[_BUYER]))
        if stand_in is not None:
            item.row = (*item.row[:_BUYER], stand_in, *item.row[_BUYER + 1 :])
            item.record = item.record.model_copy(update={"buyer": stand_in})
            item.digest = digest(item.row, item.lines, item.splits)


def without_words(items: Iterable[Incoming], buyers: Mapping[Key, str]) -> None:
    """Leaves out notes and pictures of requests from before their buyer was erased.

    `buyers` by shop and order number, of locked orders.
    """
    named = [(item, (item.key[0], buyers.get((item.key[0], item.row[0]), ""))) for item in items]
    found = erased_since(buyer for _item, buyer in named)
    for item, buyer in named if found else ():
        at = found.get(buyer)
        if at is not None and item.record.applied_at <= at:
            ticket_rows.leave_out_words(item)


def forget_words(linked: Iterable[tuple[int, Key, str]]) -> None:
    """The same for tickets that waited for their order: (ticket, order's key, buyer)."""
    named = [(pk, (key[0], buyer)) for pk, key, buyer in linked]
    found = erased_since(buyer for _pk, buyer in named)
    for pk, buyer in named if found else ():
        if buyer in found:
            waited = Ticket.objects.filter(pk=pk, applied_at__lte=found[buyer])
            waited.update(note="", evidence=[], digest=b"")
