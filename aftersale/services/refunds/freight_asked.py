"""The return freight that a buyer asks for, before the receipt of the goods is confirmed (SPEC P3).

Amounts in fen. People answer it by desk/return_freight.py.
"""

from aftersale.domain.money import NotYuan, format_yuan, parse_yuan
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    PlatformFacts,
    PlatformSubject,
    ReturnFreight,
    Ticket,
    TicketStatus,
    TicketType,
)
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.services.shared.errors import FreightUnanswered

AWAITS_GOODS = (TicketStatus.AWAITING_RETURN, TicketStatus.RETURNING)


def asked(ticket: Ticket) -> int:
    """Fen of return freight that wait for an answer from here; 0 where there are none."""
    fits = ticket.status in AWAITS_GOODS and ticket.type != TicketType.EXCHANGE
    if not fits or Can.RETURN_FREIGHT not in registry.can(ticket.shop):
        return 0
    row = PlatformFacts.objects.filter(
        shop=ticket.shop_id, subject=PlatformSubject.TICKET, number=ticket.ticket_no
    ).first()
    told = {name: value for name, value, _at in row.facts} if row else {}
    if told.get("return_freight", "waiting") != "waiting":
        return 0
    try:
        # The platform compares the amount once more when it takes the answer.
        return max(0, parse_yuan(told.get("return_freight_asked") or "0"))
    except NotYuan:
        return 0


def answer_of(ticket: Ticket) -> ReturnFreight | None:
    """The answer that goes out with the receipt; None too where another amount is asked for now."""
    found = ReturnFreight.objects.filter(ticket=ticket).first()
    return found if found is not None and found.amount == asked(ticket) else None


def require_answer(ticket: Ticket) -> None:
    """Raises FreightUnanswered while the platform would not take the receipt without an answer."""
    amount = asked(ticket)
    if amount and answer_of(ticket) is None:
        raise FreightUnanswered(
            _("The buyer asks for %s of return freight: answer that first.") % format_yuan(amount),
            pointer="return_freight",
        )
