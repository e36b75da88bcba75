"""A fake platform for demo shops: pays at once, or fails in the way that it is told to.

Its payments are rows of its own, each committed by itself, as a real platform's would be. A call
that comes after its deadline it refuses by the database's clock, in the statement that pays: a
payer that stood still in it pays nothing when it goes on.
"""

import time

from django.db import connection, transaction
from django.db.models import F, Q

from aftersale.domain.multilingual import said as _
from aftersale.models import SandboxBehaviour, SandboxInstruction, SandboxPayment
from aftersale.platforms.deadline import TooLate
from aftersale.platforms.payments import (
    Failed,
    KeyReused,
    NeverSeen,
    Paid,
    PayRequest,
    Pending,
    TimedOut,
)

SLOW_SECONDS = 3.0

_REASON = SandboxPayment._meta.get_field("reason")
_PAY = """
    INSERT INTO aftersale_sandboxpayment
        (shop_id, key, fingerprint, ticket_no, amount, paid, permanent, reason, at)
    SELECT %(shop)s, %(key)s, %(fingerprint)s, %(ticket_no)s, %(amount)s, %(paid)s, %(permanent)s,
        %(reason)s, clock_timestamp()
    WHERE %(deadline)s::timestamptz IS NULL OR clock_timestamp() < %(deadline)s
    ON CONFLICT (key) DO NOTHING
    RETURNING paid
"""


class Sandbox:
    """Follows the shop's SandboxInstruction rows; those for one ticket go before the others."""

    can_be_asked = True

    def pay(self, request: PayRequest) -> Paid | Failed:
        """Pays at most once per key; raises KeyReused for the same key with other content."""
        # Durable: within its caller's transaction it would forget what it paid together with it.
        with transaction.atomic(durable=True):
            known = SandboxPayment.objects.filter(key=request.key).first()
        if known is not None:
            return self._answer(known, request)
        behaviour = self._next_behaviour(request)
        match behaviour:
            case SandboxBehaviour.TIMEOUT_BEFORE_PAYING:
                raise TimedOut
            case SandboxBehaviour.REFUSE:
                return self._remember(
                    request, paid=False, permanent=True, reason=_("The sandbox was told to refuse.")
                )
            case SandboxBehaviour.FAIL:
                return self._remember(
                    request, paid=False, reason=_("The sandbox was told to fail this time.")
                )
            case SandboxBehaviour.SLOW:
                time.sleep(SLOW_SECONDS)
        answer = self._remember(request, paid=True)
        if behaviour == SandboxBehaviour.TIMEOUT_AFTER_PAYING:
            raise TimedOut
        return answer

    def status(self, request: PayRequest) -> Paid | Failed | NeverSeen | Pending:
        known = SandboxPayment.objects.filter(key=request.key).first()
        if known is None:
            return NeverSeen()
        return Paid() if known.paid else Failed(known.reason, permanent=known.permanent)

    def order_now(self, request: PayRequest) -> None:
        """Nobody but Afterdesk pays anything back there."""

    def _next_behaviour(self, request: PayRequest) -> str:
        if not SandboxInstruction.objects.filter(shop=request.shop_id).exists():
            return SandboxBehaviour.PAY
        with transaction.atomic(durable=True):
            instruction = (
                SandboxInstruction.objects.filter(shop=request.shop_id)
                .filter(Q(ticket_no="") | Q(ticket_no=request.ticket_no))
                .exclude(remaining=0)
                .order_by("-ticket_no", "pk")
                .select_for_update()
                .first()
            )
            if instruction is None:
                return SandboxBehaviour.PAY
            if instruction.remaining is not None:
                SandboxInstruction.objects.filter(pk=instruction.pk).update(
                    remaining=F("remaining") - 1
                )
            return instruction.behaviour

    def _remember(
        self, request: PayRequest, *, paid: bool, permanent: bool = False, reason: str = ""
    ) -> Paid | Failed:
        # One statement, committed by itself, with its moment taken in it: a payer that stands still
        # before or after it has paid nothing, or has paid visibly. Two calls with one key at once:
        # the unique key lets the first decide.
        with connection.cursor() as cursor:
            cursor.execute(
                _PAY,
                {
                    "shop": request.shop_id,
                    "key": request.key,
                    "fingerprint": request.fingerprint,
                    "ticket_no": request.ticket_no,
                    "amount": request.amount,
                    "paid": paid,
                    "permanent": permanent,
                    "reason": _REASON.get_prep_value(reason),
                    "deadline": None if request.deadline is None else request.deadline.at,
                },
            )
            remembered = cursor.fetchone()
        if remembered:
            return Paid() if paid else Failed(reason, permanent=permanent)
        known = SandboxPayment.objects.filter(key=request.key).first()
        if known is None:
            raise TooLate(_("The call came after its deadline: the sandbox paid nothing."))
        return self._answer(known, request)

    def _answer(self, known: SandboxPayment, request: PayRequest) -> Paid | Failed:
        if known.fingerprint != request.fingerprint:
            raise KeyReused(request.key)
        return Paid() if known.paid else Failed(known.reason, permanent=known.permanent)
