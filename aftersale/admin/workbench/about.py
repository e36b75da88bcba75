"""The request in short, for the dialogs that are written in: goods and the buyer's words."""

from dataclasses import dataclass
from typing import Any

from aftersale.admin.kit import columns
from aftersale.models import OrderLine, Ticket

MOST_LINES = 3


@dataclass(frozen=True)
class About:
    lines: list[OrderLine]
    more: int
    reason: Any


def about(ticket: Ticket) -> About:
    """The line that was asked about; of a request about the whole order its first lines."""
    lines = list(ticket.order.lines.all()) if ticket.order else []
    if ticket.line_no is not None:
        lines = [line for line in lines if line.line_no == ticket.line_no]
    shown = lines[:MOST_LINES]
    return About(shown, len(lines) - len(shown), columns.buyers_reason(ticket))
