"""The platform's reports on a stored ticket, taken over as far as SPEC O4 and O7 allow.

Everything here needs the order's row, where it has arrived, and the ticket's row locked.
"""

from datetime import datetime

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import COMMA
from aftersale.models import (
    Actor,
    ArbitrationResult,
    ConnectorKind,
    Order,
    Refund,
    Ticket,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
    TicketType,
)
from aftersale.records.schemas import RefundResult, TicketRecord
from aftersale.services.orders import refundable
from aftersale.services.outbox import platform_steps
from aftersale.services.outbox.platform_steps import is_platform_connected
from aftersale.services.refunds import attempts, refund_results, second_person, unsent_refunds
from aftersale.services.tickets import lifecycle, negotiation
from aftersale.services.tickets.cases import case_of_locked

from .events import write_event

S = TicketStatus

# In these statuses the platform pays or has approved by itself: the order's money is taken.
_MONEY_TAKEN = {S.AWAITING_RETURN, S.RETURNING, S.REFUNDING}
SETTLED_ELSEWHERE = _MONEY_TAKEN | {S.REFUNDED}

# How far along an open ticket is. A platform that does not know our step yet reports an earlier
# status, which never moves a ticket back.
PROGRESS = {
    S.PENDING_REVIEW: 0,
    S.NEGOTIATING: 1,
    S.AWAITING_RETURN: 2,
    S.RETURNING: 3,
    S.REJECTED: 4,
    S.ARBITRATION: 5,
    S.REFUNDING: 6,
    S.REFUND_FAILED: 7,
}


def reported_status(record: TicketRecord) -> str | None:
    """The status that a record amounts to; a refund that was paid outweighs all else."""
    result = record.refund_result
    if result is not None and result.status == "succeeded":
        return S.REFUNDED
    if result is not None and record.status in (None, S.REFUNDING):
        return S.REFUND_FAILED
    return record.status


def settle_arrival(
    order: Order, ticket: Ticket, *, now: datetime, result: RefundResult | None = None
) -> None:
    """Writes down the money of a ticket that came in with a status in SETTLED_ELSEWHERE."""
    if ticket.status == S.REFUNDED:
        refund_results.take_over_result(
            case_of_locked(order, ticket, now=now),
            succeeded=True,
            at=(result and result.at) or ticket.status_at,
            reason=result.reason if result else "",
        )
    elif ticket.type != TicketType.EXCHANGE and ticket.committed == 0:
        refundable.take_as_fact(order, ticket, negotiation.agreed_amount(ticket), now=now)


def apply_findings(ticket: Ticket, record: TicketRecord, now: datetime) -> None:
    """Return shipment and arbitration's result of a newer version, each with an event."""
    _shipment(ticket, record, now)
    _arbitration(ticket, record, now)


def keep_off(ticket: Ticket, flag: TicketFlag, now: datetime) -> None:
    """Keeps automation off: the platform pays the ticket by itself (SPEC F2), or reports something
    unknown here (SPEC O4)."""
    lifecycle.add_flag(ticket, flag)
    ticket.awaiting_evaluation = False
    ticket.save(update_fields=["flags", "awaiting_evaluation"])
    write_event(ticket, TicketEventKind.FLAG, _(flag.label), now)


def apply_status(order: Order | None, ticket: Ticket, record: TicketRecord, now: datetime) -> None:
    """Status, refund result and deadline of a newer version (SPEC O7)."""
    _status(order, ticket, record, now)
    if record.due_at is not None and (record.status or S.PENDING_REVIEW) == ticket.status:
        ticket.due_at = record.due_at
        ticket.save(update_fields=["due_at"])


def take_over(order: Order, ticket: Ticket, status: str, *, note: str, now: datetime) -> None:
    """Takes over the platform's status after it declined our step: it is the fact, not a lagging
    report."""
    if ticket.status == status:
        return
    _ask_nobody(order, ticket, status, now)
    if status not in _MONEY_TAKEN:
        unsent_refunds.drop_unsent(case_of_locked(order, ticket, now=now))
    lifecycle.move(ticket, status, actor=Actor.PLATFORM, now=now, note=note, as_fact=True)
    if status in _MONEY_TAKEN:
        settle_arrival(order, ticket, now=now)


def note_differences(ticket: Ticket, record: TicketRecord, now: datetime) -> None:
    """A decided ticket keeps its type and amount; others from the platform become a note and a flag
    (SPEC O7)."""
    differences = differences_of_decided(ticket, record)
    if not differences:
        return
    lifecycle.add_flag(ticket, TicketFlag.DIFFERS)
    # One that was taken back and waits again is decided anew: for people (SPEC E2).
    ticket.awaiting_evaluation = lifecycle.may_wait(ticket)
    ticket.save(update_fields=["flags", "awaiting_evaluation"])
    note = _("The platform now reports: %s. The ticket had been decided and stays as it is.")
    write_event(ticket, TicketEventKind.NOTE, note % joined(COMMA, differences), now)


def differences_of_decided(ticket: Ticket, record: TicketRecord) -> list[str]:
    """Differences that a decided ticket does not take over from its platform, in words."""
    differences: list[str] = []
    if record.type != ticket.requested_type:
        differences.append(_("type %s") % TicketType(record.type).label)
    if record.amount != ticket.amount:
        differences.append(_("amount %s") % format_yuan(record.amount))
    return differences + differences_of_place(ticket, record)


def differences_of_place(ticket: Ticket, record: TicketRecord) -> list[str]:
    """Another order, or another line of it."""
    differences: list[str] = []
    if record.order_no != ticket.order_no:
        differences.append(_("order %s") % record.order_no)
    if record.line_no != ticket.line_no:
        differences.append(_("line %s") % (record.line_no or "–"))
    return differences


def _shipment(ticket: Ticket, record: TicketRecord, now: datetime) -> None:
    shipment = record.return_shipment
    if shipment is None:
        return
    reported = (shipment.carrier, shipment.tracking_no, shipment.shipped_at)
    if reported == (ticket.return_carrier, ticket.return_tracking_no, ticket.return_shipped_at):
        return
    ticket.return_carrier, ticket.return_tracking_no, ticket.return_shipped_at = reported
    ticket.save(update_fields=["return_carrier", "return_tracking_no", "return_shipped_at"])
    note = _("Return shipment: %(carrier)s %(number)s") % {
        "carrier": shipment.carrier,
        "number": shipment.tracking_no,
    }
    write_event(ticket, TicketEventKind.REPORTED, note.strip(), now)


def _arbitration(ticket: Ticket, record: TicketRecord, now: datetime) -> None:
    result = record.arbitration_result
    if result is None or result == ticket.arbitration_result:
        return
    ticket.arbitration_result = result
    ticket.save(update_fields=["arbitration_result"])
    note = _("Arbitration: %s") % ArbitrationResult(ticket.arbitration_result).label
    write_event(ticket, TicketEventKind.REPORTED, note, now)


def _status(order: Order | None, ticket: Ticket, record: TicketRecord, now: datetime) -> None:
    status = reported_status(record)
    if status is None or (status == ticket.status and status != S.REFUNDED):
        return
    if status == S.REFUNDED:
        _refunded(order, ticket, record, now)
    elif ticket.status in lifecycle.FINAL:
        if record.updated_at > ticket.status_at:
            _flag_step(ticket, status, now)
    elif status in (S.CANCELLED, S.CLOSED):
        if order is not None:
            _ask_nobody(order, ticket, status, now)
            unsent_refunds.drop_unsent(case_of_locked(order, ticket, now=now))
        _move(ticket, status, now)
    elif record.updated_at < ticket.status_at and not is_platform_connected(ticket.shop):
        # The report is from before our own last step. A platform that is told of steps says so by
        # its versions, whatever its clock.
        return
    elif status == S.REFUND_FAILED and order is not None:
        _ask_nobody(order, ticket, status, now)
        result = record.refund_result
        refund_results.take_over_result(
            case_of_locked(order, ticket, now=now),
            succeeded=False,
            at=(result and result.at) or record.updated_at,
            reason=result.reason if result else "",
        )
    else:
        _open_step(order, ticket, status, now)


def _open_step(order: Order | None, ticket: Ticket, status: str, now: datetime) -> None:
    usual = lifecycle.allowed(ticket.status, status, Actor.PLATFORM)
    back = PROGRESS[S(status)] < PROGRESS[S(ticket.status)]
    if back and _lags(ticket, status, usual=usual):
        if status == S.ARBITRATION:
            # Not a lagging report: people have to know it while a refund is on its way.
            _flag_step(ticket, status, now)
        return
    if order is not None:
        _ask_nobody(order, ticket, status, now)
    gone_back = back and not usual and status not in _MONEY_TAKEN
    if order is not None and (status == S.REJECTED or gone_back):
        unsent_refunds.drop_unsent(case_of_locked(order, ticket, now=now))
    _move(ticket, status, now)
    if order is not None and ticket.status in _MONEY_TAKEN:
        settle_arrival(order, ticket, now=now)


def _lags(ticket: Ticket, status: str, *, usual: bool) -> bool:
    """True if the report may be from before our own last step.

    A platform that is told of our steps lags only until it has heard of them; after that its
    reports are facts. That a refund failed it need not know.
    """
    if not is_platform_connected(ticket.shop):
        return not usual and _may_lag(ticket, status)
    unheard = ticket.status == S.REFUND_FAILED and status == S.PENDING_REVIEW
    return unheard or platform_steps.platform_has_yet_to_hear(ticket)


def _may_lag(ticket: Ticket, status: str) -> bool:
    """True if the platform may report this only because it does not know our step yet.

    A status that it has reported itself since then is not taken back by accident.
    """
    refund = Refund.objects.filter(ticket=ticket).first()
    if refund is not None and refund.status not in attempts.OVER:
        return True
    if ticket.status == S.REFUND_FAILED:
        # Tried again there: the money is on its way. Else the ticket is as it was, for people.
        return status != S.REFUNDING
    last = ticket.events.filter(kind=TicketEventKind.STATUS).order_by("pk").last()
    return last is not None and last.actor != Actor.PLATFORM


def _refunded(order: Order | None, ticket: Ticket, record: TicketRecord, now: datetime) -> None:
    if order is None:
        # Its money is written down when the order arrives.
        if ticket.status != S.REFUNDED:
            _move(ticket, S.REFUNDED, now)
        return
    if ticket.status == S.REFUNDED and _has_refund(ticket):
        return
    _ask_nobody(order, ticket, S.REFUNDED, now)
    result = record.refund_result
    refund_results.take_over_result(
        case_of_locked(order, ticket, now=now),
        succeeded=True,
        at=(result and result.at) or record.updated_at,
        reason=result.reason if result else "",
        # A connector says what was paid; of others the amount is what the buyer asked for.
        amount=record.amount if ticket.shop.connector == ConnectorKind.PLATFORM else None,
    )


def _ask_nobody(order: Order, ticket: Ticket, status: str, now: datetime) -> None:
    """The platform has decided: no second person is asked any more, and nothing is held (G4)."""
    why = _("the platform reports “%s”.") % S(status).label
    second_person.fall(order, ticket, why=why, now=now)


def _move(ticket: Ticket, status: str, now: datetime) -> None:
    # Money that the step before has moved may have changed the status already.
    if ticket.status != status:
        lifecycle.move(ticket, status, actor=Actor.PLATFORM, now=now, as_fact=True)


def _has_refund(ticket: Ticket) -> bool:
    return Refund.objects.filter(ticket=ticket).exists()


def _flag_step(ticket: Ticket, status: str, now: datetime) -> None:
    lifecycle.add_flag(ticket, TicketFlag.PLATFORM_STEP)
    ticket.save(update_fields=["flags"])
    note = _("The platform reports “%(reported)s”; the ticket stays “%(status)s”.") % {
        "reported": S(status).label,
        "status": S(ticket.status).label,
    }
    write_event(ticket, TicketEventKind.FLAG, note, now)
