"""Notes and flags among colleagues on a case. Neither platform nor buyer gets them.

No money moves, and the order may not have come yet: the ticket's own row is lock enough.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.identifiers import is_visible
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import COLON
from aftersale.models import Actor, CaseMark, Ticket, TicketEvent, TicketEventKind
from aftersale.services.shared import locks
from aftersale.services.shared.errors import Refused
from aftersale.services.tickets.cases import find_case

LONGEST = 500


def write(*, ticket_id: int, text: str, mark: str, user: User, now: datetime) -> Ticket:
    """A note, a flag, or both; an empty flag takes the one that is there away."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST:
        raise Refused(_("A note has at most %d characters.") % LONGEST, pointer="text")
    if mark and mark not in CaseMark.values:
        raise Refused(_("Choose a flag of the list."), pointer="mark")
    with transaction.atomic():
        found = find_case(ticket_id=ticket_id, user=user)
        ticket = locks.lock_ticket(found.pk)
        changed = ticket.mark != mark
        if not is_visible(text) and not changed:
            raise Refused(_("Write what the note says."), pointer="text")
        parts: list[str] = []
        if changed:
            parts.append(_(CaseMark(mark).label) if mark else _("Flag taken away"))
            ticket.mark = mark
            ticket.save(update_fields=["mark"])
        if is_visible(text):
            parts.append(text)
        TicketEvent.objects.create(
            ticket=ticket,
            at=now,
            kind=TicketEventKind.INTERNAL,
            actor=Actor.PERSON,
            user=user,
            note=joined(COLON, parts) if len(parts) > 1 else parts[0],
        )
        return ticket
