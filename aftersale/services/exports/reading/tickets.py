"""A row of an after-sale file as one request (SPEC O11)."""

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from aftersale.domain.multilingual import said as _

from .cells import word
from .layout import Layout
from .parse import Parser
from .tables import Problem, Table, TableRow
from .words import REASONS

_REASON = 64
_NOTE = 2_000
_CODE = 64
_NO_PREFIX = "No:"
# In these the shop acts, and the deadline in the file is the shop's.
_SHOP_ACTS = frozenset(("pending_review", "returning"))
_TYPE_OF_UNKNOWN = "refund_only"


@dataclass
class TicketDraft:
    """`line`: what the file says of the goods, to find the order's line by."""

    ticket_no: str
    row: int
    values: dict[str, Any] = field(default_factory=dict)
    buyer: str = ""
    line_key: str = ""
    line_product: str = ""
    line_title: str = ""
    # By their own names, where they are not known here: the ticket is for people (SPEC O4).
    status_there: str = ""
    type_there: str = ""
    # A request that is no ticket of ours, by its word: nothing is made of it.
    left_out: str = ""
    problems: list[Problem] = field(default_factory=list)


def ticket_of(table: Table, row: TableRow, zone: ZoneInfo) -> TicketDraft:
    parser = Parser(table, row, zone)
    layout = table.layout
    draft = TicketDraft(parser.needed("ticket_no"), row.row)
    order_no = parser.needed("order_no")
    kind = _type(parser, layout, draft)
    status = _status(parser, layout, draft)
    applied_at = parser.time("applied_at")
    if not parser.text("applied_at"):
        parser.problem("applied_at", _("missing"))
    draft.buyer = parser.foreign("buyer")
    draft.line_key = parser.foreign("line_key")
    draft.line_product = parser.foreign("line_product")
    draft.line_title = parser.text("line_title")
    result_at = parser.time("result_at")
    draft.values = {
        "order_no": order_no,
        "type": kind,
        "status": status,
        "amount": _amount(parser, kind),
        "applied_at": applied_at,
        "due_at": parser.time("due_at") if status in _SHOP_ACTS else None,
    }
    # A column that is not there leaves what is stored.
    if parser.has("reason"):
        said = word(parser.text("reason"))
        draft.values["reason"] = REASONS.get(said, said[:_REASON])
    if parser.has("note"):
        draft.values["note"] = parser.text("note")[:_NOTE]
    if parser.has("tracking_no"):
        draft.values["return_shipment"] = _shipment(parser)
    if status in ("refunded", "refund_failed"):
        draft.values["refund_result"] = {
            "status": "succeeded" if status == "refunded" else "failed",
            "at": result_at,
        }
    draft.problems = [] if draft.left_out else parser.problems
    return draft


def _type(parser: Parser, layout: Layout, draft: TicketDraft) -> str:
    said = word(parser.text("type"))
    if not said:
        parser.problem("type", _("missing"))
        return _TYPE_OF_UNKNOWN
    if said not in layout.types:
        draft.type_there = said[:_CODE]
        return _TYPE_OF_UNKNOWN
    kind = layout.types[said]
    if kind is None:
        draft.left_out = said[:_CODE]
    return kind or _TYPE_OF_UNKNOWN


def _status(parser: Parser, layout: Layout, draft: TicketDraft) -> str | None:
    said = word(parser.text("status"))
    if not said:
        parser.problem("status", _("missing"))
        return None
    status = layout.statuses.get(said)
    if status is None:
        draft.status_there = said[:_CODE]
    return status


def _amount(parser: Parser, kind: str) -> int:
    parts = ("amount", "amount_freight", "amount_tax")
    told = [found for name in parts if (found := parser.amount(name)) is not None]
    less = parser.amount("amount_less") or 0
    if not parser.text("amount") and kind != "exchange":
        parser.problem("amount", _("missing: the sum that is asked for is not settled yet"))
    if less > sum(told):
        parser.problem("amount_less", _("more than what it is taken off from"))
        return 0
    return sum(told) - less


def _shipment(parser: Parser) -> dict[str, Any] | None:
    carrier = parser.text("carrier")[:_CODE]
    tracking_no = parser.foreign("tracking_no").removeprefix(_NO_PREFIX).strip()[:_CODE]
    shipped_at = parser.time("returned_at")
    if not (carrier or tracking_no):
        return None
    return {"carrier": carrier, "tracking_no": tracking_no, "shipped_at": shipped_at}
