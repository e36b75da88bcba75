"""A refund of less than was asked for, in the case's history with its reason (SPEC P3).

Amounts in fen.
"""

from aftersale.domain.identifiers import is_visible
from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import COLON
from aftersale.models import Ticket, TicketType
from aftersale.services.shared.errors import Refused


def is_lowered(ticket: Ticket, amount: int) -> bool:
    return ticket.type != TicketType.EXCHANGE and 0 < amount < ticket.amount


def lowered_note(ticket: Ticket, amount: int, because: str | None) -> str:
    """The note on approving less; empty for the amount asked for.

    Raises Refused where a person gives no reason; a program gives None, and is not asked.
    """
    if not is_lowered(ticket, amount):
        return ""
    figures = _("%(amount)s of the %(asked)s asked for") % {
        "amount": format_yuan(amount),
        "asked": format_yuan(ticket.amount),
    }
    if because is None:
        return figures
    if not is_visible(because):
        raise Refused(_("Write down why less is refunded."), pointer="less_because")
    return joined(COLON, [figures, because.strip()])
