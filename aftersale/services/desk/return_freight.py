"""The freight that a buyer asks for with a return: people pay it as asked, or refuse it with a text
and pictures; the answer goes to the platform with the receipt of the goods (SPEC P3).

It is no part of the order's money: the platform pays it besides the refund, once, and takes no
other amount than the one asked for.
"""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.identifiers import is_visible
from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    Actor,
    ReturnFreight,
    Ticket,
    TicketEvent,
    TicketEventKind,
)
from aftersale.services.desk.evidence import Item, attach, taken_back_on_failure
from aftersale.services.refunds.freight_asked import asked
from aftersale.services.shared.errors import NotOffered, Refused, Stale
from aftersale.services.tickets.cases import find_case, lock_case

LONGEST = 300


def answer(
    *,
    ticket_id: int,
    amount: int,
    pays: bool,
    text: str = "",
    evidence: Sequence[Item] = (),
    user: User,
    now: datetime,
    seen: str | None = None,
) -> Ticket:
    """`amount` (fen) is the one that the person saw. Answered anew, the later answer counts, until
    the receipt is confirmed."""
    find_case(ticket_id=ticket_id, user=user)
    text = text.replace("\r\n", "\n").strip()
    if not pays and not is_visible(text):
        raise Refused(_("Write why the freight is refused."), pointer="text")
    if len(text) > LONGEST:
        raise Refused(_("At most %d characters.") % LONGEST, pointer="text")
    if not pays and not evidence:
        raise Refused(_("A refusal needs pictures that show it."), pointer="evidence")
    with taken_back_on_failure() as stored, transaction.atomic():
        case = lock_case(ticket_id=ticket_id, user=user, now=now, seen=seen)
        ticket = case.ticket
        now_asked = asked(ticket)
        if not now_asked:
            raise NotOffered(_("No return freight waits for an answer on this ticket."))
        if amount != now_asked:
            raise Stale(
                _("The buyer asks for another return freight by now: %s.") % format_yuan(now_asked)
            )
        files = attach(ticket=ticket, items=evidence, user=user, now=now, stored=stored)
        row, _made = ReturnFreight.objects.update_or_create(
            ticket=ticket,
            defaults={"amount": amount, "pays": pays, "text": text, "at": now, "user": user},
        )
        row.evidence_files.update(return_freight=None)
        for file in files:
            file.return_freight = row
            file.save(update_fields=["return_freight"])
        said = _("Return freight of %s: to be paid with the receipt of the goods")
        if not pays:
            said = _("Return freight of %(amount)s: refused, %(text)s")
            note = said % {"amount": format_yuan(amount), "text": text}
        else:
            note = said % format_yuan(amount)
        TicketEvent.objects.create(
            ticket=ticket,
            at=now,
            kind=TicketEventKind.NOTE,
            actor=Actor.PERSON,
            user=user,
            note=note,
        )
        return ticket
