"""Paying through a shop's platform: it refunds the ticket, once it has been told to.

The ticket is the key: a platform refunds each once, and takes a decision only for the version
that it was made on. An accepted call is not a finished refund (docs/adr/0006).

A call that was sent before its deadline and is late on its way may still be taken, though the
platform answered meanwhile that nothing had come: only a ticket that is over there takes none
(docs/platforms.md, "Late calls").
"""

from collections.abc import Callable
from typing import TypeVar

from aftersale.domain.multilingual import said as _
from aftersale.models import Shop
from aftersale.platforms import registry
from aftersale.platforms.deadline import TooLate
from aftersale.platforms.payments import (
    DeclinedRefund,
    Failed,
    Limit,
    NeverSeen,
    NotSent,
    Paid,
    PayRequest,
    Pending,
    TimedOut,
)
from aftersale.platforms.protocol import (
    Accepted,
    NotAuthorised,
    NotCarriedOut,
    OrderNow,
    Platform,
    Step,
    Throttled,
    Why,
)

# Until something that is no fault of the call is tried again.
PAUSE_SECONDS = 60.0
TOO_LATE_SECONDS = 1.0
# Credentials take people.
PEOPLE_SECONDS = 300.0


Answer = TypeVar("Answer")


class ThroughPlatform:
    """Approves at the platform, and asks until it says what became of the refund."""

    can_be_asked = True

    def pay(self, request: PayRequest) -> Failed | Pending | NotSent | DeclinedRefund:
        if request.amount != request.asked:
            # It would pay what was asked for.
            return Failed(_("The platform refunds another amount than this."), permanent=True)
        return _carried_out(request, lambda platform: _pay(platform, request))

    def status(
        self, request: PayRequest
    ) -> Paid | Failed | NeverSeen | Pending | NotSent | DeclinedRefund:
        return _carried_out(request, lambda platform: _status(platform, request))

    def order_now(self, request: PayRequest) -> OrderNow | NotSent:
        def ask(platform: Platform) -> OrderNow:
            return platform.order_now(request.order_no, without_ticket=request.ticket_no)

        try:
            return _carried_out(request, ask)
        except TimedOut:
            return NotSent(_("the platform did not answer in time"), PAUSE_SECONDS)


def _pay(platform: Platform, request: PayRequest) -> Failed | Pending | NotSent | DeclinedRefund:
    step = Step(
        ticket_no=request.ticket_no,
        order_no=request.order_no,
        type=request.type,
        amount=request.asked,
        version=request.version,
        freight=request.freight,
        deadline=request.deadline,
    )
    answer = platform.confirm_receipt(step) if request.goods_back else platform.approve(step)
    if isinstance(answer, Accepted):
        return Pending()
    if answer.why is Why.NO_FUNDS:
        return Failed(answer.reason, late_call_may_pay=True)
    try:
        seen = platform.ticket(request.ticket_no)
    except TimedOut:
        # It was declined for certain; the next decline reads the ticket's present state.
        return NotSent(answer.reason, PAUSE_SECONDS, limit=Limit.ORDER)
    if seen is None:
        return Failed(answer.reason, permanent=True)
    return DeclinedRefund(answer.reason, seen.record)


def _status(
    platform: Platform, request: PayRequest
) -> Paid | Failed | NeverSeen | Pending | DeclinedRefund:
    answer = platform.refund_status(request.ticket_no)
    if isinstance(answer, Paid):
        seen = platform.ticket(request.ticket_no)
        if seen is not None and seen.record.amount != request.amount:
            return DeclinedRefund(_("The platform refunded another amount."), seen.record)
    return answer


def _carried_out(request: PayRequest, call: Callable[[Platform], Answer]) -> Answer | NotSent:
    try:
        platform = registry.platform_of(Shop.objects.get(pk=request.shop_id))
        if platform is None:
            raise NotAuthorised(no_access())
        return call(platform)
    except NotCarriedOut as error:
        return not_sent(error)


def not_sent(error: NotCarriedOut) -> NotSent:
    """When to try again what was certainly not carried out."""
    match error:
        case TooLate():
            # Its sender stood still, and the platform has nothing against it.
            after = TOO_LATE_SECONDS
        case Throttled():
            after = max(1.0, error.after)
        case NotAuthorised():
            return NotSent(str(error), PEOPLE_SECONDS, for_people=True)
        case _:
            after = PAUSE_SECONDS
    return NotSent(str(error), after, limit=error.limit)


def no_access() -> str:
    return _("The shop has no access to its platform: nothing was sent.")
