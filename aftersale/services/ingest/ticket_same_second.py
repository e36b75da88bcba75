"""A version of a ticket with the stored update time and other content (SPEC O6).

Platforms date by the second. Values that lead forward are taken: a final state, a later state, a
return shipment, a result or a deadline that was missing. The rest is a difference: it is flagged,
and the ticket is for people until a newer version comes. Either order of arrival stores the same
values.
"""

from collections.abc import Sequence
from datetime import datetime

from aftersale.domain.deadlines import due_at
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import COMMA
from aftersale.models import (
    ArbitrationResult,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
)
from aftersale.records.schemas import TicketRecord
from aftersale.services.shared.outcomes import Result
from aftersale.services.tickets import lifecycle

from .batch import same_second
from .events import write_event
from .reports import (
    PROGRESS,
    apply_findings,
    apply_status,
    differences_of_decided,
    differences_of_place,
    reported_status,
)
from .ticket_changes import Asked, changes_in_words

S = TicketStatus
# Behind every open state.
_FINAL = len(PROGRESS)


def write_same_second(
    ticket: Ticket, record: TicketRecord, *, undecided: bool, now: datetime
) -> Result:
    """Needs the order's row, where it has arrived, and the ticket's row locked."""
    before = _facts(ticket)
    differences: list[str] = _take_findings(ticket, record, now)
    differences += _take_status(ticket, record, now)
    if undecided:
        differences += _asked_otherwise(ticket, record)
    else:
        differences += differences_of_decided(ticket, record)
    if differences:
        _flag(ticket, differences, now)
    return same_second(is_forward=_facts(ticket) != before, differs=bool(differences))


def _facts(ticket: Ticket) -> tuple[object, ...]:
    return (
        ticket.status,
        ticket.due_at,
        ticket.return_carrier,
        ticket.return_tracking_no,
        ticket.return_shipped_at,
        ticket.arbitration_result,
        tuple(ticket.labels),
    )


def _take_findings(ticket: Ticket, record: TicketRecord, now: datetime) -> list[str]:
    """Takes a return shipment, a result and labels that were missing; names those that differ."""
    shipment, result = record.return_shipment, record.arbitration_result
    stored = (ticket.return_carrier, ticket.return_tracking_no, ticket.return_shipped_at)
    differences: list[str] = []
    if shipment is not None and any(stored):
        reported = (shipment.carrier, shipment.tracking_no, shipment.shipped_at)
        if reported != stored:
            number = f"{shipment.carrier} {shipment.tracking_no}"
            differences.append(_("return shipment %s") % number)
        record = record.model_copy(update={"return_shipment": None})
    if result is not None and ticket.arbitration_result not in ("", result):
        differences.append(_("arbitration: %s") % ArbitrationResult(result).label)
        record = record.model_copy(update={"arbitration_result": None})
    apply_findings(ticket, record, now)
    if missing := set(record.labels) - set(ticket.labels):  # `risk` always leads forward
        ticket.labels = sorted({*ticket.labels, *missing})
        ticket.save(update_fields=["labels"])
    return differences


def _take_status(ticket: Ticket, record: TicketRecord, now: datetime) -> list[str]:
    """Takes a later state with its deadline; an earlier one was true a moment before."""
    status = reported_status(record) or S.PENDING_REVIEW
    if status == ticket.status:
        return _take_deadline(ticket, record)
    if ticket.status in lifecycle.FINAL and status in lifecycle.FINAL:
        if status == S.REFUNDED:  # money is a fact, whatever else was reported
            apply_status(ticket.order, ticket, record, now)
        return [_("status %s") % S(status).label]
    if _rank(status) > _rank(ticket.status):
        apply_status(ticket.order, ticket, record, now)
    return []


def _rank(status: str) -> int:
    return PROGRESS.get(S(status), _FINAL)


def _take_deadline(ticket: Ticket, record: TicketRecord) -> list[str]:
    """The platform's deadline replaces one worked out here (SPEC O5)."""
    if record.due_at is None or record.due_at == ticket.due_at:
        return []
    worked_out = due_at(
        platform=ticket.shop.platform,
        type=ticket.type,
        status=ticket.status,
        since=ticket.status_at,
    )
    if ticket.due_at not in (None, worked_out):
        return [_("due at %s") % record.due_at.isoformat()]
    ticket.due_at = record.due_at
    ticket.save(update_fields=["due_at"])
    return []


def _asked_otherwise(ticket: Ticket, record: TicketRecord) -> list[str]:
    before = Asked(
        ticket.requested_type, ticket.amount, ticket.reason, ticket.note, ticket.evidence
    )
    changes = changes_in_words(before, record)
    differences: list[str] = [changes] if changes else []
    differences += differences_of_place(ticket, record)
    if record.applied_at != ticket.applied_at:
        differences.append(_("applied at %s") % record.applied_at.isoformat())
    return differences


def _flag(ticket: Ticket, differences: Sequence[str], now: datetime) -> None:
    """Records each difference once, however often it comes."""
    note = _("In the same second the platform also reports: %s. The ticket is for people.") % (
        joined(COMMA, differences)
    )
    known = TicketEvent.objects.filter(ticket=ticket, kind=TicketEventKind.NOTE, note=note)
    if TicketFlag.DIFFERS in ticket.flags and known.exists():
        return
    lifecycle.add_flag(ticket, TicketFlag.DIFFERS)
    ticket.awaiting_evaluation = lifecycle.may_wait(ticket)
    ticket.save(update_fields=["flags", "awaiting_evaluation"])
    write_event(ticket, TicketEventKind.NOTE, note, now)
