"""Approving, and all that people and the platform's reports do to a refund (SPEC O2, O4, G2).

People's services look the ticket up among the shops that the user may see (else NotFound), need
the right to handle tickets (else NotAllowed), and raise WrongStep, OverRefundable or Refused
having written nothing. With `seen` they raise Stale where the case has changed since (cases.py).
Amounts in fen.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    Actor,
    AttemptState,
    ConnectorKind,
    Order,
    Refund,
    RefundSource,
    RefundStatus,
    Shop,
    StepKind,
    Ticket,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
    TicketType,
)
from aftersale.platforms.payment_registry import sends
from aftersale.services.access.rights import scoped
from aftersale.services.orders import own_refunds, refundable
from aftersale.services.outbox import platform_steps
from aftersale.services.outbox.routing import pays_fast_refunds
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.refunds import attempts, settlement
from aftersale.services.refunds.holds import held
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotFound, Refused, WrongStep
from aftersale.services.tickets import lifecycle, negotiation
from aftersale.services.tickets.cases import lock_case
from aftersale.services.windows import charges
from aftersale.signals import tickets_waiting

# A refund in one of these is over, and the same row may begin anew.
OVER = [RefundStatus.TAKEN_BACK, RefundStatus.FAILED]


def approve(
    *,
    ticket_id: int,
    user: User,
    now: datetime,
    amount: int | None = None,
    seen: str | None = None,
) -> Ticket:
    """Approves a ticket: its refund, or the return that comes before it, or the exchange.

    `amount` is at most what the ticket asks for, which is also the default: whoever approves
    during a negotiation gives in, for the buyer has accepted nothing less (rounds.py). Raises
    OverRefundable where the order's money does not allow it (SPEC O2).
    """
    with transaction.atomic():
        order, ticket, refund = lock_case(ticket_id=ticket_id, user=user, seen=seen)
        to_status = approved_status(ticket)
        wanted = require_approvable(order, ticket, amount)
        if wanted:
            refundable.commit(order, ticket, wanted)
        from_status = ticket.status
        lifecycle.move(ticket, to_status, actor=Actor.PERSON, now=now, user=user)
        if to_status == TicketStatus.REFUNDING:
            _request(order, ticket, refund, source=RefundSource.PERSON, user=user, now=now)
        else:
            platform_steps.tell(
                order=order,
                ticket=ticket,
                kind=StepKind.APPROVE_RETURN,
                from_status=from_status,
                user=user,
                now=now,
            )
        return ticket


def approved_status(ticket: Ticket) -> TicketStatus:
    """Where approving leads: the refund starts, or the goods come back first."""
    goods_first = ticket.type in (TicketType.RETURN_REFUND, TicketType.EXCHANGE)
    return TicketStatus.AWAITING_RETURN if goods_first else TicketStatus.REFUNDING


def require_approvable(order: Order, ticket: Ticket, amount: int | None = None) -> int:
    """What approving the ticket takes of the order's money; raises what speaks against it.

    Nothing for an exchange. Writes nothing, so that a preview may ask as well.
    """
    if ticket.status not in (TicketStatus.PENDING_REVIEW, TicketStatus.NEGOTIATING):
        # `returning` to `refunding` is confirm_return's.
        raise _wrong_step(ticket, approved_status(ticket))
    _require_window(ticket)
    if TicketFlag.PLATFORM_PAYS in ticket.flags:
        raise Refused(_("The platform pays this fast refund itself: nothing is sent from here."))
    if ticket.type == TicketType.EXCHANGE:
        return 0
    wanted = ticket.amount if amount is None else amount
    if not 0 < wanted <= ticket.amount:
        raise Refused(
            _("The amount must be above 0 and at most what was asked for: %s.")
            % format_yuan(ticket.amount),
            pointer="amount",
        )
    if wanted != ticket.amount and ticket.shop.connector == ConnectorKind.PLATFORM:
        raise Refused(
            _("The platform refunds what was asked for, %s. Offer less by negotiating.")
            % format_yuan(ticket.amount),
            pointer="amount",
        )
    refundable.require_room(order, ticket, wanted)
    return wanted


def confirm_return(
    *, ticket_id: int, user: User, now: datetime, seen: str | None = None, note: str = ""
) -> Ticket:
    """The goods are in hand, or not wanted back: the approved return's refund starts."""
    with transaction.atomic():
        order, ticket, refund = lock_case(ticket_id=ticket_id, user=user, seen=seen)
        confirmable = (TicketStatus.AWAITING_RETURN, TicketStatus.RETURNING)
        if ticket.status not in confirmable:
            raise _wrong_step(ticket, TicketStatus.REFUNDING)
        if ticket.type == TicketType.EXCHANGE:
            raise Refused(_("An exchange ends with new goods, not with a refund."))
        _require_window(ticket)
        # A return that the platform approved has taken no money yet.
        refundable.commit(order, ticket, ticket.committed or negotiation.agreed_amount(ticket))
        lifecycle.move(
            ticket, TicketStatus.REFUNDING, actor=Actor.PERSON, now=now, user=user, note=note
        )
        _request(order, ticket, refund, source=RefundSource.PERSON, user=user, now=now)
        return ticket


def retry(*, ticket_id: int, user: User, now: datetime, seen: str | None = None) -> Ticket:
    """Tries a failed refund again, after a new check of the order's money (SPEC O2)."""
    with transaction.atomic():
        order, ticket, refund = lock_case(ticket_id=ticket_id, user=user, seen=seen)
        if ticket.status != TicketStatus.REFUND_FAILED:
            raise _wrong_step(ticket, TicketStatus.REFUNDING)
        _require_window(ticket)
        wanted = negotiation.agreed_amount(ticket) if refund is None else refund.amount
        refundable.commit(order, ticket, wanted)
        lifecycle.move(ticket, TicketStatus.REFUNDING, actor=Actor.PERSON, now=now, user=user)
        if refund is None:
            _request(order, ticket, refund, source=RefundSource.PERSON, user=user, now=now)
        else:
            # Who or what caused the refund stays as it was; the attempts go on counting.
            _start(refund, ticket, now=now)
        return ticket


def close(
    *, ticket_id: int, note: str, user: User, now: datetime, seen: str | None = None
) -> Ticket:
    """A failed refund was settled otherwise, as the `note` says; its ticket is over (SPEC O4)."""
    with transaction.atomic():
        _order, ticket, _refund = lock_case(ticket_id=ticket_id, user=user, seen=seen)
        if ticket.status != TicketStatus.REFUND_FAILED:
            raise _wrong_step(ticket, TicketStatus.CLOSED)
        if not note.strip():
            raise Refused(_("Write down how it was settled."), pointer="note")
        lifecycle.move(
            ticket, TicketStatus.CLOSED, actor=Actor.PERSON, now=now, user=user, note=note.strip()
        )
        return ticket


def take_back(*, refund_id: int, user: User, now: datetime, seen: str | None = None) -> Ticket:
    """Takes back a refund that was never sent; the ticket waits for a decision again (SPEC G2)."""
    with transaction.atomic():
        order, ticket, refund = _locked_refund(refund_id=refund_id, user=user, seen=seen)
        if refund.status != RefundStatus.REQUESTED or refund.ever_sent:
            raise Refused(
                _("The refund of ticket %s was sent already and can't be taken back.")
                % ticket.ticket_no
                if refund.ever_sent
                else _("The refund of ticket %s is not waiting to be sent.") % ticket.ticket_no
            )
        if refund.source not in (RefundSource.STRATEGY, RefundSource.PERSON):
            raise Refused(_("A fast refund is owed to the buyer and can't be taken back."))
        lifecycle.move(ticket, TicketStatus.PENDING_REVIEW, actor=Actor.PERSON, now=now, user=user)
        # A waived return is asked for again: no strategy for refunds alone may take it now.
        ticket.type = ticket.requested_type
        ticket.save(update_fields=["type"])
        refund.status = RefundStatus.TAKEN_BACK
        refund.next_step_at = None
        refund.needs_people = False
        refund.settled_at = now
        refund.save()
        refundable.free(order, ticket)
        tickets_waiting.send(sender=Ticket, shop_ids={ticket.shop_id})  # `move` made it wait
        return ticket


def release(*, refund_id: int, user: User, now: datetime, seen: str | None = None) -> None:
    """Lets a refund that the shop's pause holds back go out all the same (SPEC G2)."""
    with transaction.atomic():
        _order, ticket, refund = _locked_refund(refund_id=refund_id, user=user, seen=seen)
        if not held(refund, Shop.objects.get(pk=refund.shop_id)):
            raise Refused(_("The refund of ticket %s is not held back.") % ticket.ticket_no)
        refund.released = True
        refund.save(update_fields=["released"])
        settlement.event(
            ticket, now=now, actor=Actor.PERSON, user=user, note=_("Released during the pause.")
        )
        wake_payer()


def record_result(
    *,
    refund_id: int,
    succeeded: bool,
    reason: str,
    user: User,
    now: datetime,
    seen: str | None = None,
) -> Ticket:
    """A person says what became of a refund that is paid by hand, or that nobody can be asked of.

    A failed one needs a `reason`.
    """
    with transaction.atomic():
        order, ticket, refund = _locked_refund(refund_id=refund_id, user=user, seen=seen)
        by_hand = refund.status == RefundStatus.REQUESTED and refund.next_step_at is None
        unresolved = refund.status == RefundStatus.UNKNOWN and refund.needs_people
        if not (by_hand or unresolved):
            raise WrongStep(
                ticket.ticket_no,
                RefundStatus(refund.status),
                RefundStatus.SUCCEEDED if succeeded else RefundStatus.FAILED,
                _("The refund of ticket %(ticket)s is not for people to settle: %(status)s.")
                % {"ticket": ticket.ticket_no, "status": refund.get_status_display()},
            )
        if not succeeded and not reason.strip():
            raise Refused(_("Say why the refund failed."), pointer="reason")
        _record(
            order=order,
            ticket=ticket,
            refund=refund,
            succeeded=succeeded,
            at=now,
            reason=reason,
            now=now,
            user=user,
        )
        return ticket


def take_over_result(
    *,
    order: Order,
    ticket: Ticket,
    succeeded: bool,
    at: datetime,
    reason: str,
    now: datetime,
    amount: int | None = None,
) -> None:
    """The platform reports that it refunded the ticket, or that its refund failed (SPEC O4, O7).

    For ingestion, with order and ticket locked. A success is written down as fact. A failure is
    believed only while no attempt of ours is under way: the report may be about an earlier one,
    and to believe it would let a second payment go out; the attempt is asked about instead.
    `amount` is what the platform paid, where it says so.
    """
    refund = locks.lock_refund(ticket.pk)
    alive = refund and attempts.alive(refund)
    if succeeded:
        if refund is not None and refund.status == RefundStatus.SUCCEEDED:
            return
        if ticket.committed and not own_refunds.counted(refund, ticket):
            refundable.found_inside(order, ticket)
        if refund is None and ticket.amount > 0:
            refund = _platforms_refund(order, ticket, amount, at=at)
        elif refund is not None and refund.status == RefundStatus.TAKEN_BACK:
            refund.amount = amount or ticket.amount
            refund.source = _platforms_source(ticket)
        elif refund is not None and amount and amount != refund.amount:
            _paid_otherwise(ticket, refund, amount, now=now)
        if refund is None:
            _as_fact(ticket, TicketStatus.REFUNDED, reason=reason, now=now)
            return
    elif refund is not None and refund.status == RefundStatus.SUCCEEDED:
        note = _("The platform reports a failed refund, but this one was paid: %s")
        settlement.event(ticket, now=now, actor=Actor.PLATFORM, note=note % reason)
        return
    elif refund is None or refund.status in OVER:
        refundable.free(order, ticket, keep=attempts.paid_late(refund) if refund else 0)
        _as_fact(ticket, TicketStatus.REFUND_FAILED, reason=reason, now=now)
        return
    elif alive:
        if alive.leased_until is None and refund.next_step_at is not None:
            refund.next_step_at = now
            refund.save(update_fields=["next_step_at"])
            wake_payer()
        note = _("The platform reports a failed refund while one is under way: %s")
        settlement.event(ticket, now=now, actor=Actor.PLATFORM, note=note % reason)
        return
    _record(
        order=order,
        ticket=ticket,
        refund=refund,
        succeeded=succeeded,
        at=at,
        reason=reason,
        now=now,
        user=None,
    )


def drop_unsent(*, order: Order, ticket: Ticket, now: datetime) -> None:
    """The ticket is wanted no more (cancelled, closed): what was not sent of it is not sent.

    For ingestion, with order and ticket locked. An attempt under way is seen through to its
    outcome; a refund that waits for its next attempt ends as failed, its money free.
    """
    refund = locks.lock_refund(ticket.pk)
    if refund is None:
        refundable.free(order, ticket)
    elif refund.status == RefundStatus.REQUESTED:
        reason = _("The ticket is wanted no more: nothing is sent.")
        settlement.drop(order=order, ticket=ticket, refund=refund, reason=reason, now=now)
    elif refund.status in OVER:
        refundable.free(order, ticket, keep=attempts.paid_late(refund))


def _locked_refund(*, refund_id: int, user: User, seen: str | None) -> tuple[Order, Ticket, Refund]:
    found = scoped(Refund.objects.all(), user).filter(pk=refund_id).first()
    if found is None:
        raise NotFound(_("There is no such refund."))
    order, ticket, refund = lock_case(ticket_id=found.ticket_id, user=user, seen=seen)
    assert refund is not None
    return order, ticket, refund


def _require_window(ticket: Ticket) -> None:
    """No money of ours goes out for a completed order that was not re-opened (SPEC W2)."""
    if TicketFlag.NO_WINDOW in ticket.flags:
        raise Refused(_("No after-sale window was open for this completed order."))


def _wrong_step(ticket: Ticket, to_status: TicketStatus) -> WrongStep:
    return WrongStep(ticket.ticket_no, TicketStatus(ticket.status), to_status)


def _request(
    order: Order,
    ticket: Ticket,
    refund: Refund | None,
    *,
    source: str,
    user: User | None,
    now: datetime,
) -> None:
    """Asks for the ticket's committed money to be paid, on the one row that it has for good."""
    if refund is None:
        refund = Refund(shop_id=ticket.shop_id, order=order, ticket=ticket)
    elif refund.status not in OVER:
        raise Refused(
            _("Ticket %(ticket)s has a refund already: %(status)s.")
            % {"ticket": ticket.ticket_no, "status": refund.get_status_display()}
        )
    if ticket.committed <= 0:
        raise Refused(_("Ticket %s asks for no money.") % ticket.ticket_no)
    refund.amount = ticket.committed
    refund.source = source
    refund.decision_id = None
    refund.requested_by = user
    _start(refund, ticket, now=now)


def _start(refund: Refund, ticket: Ticket, *, now: datetime) -> None:
    shop = Shop.objects.get(pk=refund.shop_id)
    own = refund.source != RefundSource.FAST_REFUND or not pays_fast_refunds(shop)
    due = own and sends(shop.connector)
    refund.status = RefundStatus.REQUESTED
    refund.requested_at = now
    refund.version = ticket.updated_at
    refund.released = False
    refund.needs_people = False
    refund.failure = ""
    refund.settled_at = None
    refund.next_step_at = now if due else None
    refund.save()
    if due:
        wake_payer()


def _paid_otherwise(ticket: Ticket, refund: Refund, amount: int, *, now: datetime) -> None:
    """The platform refunded another amount than ours, so by no attempt of ours."""
    note = _("The platform refunded %(paid)s by itself, not the %(ours)s decided here.")
    note = note % {"paid": format_yuan(amount), "ours": format_yuan(refund.amount)}
    alive = attempts.alive(refund)
    if alive:
        alive.state, alive.settled_at, alive.leased_until = AttemptState.FAILED, now, None
        alive.reason = note
        alive.save()
        charges.credit_back(ticket=ticket, attempt=alive, now=now)
    refund.amount, refund.source = amount, RefundSource.PLATFORM
    lifecycle.add_flag(ticket, TicketFlag.DIFFERS)
    ticket.save(update_fields=["flags"])
    settlement.event(ticket, now=now, actor=Actor.PLATFORM, kind=TicketEventKind.FLAG, note=note)


def _platforms_refund(order: Order, ticket: Ticket, amount: int | None, *, at: datetime) -> Refund:
    return Refund.objects.create(
        shop_id=ticket.shop_id,
        order=order,
        ticket=ticket,
        amount=amount or ticket.committed or negotiation.agreed_amount(ticket),
        source=_platforms_source(ticket),
        requested_at=at,
    )


def _platforms_source(ticket: Ticket) -> RefundSource:
    """Its fast refund shows as such, though nothing was sent from here (SPEC F2)."""
    if TicketFlag.PLATFORM_PAYS in ticket.flags:
        return RefundSource.FAST_REFUND
    return RefundSource.PLATFORM


def _as_fact(ticket: Ticket, status: TicketStatus, *, reason: str, now: datetime) -> None:
    if ticket.status != status:
        lifecycle.move(ticket, status, actor=Actor.PLATFORM, now=now, note=reason, as_fact=True)


def _record(
    *,
    order: Order,
    ticket: Ticket,
    refund: Refund,
    succeeded: bool,
    at: datetime,
    reason: str,
    now: datetime,
    user: User | None,
) -> None:
    """Keeps a result that no call of ours brought, as the attempt it is about."""
    shop = Shop.objects.get(pk=refund.shop_id)
    attempt = attempts.alive(refund) or attempts.new(
        shop=shop, order=order, ticket=ticket, refund=refund, connector=shop.connector, now=now
    )
    attempt.reason = reason[:500]
    if succeeded:
        settlement.paid(
            order=order,
            ticket=ticket,
            refund=refund,
            attempt=attempt,
            at=at,
            now=now,
            user=user,
            note=reason,
        )
        return
    settlement.attempt_failed(
        order=order,
        ticket=ticket,
        refund=refund,
        attempt=attempt,
        reason=reason,
        permanent=True,
        now=now,
        user=user,
    )
