"""Payments of the demo's past, settled at their moments as the payer would have.

The payer's own steps are transactions of their own, by the clock of today; a month that is written
in one transaction settles its attempts by the same service.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from aftersale.models import (
    AttemptState,
    ConnectorKind,
    Refund,
    RefundStatus,
    Shop,
    TicketStatus,
)
from aftersale.services.refunds import attempts, settlement
from aftersale.services.shared import locks
from aftersale.services.tickets.cases import RefundCase
from aftersale.services.windows import charges

from .life import Case, Life

ACCOUNT_GONE = "买家收款账户已注销，原路退回失败"
BUSY = "支付渠道繁忙，请稍后再试"
SILENT = "平台没有在限定时间内答复"

# What the sandbox would answer about these payments, were it asked.
_PAYMENTS = """
    INSERT INTO aftersale_sandboxpayment
        (shop_id, key, fingerprint, ticket_no, amount, paid, permanent, reason, at)
    SELECT r.shop_id, a.key, a.fingerprint, t.ticket_no, a.amount, a.state = %(paid)s,
           a.state <> %(paid)s, a.reason, a.settled_at
      FROM aftersale_refundattempt a
      JOIN aftersale_refund r ON r.id = a.refund_id
      JOIN aftersale_ticket t ON t.id = r.ticket_id
     WHERE r.shop_id = %(shop)s AND a.connector = %(sandbox)s AND a.settled_at IS NOT NULL
     ORDER BY a.settled_at, a.id
    ON CONFLICT (key) DO NOTHING
"""


class Payments:
    """Pays what is due some seconds after it was approved."""

    def __init__(self, life: Life) -> None:
        self.life = life
        life.on_status.append(self.on_status)

    def on_status(self, case: Case, at: datetime) -> None:
        if case.status == TicketStatus.REFUNDING:
            due = at + timedelta(seconds=self.life.rng.randint(1, 4))
            self.life.at(due, lambda at: self.pay(case, at))

    def pay(self, case: Case, at: datetime) -> None:
        """One attempt; the ticket's `sandbox` says how the first ends."""
        held = self._locked(case, at)
        if held.refund.status != RefundStatus.REQUESTED or held.refund.next_step_at is None:
            return
        behaviour, case.filed.sandbox = case.filed.sandbox, ""
        attempt = attempts.new(held)
        if held.ticket.window_id is not None and not charges.debit(
            ticket=held.ticket, attempt=attempt, now=at
        ):
            settlement.failed_for_good(held, reason=charges.not_covered(attempt))
        elif behaviour == "refuse":
            settlement.attempt_failed(held, attempt, reason=ACCOUNT_GONE, permanent=True)
        elif behaviour == "fail":
            settlement.attempt_failed(held, attempt, reason=BUSY, permanent=False)
            assert held.refund.next_step_at is not None
            self.life.at(held.refund.next_step_at, lambda at: self.pay(case, at))
        elif behaviour == "timeout":
            held.refund.ever_sent = True
            settlement.unknown(held, attempt, can_be_asked=True, why=SILENT)
            assert held.refund.next_step_at is not None
            self.life.at(held.refund.next_step_at, lambda at: self._ask(case, at))
        else:
            settlement.paid(held, attempt, at=at)
        self.life.is_now(case, held.ticket.status, at)

    def _ask(self, case: Case, at: datetime) -> None:
        held = self._locked(case, at)
        attempt = attempts.alive(held.refund)
        if attempt is not None:
            settlement.paid(held, attempt, at=at)
            self.life.is_now(case, held.ticket.status, at)

    def _locked(self, case: Case, at: datetime) -> RefundCase:
        found = Refund.objects.only("order_id").get(ticket=case.pk)
        order = locks.lock_order(found.order_id)
        ticket = locks.lock_ticket(case.pk)
        refund = locks.lock_refund(case.pk)
        assert refund is not None
        return RefundCase(order, ticket, refund, at)


def tell_the_sandbox(shop: Shop) -> None:
    values: dict[str, Any] = {
        "shop": shop.pk,
        "paid": AttemptState.SUCCEEDED.value,
        "sandbox": ConnectorKind.SANDBOX.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAYMENTS, values)
