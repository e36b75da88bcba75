"""Debits and credits of a shop's wallet and deposit by refunds (SPEC W3).

Every function here needs the ticket and its refund locked, under their order, and locks both funds
of the shop, last (docs/locking.md). An attempt debits a fund once and is credited back once:
`attempt.fund` says which fund, and fund_entry_once_per_attempt stands behind it.
"""

from datetime import datetime

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    Actor,
    ArbitrationResult,
    Fund,
    FundEntryKind,
    FundKind,
    RefundAttempt,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketStatus,
)
from aftersale.services.shared import locks
from aftersale.services.windows import funds

# The wallet pays where it can, else the deposit.
ORDER = [FundKind.WALLET, FundKind.DEPOSIT]


def debit(*, ticket: Ticket, attempt: RefundAttempt, now: datetime) -> bool:
    """Saves an attempt through a window that is about to be sent, and debits what pays for it.

    False where neither fund covers it; nothing is written then.
    """
    fund = covering(locks.lock_funds(ticket.shop_id), attempt.amount)
    if fund is None:
        return False
    _take(fund, FundEntryKind.REFUND, ticket, attempt, now=now)
    return True


def credit_back(*, ticket: Ticket, attempt: RefundAttempt, now: datetime) -> None:
    """The attempt definitely paid nothing: its debit is credited back."""
    if attempt.fund:
        funds.enter(
            locks.lock_funds(ticket.shop_id)[attempt.fund],
            kind=FundEntryKind.REFUND_BACK,
            amount=attempt.amount,
            entry_no=f"{attempt.key}-back",
            now=now,
            attempt=attempt,
        )


def paid(*, ticket: Ticket, attempt: RefundAttempt, late: bool, now: datetime) -> None:
    """The attempt was paid: money not debited yet, or credited back when the attempt seemed failed
    (`late`), is debited now, covered or not: the money has left.
    """
    if attempt.fund:
        if late:
            fund = locks.lock_funds(ticket.shop_id)[attempt.fund]
            _take(fund, FundEntryKind.REPORTED, ticket, attempt, now=now)
    elif ticket.window_id is not None:
        both = locks.lock_funds(ticket.shop_id)
        payer = covering(both, attempt.amount)
        kind = FundEntryKind.REFUND if payer else FundEntryKind.REPORTED
        _take(payer or both[FundKind.DEPOSIT], kind, ticket, attempt, now=now)
    elif imposed(ticket):
        fund = locks.lock_funds(ticket.shop_id)[FundKind.DEPOSIT]
        _take(fund, FundEntryKind.ARBITRATION, ticket, attempt, now=now)


def imposed(ticket: Ticket) -> bool:
    """True if arbitration decided for the refund: by its result, or by the platform's step out of
    arbitration.
    """
    if ticket.arbitration_result == ArbitrationResult.BUYER:
        return True
    granted = [TicketStatus.REFUNDING, TicketStatus.AWAITING_RETURN, TicketStatus.REFUNDED]
    return TicketEvent.objects.filter(
        ticket=ticket, from_status=TicketStatus.ARBITRATION, to_status__in=granted
    ).exists()


def covering(of_shop: dict[str, Fund], amount: int) -> Fund | None:
    """The fund that would pay so much, in fen."""
    for kind in ORDER:
        fund = of_shop.get(kind)
        if fund is not None and fund.balance >= amount:
            return fund
    return None


def not_covered(attempt: RefundAttempt) -> str:
    return _("Neither the wallet nor the deposit covers %s: nothing was sent.") % format_yuan(
        attempt.amount
    )


def _take(
    fund: Fund, kind: FundEntryKind, ticket: Ticket, attempt: RefundAttempt, *, now: datetime
) -> None:
    attempt.fund = fund.kind
    attempt.save()
    funds.enter(
        fund,
        kind=kind,
        amount=-attempt.amount,
        entry_no=f"{attempt.key}-{kind}",
        now=now,
        attempt=attempt,
    )
    if fund.balance < 0:
        note = _("This refund overdrew a fund (%(fund)s): %(balance)s is in it now.")
        TicketEvent.objects.create(
            ticket=ticket,
            at=now,
            kind=TicketEventKind.FLAG,
            actor=Actor.PLATFORM,
            note=note % {"fund": FundKind(fund.kind).label, "balance": format_yuan(fund.balance)},
        )
