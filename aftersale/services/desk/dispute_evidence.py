"""Evidence in a dispute, from the desk to the platform that asks for it (SPEC O4).

A person sends it, at once; the platform answers whether it takes it. Evidence of which nobody knows
whether it arrived is shown as such; nothing is sent twice by itself.
"""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.core.files.base import File
from django.db import transaction

from aftersale.domain.identifiers import is_visible
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    Actor,
    EvidenceFile,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketStatus,
)
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Declined, NotCarriedOut, TakesEvidence
from aftersale.services.desk import evidence
from aftersale.services.shared.errors import Refused
from aftersale.services.tickets.cases import find_case

LONGEST = 500


def takes_evidence(ticket: Ticket) -> bool:
    """True if the ticket is in a dispute on a platform that takes evidence from Afterdesk."""
    return ticket.status == TicketStatus.ARBITRATION and Can.EVIDENCE in registry.can(ticket.shop)


def send(
    *, ticket_id: int, text: str, pictures: Sequence[File], user: User, now: datetime
) -> Ticket:
    """Raises Refused where it is not taken, or where nobody knows whether it was."""
    text = text.replace("\r\n", "\n").strip()
    if not is_visible(text):
        raise Refused(_("Write what the evidence shows."), pointer="text")
    if len(text) > LONGEST:
        raise Refused(_("At most %d characters.") % LONGEST, pointer="text")
    ticket = find_case(ticket_id=ticket_id, user=user)
    if not takes_evidence(ticket):
        raise Refused(_("The platform asks for nothing in this dispute now."))
    with evidence.taken_back_on_failure() as stored:
        with transaction.atomic():
            files = evidence.attach(
                ticket=ticket, items=pictures, user=user, now=now, stored=stored
            )
        try:
            _send(ticket, text, files)
        except BaseException:
            EvidenceFile.objects.filter(pk__in=[file.pk for file in files]).delete()
            raise
    TicketEvent.objects.create(
        ticket=ticket,
        at=now,
        kind=TicketEventKind.NOTE,
        actor=Actor.PERSON,
        user=user,
        note=_("Evidence sent to the platform, %(pictures)d pictures: %(text)s")
        % {"pictures": len(files), "text": text},
    )
    return ticket


def _send(ticket: Ticket, text: str, files: Sequence[EvidenceFile]) -> None:
    """Calls the platform; nothing is locked meanwhile."""
    try:
        platform = registry.platform_of(ticket.shop)
        if not isinstance(platform, TakesEvidence):
            raise Refused(_("The platform asks for nothing in this dispute now."))
        answer = platform.send_evidence(
            ticket.ticket_no, text=text, pictures=evidence.to_send(files)
        )
    except NotCarriedOut as error:
        raise Refused(_("Nothing was sent: %s") % error) from error
    except TimedOut as error:
        raise Refused(
            _(
                "The platform did not answer: it may have the evidence or not. Look there before"
                " you send it again."
            )
        ) from error
    if isinstance(answer, Declined):
        raise Refused(answer.reason)
