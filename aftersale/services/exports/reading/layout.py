"""The layout of one platform's files of one kind, as data (SPEC O11)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .cells import word
from .heads import normals

# The columns of an order and of its lines.
ORDER_FIELDS = (
    "order_no",
    "status",
    "buyer",
    "created_at",
    "paid_at",
    "shipped_at",
    "delivered_at",
    "completed_at",
    "paid",
    "paid_less",
    "refunded",
)
LINE_FIELDS = ("line_key", "product", "title", "spec", "quantity", "line_paid", "price")
# The columns of a request. `amount` is the sum of its parts, `amount_less` is taken off.
TICKET_FIELDS = (
    "ticket_no",
    "order_no",
    "line_key",
    "line_product",
    "line_title",
    "buyer",
    "type",
    "status",
    "amount",
    "amount_freight",
    "amount_tax",
    "amount_less",
    "applied_at",
    "due_at",
    "reason",
    "note",
    "carrier",
    "tracking_no",
    "returned_at",
    "result_at",
)
TIMES = frozenset(
    (
        "created_at",
        "paid_at",
        "shipped_at",
        "delivered_at",
        "completed_at",
        "applied_at",
        "due_at",
        "returned_at",
        "result_at",
    )
)


class Kind(Enum):
    ORDERS = "orders"
    # A second file with the lines of orders, without the order's own sum (Taobao of old).
    LINES = "order-lines"
    AFTER_SALES = "after-sales"


class Sums(Enum):
    """The meaning of the order's money column in each row."""

    ONCE = "once"
    EACH = "each"


NEEDED = {
    Kind.ORDERS: ("order_no", "status", "paid"),
    Kind.LINES: ("order_no", "title", "quantity"),
    Kind.AFTER_SALES: ("ticket_no", "order_no", "type", "status", "amount", "applied_at"),
}


@dataclass(frozen=True)
class Layout:
    """`columns`: the heads of each field, that which is filled first is taken. `marks`: heads that
    only this layout has; all of them must be there. `owed`: the order's money is what was owed,
    also where it was never paid."""

    platform: str
    kind: Kind
    columns: Mapping[str, tuple[str, ...]]
    marks: tuple[str, ...] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str | None] = field(default_factory=dict)
    sums: Sums = Sums.ONCE
    owed: bool = False
    # Each row is an order of its own on the platform, with its own status and times.
    row_has_status: bool = False
    # Status words by which all of the order was given back.
    all_refunded: frozenset[str] = frozenset()
    # Several lines in one row, joined by this.
    joined_by: str = ""
    # The number begins with the date of the order, for rows without any time.
    dated_number: bool = False
    # Of a mapping by hand: the row of its head, where that was said, and its revision.
    head_row: int = 0
    revision: int = 0
    mapping: Mapping[str, Any] | None = None
    code: str = ""

    @property
    def known(self) -> frozenset[str]:
        return frozenset(head for heads in self.columns.values() for head in heads) | set(
            self.marks
        )

    @property
    def needed(self) -> tuple[str, ...]:
        return NEEDED[self.kind]


def layout(
    platform: str,
    kind: Kind,
    columns: Mapping[str, str | Iterable[str]],
    *,
    marks: Iterable[str] = (),
    statuses: Mapping[str, str] | None = None,
    types: Mapping[str, str | None] | None = None,
    **more: Any,
) -> Layout:
    """A layout with heads and words as people write them; they are kept as they are compared."""
    return Layout(
        platform,
        kind,
        {
            name: normals([heads] if isinstance(heads, str) else heads)
            for name, heads in columns.items()
        },
        normals(marks),
        {word(key): value for key, value in (statuses or {}).items()},
        {word(key): value for key, value in (types or {}).items()},
        **more,
    )
