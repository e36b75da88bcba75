"""Requests of a shop's own, as they are sent and settled (SPEC P3, O2).

Each goes out under its key, which the platform carries out once: sent again after a silence it
brings the same ticket. A request is settled only once that ticket is here, or once no call of it
can arrive any more; until then a price difference holds its money. While none can have arrived
(`PlatformStep.call_until` is empty) the platform is asked for the order's fresh figures first.
"""

from datetime import datetime

from django.db import transaction

from aftersale.domain.multilingual import said as _
from aftersale.models import Order, PlatformStep, ShopRequest, ShopRequestKind, StepState, Ticket
from aftersale.platforms.desk_steps import Because, MerchantRequest, OpensRequests
from aftersale.platforms.payments import Failed, Limit, NotSent, TimedOut
from aftersale.platforms.platform_payments import PAUSE_SECONDS
from aftersale.platforms.protocol import Declined, NotCarriedOut, Platform, Why
from aftersale.services.orders import refundable, request_holds
from aftersale.services.outgoing import fresh_order, step_attempt
from aftersale.services.outgoing.refund_attempt import NoAnswer
from aftersale.services.outgoing.step_attempt import Refusal, StepAnswer, StepLease, Taken
from aftersale.services.shared import locks


def call(platform: Platform, lease: StepLease, *, now: datetime) -> StepAnswer:
    request = lease.step.request
    assert request is not None
    difference = request.kind == ShopRequestKind.PRICE_DIFFERENCE
    if not isinstance(platform, OpensRequests):
        # The shop has been connected to another platform since.
        return Refusal(Why.OTHER, _("The shop's platform does not take this from here."), None)
    if difference and lease.earlier_until is None:
        stopped = _look(platform, lease, request, now=now)
        if stopped is not None:
            return stopped
    _about_to_send(lease)
    asked = MerchantRequest(
        key=request.key,
        order_no=lease.order_no,
        line_no=request.line_no,
        amount=request.amount,
        because=Because(request.because),
        text=request.text,
        quantity=request.quantity,
    )
    if difference:
        answer = platform.refund_difference(asked, deadline=lease.deadline)
    else:
        with_return = request.kind == ShopRequestKind.RETURN_REFUND
        answer = platform.open_request(asked, with_return=with_return, deadline=lease.deadline)
    if isinstance(answer, Declined):
        return Refusal(answer.why, answer.reason, None)
    # Before the ticket is saved, which takes over what the request holds.
    ShopRequest.objects.filter(pk=request.pk).update(ticket_no=answer.ticket_no)
    try:
        seen = platform.ticket(answer.ticket_no)
    except (NotCarriedOut, TimedOut):
        seen = None
    if seen is None:
        return NoAnswer(_("the platform took it, but its ticket can't be read yet"))
    return Taken(seen.record)


def settle(*, lease: StepLease, answer: StepAnswer, now: datetime) -> None:
    """Records the answer; ignored where another process has the lease by now."""
    with transaction.atomic(durable=True):
        order = locks.lock_order(lease.step.order_id)
        step = step_attempt.answered(lease, answer)
        if step is not None:
            _settle(order, step, answer, now=now)


def _settle(order: Order, step: PlatformStep, answer: StepAnswer, *, now: datetime) -> None:
    request = ShopRequest.objects.get(platform_step=step)
    if isinstance(answer, Taken) and not _ticket_is_here(request):
        answer = NoAnswer(_("the platform took it, but its ticket can't be read yet"))
    match answer:
        case NotSent():
            step_attempt.not_sent(step, answer, asked=False, now=now)
        case Taken():
            # Of a ticket that takes no money nothing has to be held either.
            request_holds.release(order, request)
            step_attempt.close(step, StepState.ACCEPTED, "", now)
        case Refusal() if step.call_until is not None and step.call_until > now:
            step.state, step.reason = StepState.UNKNOWN, step_attempt.in_words(answer)[:500]
            step.next_step_at = step.call_until
            step.save()
        case Refusal():
            # Nothing of it will be paid: it counts as never sent.
            step_attempt.close(step, StepState.DECLINED, step_attempt.in_words(answer), now)
            refundable.let_go(order, request)
        case NoAnswer(why):
            step.state, step.reason = StepState.UNKNOWN, why[:500]
            step_attempt.later(step, now=now)


def _about_to_send(lease: StepLease) -> None:
    """From here on the call may reach the platform: it is written down before, since a process that
    dies in it says nothing more. Raises TooLate where somebody else has the step by now."""
    with transaction.atomic(durable=True):
        locks.lock_order(lease.step.order_id)
        lease.deadline.check()
        PlatformStep.objects.filter(pk=lease.step.pk).update(call_until=lease.call_until)


def _look(
    platform: Platform, lease: StepLease, request: ShopRequest, *, now: datetime
) -> NotSent | Refusal | None:
    """More refunded there than was known stops the payment, as of any other (SPEC O2)."""
    try:
        seen = platform.order_now(lease.order_no, without_ticket="")
    except TimedOut:
        why = _("the platform did not answer in time")
        return NotSent(why, PAUSE_SECONDS, limit=Limit.ORDER)
    stopped = fresh_order.compare(
        seen,
        shop_code=lease.shop.code,
        order_pk=request.order_id,
        own=0,
        known=request.refunded_elsewhere,
        now=now,
    )
    if isinstance(stopped, Failed):
        return Refusal(Why.CHANGED, stopped.reason, None)
    return stopped


def _ticket_is_here(request: ShopRequest) -> bool:
    return Ticket.objects.filter(
        shop=request.shop_id, ticket_no=request.ticket_no, order=request.order_id
    ).exists()
