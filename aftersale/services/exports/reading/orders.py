"""The rows of one order as one order (SPEC O11): its own columns, and its lines."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import said as _

from .cells import word
from .layout import Kind, Sums
from .parse import Parser, head_of
from .shares import shared
from .tables import Problem, Table, TableRow

# A product that the file does not name.
UNKNOWN_PRODUCT = "?"
_TITLE = 256
_DATED = re.compile(r"(\d\d)(\d\d)(\d\d)-")
_ORDER_TIMES = ("created_at", "paid_at", "shipped_at", "delivered_at", "completed_at")
_NOT_PAID_YET = frozenset(("pending_payment", "pending_shipment", "closed"))
_ALONG = ("pending_payment", "pending_shipment", "partially_shipped", "shipped", "delivered")


@dataclass
class LineDraft:
    """`keys`: what names the line in this file and in after-sale files. `paid`: None where only the
    order's sum is known."""

    keys: tuple[str, ...]
    product: str
    title: str
    quantity: int
    paid: int | None
    price: int = 0


@dataclass
class OrderDraft:
    """`values` has the fields that the file has columns for, in fen and aware times."""

    order_no: str
    rows: list[int]
    values: dict[str, Any] = field(default_factory=dict)
    lines: list[LineDraft] = field(default_factory=list)
    # False where the file tells no lines apart: one line stands for all.
    lines_known: bool = True
    # The order's lines alone, out of a second file.
    only_lines: bool = False
    # The paid amount is the sum over its lines: a file may hold some of them only.
    sums_lines: bool = False
    problems: list[Problem] = field(default_factory=list)


class _Row(NamedTuple):
    values: Mapping[str, Any]
    line: LineDraft
    joined: bool


def order_of(table: Table, rows: Sequence[TableRow], zone: ZoneInfo) -> OrderDraft:
    """All rows of one order, in their sequence."""
    first = Parser(table, rows[0], zone)
    draft = OrderDraft(first.needed("order_no"), [row.row for row in rows])
    draft.only_lines = table.layout.kind is Kind.LINES
    draft.sums_lines = table.layout.sums is Sums.EACH
    read: list[_Row] = []
    for row in rows:
        parser = Parser(table, row, zone)
        found = _row(parser)
        draft.problems += parser.problems
        if found not in read:
            read.append(found)
    draft.problems += [] if draft.order_no else first.problems[-1:]
    if draft.problems:
        return draft
    _lines(draft, table, read)
    if not draft.only_lines:
        _values(draft, table, read)
    return draft


def _row(parser: Parser) -> _Row:
    table = parser.table
    values: dict[str, Any] = {}
    if table.layout.kind is Kind.ORDERS:
        values = _order_values(parser)
    keys = parser.foreign("line_key")  # own to the platform, else what tells lines apart here
    joined = bool(table.layout.joined_by) and table.layout.joined_by in keys
    parts = keys.split(table.layout.joined_by) if joined else [keys]
    product = parser.foreign("product")
    title = " ".join(filter(None, (parser.text("title"), parser.text("spec"))))[:_TITLE]
    line = LineDraft(
        tuple(key.strip() for key in parts if key.strip()) or (_key(parser, product, title),),
        UNKNOWN_PRODUCT if joined or not product else product,
        title,
        parser.pieces("quantity") or 1,
        None,
        parser.amount("price") or 0,
    )
    if parser.has("line_paid"):
        line.paid = parser.amount("line_paid")
    elif table.layout.sums is Sums.EACH:
        line.paid = values.get("paid")
    return _Row(values, line, joined)


def _key(parser: Parser, product: str, title: str) -> str:
    """The key of a line without a number of its own: product and kind, since titles change."""
    return f"{product}\n{parser.text('spec') if product else title}"[:400]


def _order_values(parser: Parser) -> dict[str, Any]:
    layout = parser.table.layout
    said = word(parser.text("status"))
    values: dict[str, Any] = {"status": layout.statuses.get(said)}
    if not said:
        parser.problem("status", _("missing"))
    elif values["status"] is None:
        parser.problem("status", _("the status “%s” is not known here: nothing is guessed") % said)
    if parser.has("buyer"):
        values["buyer"] = parser.foreign("buyer")
    for name in _ORDER_TIMES:
        if parser.has(name):
            values[name] = parser.time(name)
    if layout.dated_number and not values.get("created_at"):
        values["created_at"] = _date_in(parser.number("order_no"), parser.zone)
    paid, less = parser.amount("paid"), parser.amount("paid_less") or 0
    unpaid = layout.owed and values["status"] in _NOT_PAID_YET
    if unpaid and parser.has("paid_at"):
        unpaid = values["paid_at"] is None
    elif unpaid:
        unpaid = values["status"] in ("pending_payment", "closed")
    if unpaid:
        # The amount there was owed, and never paid.
        values["paid"] = 0
    elif paid is None:
        if not any(problem.head == parser.head("paid") for problem in parser.problems):
            parser.problem("paid", _("missing"))
    elif less > paid:
        parser.problem("paid_less", _("more than what it is taken off from"))
    else:
        values["paid"] = paid - less
    if said in layout.all_refunded:
        values["refunded"] = values.get("paid", 0)
    elif parser.has("refunded"):
        values["refunded"] = parser.amount("refunded") or 0
    return values


def _date_in(order_no: str, zone: ZoneInfo) -> datetime | None:
    if match := _DATED.match(order_no):
        with suppress(ValueError):
            return datetime(2000 + int(match[1]), int(match[2]), int(match[3]), tzinfo=zone)
    return None


def _lines(draft: OrderDraft, table: Table, read: Sequence[_Row]) -> None:
    draft.lines = [row.line for row in read]
    seen: set[str] = set()
    for line in draft.lines:
        twice = seen & set(line.keys)
        if twice and table.layout.sums is Sums.EACH:
            draft.problems.append(
                Problem(
                    head_of(table, "line_key"),
                    _("two rows of this order say different things of one line"),
                )
            )
            return
        seen |= set(line.keys)
    draft.lines_known = "product" in table.fields and not any(row.joined for row in read)


def _values(draft: OrderDraft, table: Table, read: Sequence[_Row]) -> None:
    own_status = table.layout.row_has_status
    sums = {"refunded"} | ({"paid"} if table.layout.sums is Sums.EACH else set())
    alone = len(read) == 1
    for name in read[0].values:
        if alone and name not in sums:
            draft.values[name] = read[0].values[name]
            continue
        told = [row.values.get(name) for row in read]
        if name in sums:
            draft.values[name] = sum(value or 0 for value in told)
        elif own_status and name in ("status", *_ORDER_TIMES):
            draft.values[name] = _of_parts(name, told)
        elif any(value != told[0] for value in told):
            draft.problems.append(_differs(table, name, told))
        else:
            draft.values[name] = told[0]
    if draft.problems:
        return
    if not draft.lines_known and len(draft.lines) > 1:
        draft.lines = [_all_in_one(draft.lines)]
    fill_paid(draft.lines, draft.values["paid"])


def fill_paid(lines: Sequence[LineDraft], paid: int) -> None:
    """The paid amount of each line, out of the order's sum where no column says it."""
    if any(line.paid is None for line in lines):
        parts = shared(paid, [line.price * line.quantity for line in lines])
        for line, part in zip(lines, parts, strict=True):
            line.paid = part


def _all_in_one(lines: Sequence[LineDraft]) -> LineDraft:
    known = [line.paid for line in lines if line.paid is not None]
    return LineDraft(
        tuple(dict.fromkeys(key for line in lines for key in line.keys)),
        UNKNOWN_PRODUCT,
        "; ".join(line.title for line in lines)[:_TITLE],
        sum(line.quantity for line in lines),
        sum(known) if len(known) == len(lines) else None,
    )


def _of_parts(name: str, told: Sequence[Any]) -> Any:
    """Status and times of an order whose parts have their own."""
    if name == "status":
        open_parts = [status for status in told if status != "closed"]
        if not open_parts:
            return "closed"
        if len(set(open_parts)) == 1:
            return open_parts[0]
        if "pending_shipment" in open_parts or "partially_shipped" in open_parts:
            return "partially_shipped"
        return min(open_parts, key=lambda one: _ALONG.index(one) if one in _ALONG else len(_ALONG))
    times: list[datetime] = [at for at in told if at is not None]
    if name == "completed_at":
        return max(times) if len(times) == len(told) else None
    return min(times, default=None)


def _differs(table: Table, name: str, told: Iterable[Any]) -> Problem:
    shown = dict.fromkeys(
        format_yuan(value) if isinstance(value, int) else str(value or "–") for value in told
    )
    message = _("differs between the rows of this order: %s") % ", ".join(shown)
    return Problem(head_of(table, name), message)
