"""The platform's rows as Afterdesk's records; what can't be told is Unreadable, never guessed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from aftersale.domain.money import plain_yuan
from aftersale.domain.multilingual import said as _
from aftersale.platforms.protocol import SeenOrder, SeenTicket, Unreadable
from aftersale.records.schemas import TicketRecord

Row = Mapping[str, Any]
R = TypeVar("R", SeenOrder, TicketRecord)

# The platform's codes stay in this folder.
TICKET_TYPE = {1: "refund_only", 2: "return_refund", 3: "exchange"}
TICKET_STATUS = {1: "pending_review", 5: "refunding", 6: "refunded", 7: "cancelled"}
ORDER_STATUS = {1: "pending_shipment", 2: "shipped"}


def order_record(row: Row, shop: str) -> SeenOrder | Unreadable:
    return _validated(
        SeenOrder,
        row,
        lambda: {
            "shop": shop,
            "order_no": row["no"],
            "status": ORDER_STATUS[row["status"]],
            "buyer": row["buyer"],
            "paid_at": iso(row["paid"]),
            "shipped_at": iso(row["shipped"]),
            "updated_at": iso(row["updated"]),
            "paid_amount": plain_yuan(sum(line["paid"] for line in row["lines"])),
            "lines": [
                {
                    "line_no": number,
                    "product": line["product"],
                    "quantity": line["quantity"],
                    "paid_amount": plain_yuan(line["paid"]),
                }
                for number, line in enumerate(row["lines"], 1)
            ],
        },
    )


def seen_ticket(row: Row, shop: str) -> SeenTicket | Unreadable:
    """A status or type that is not known is for people, and no money (SPEC O4)."""
    known = row.get("status") in TICKET_STATUS and row.get("type") in TICKET_TYPE
    record = _validated(
        TicketRecord,
        row,
        lambda: {
            "shop": shop,
            "ticket_no": row["no"],
            "order_no": row["order"],
            "line_no": row["line"],
            "type": TICKET_TYPE.get(row["type"], "refund_only"),
            "status": TICKET_STATUS.get(row["status"]),
            "reason": row["reason"],
            "amount": plain_yuan(row["amount"]),
            "applied_at": iso(row["applied"]),
            "updated_at": iso(row["updated"]),
            "due_at": iso(row["due"]),
        },
    )
    return record if isinstance(record, Unreadable) else SeenTicket(record, unknown=not known)


def iso(seconds: Any) -> str | None:
    at = moment(seconds)
    return None if at is None else at.isoformat()


def moment(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _validated(model: type[R], row: Row, values: Any) -> R | Unreadable:
    """Names the fields that are not as expected, never what is in them."""
    number = str(row.get("no") or "?")
    try:
        return model.model_validate(values())
    except ValidationError as error:
        names = sorted({".".join(map(str, one["loc"])) for one in error.errors()})
        return Unreadable(number, _("Not as expected: %s.") % ", ".join(names))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        return Unreadable(number, _("Not as expected: %s.") % type(error).__name__)
