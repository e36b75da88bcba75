"""The attempts of a refund: their keys, and which of them count (SPEC promise 1).

Callers hold the refund's lock; attempts have no lock of their own.
"""

import hashlib
import json

from django.db.models import Max, Sum

from aftersale.models import AttemptState, Order, Refund, RefundAttempt, RefundStatus, Shop, Ticket
from aftersale.services.tickets.cases import RefundCase

# A refund in one of these is over, and the same row may begin anew.
OVER = [RefundStatus.TAKEN_BACK, RefundStatus.FAILED]

# At most one attempt of a refund is in one of these statuses (refund_attempt_one_alive).
ALIVE = [AttemptState.LEASED, AttemptState.ACCEPTED, AttemptState.UNKNOWN]
ALIVE_OR_PAID = [*ALIVE, AttemptState.SUCCEEDED]


def new(case: RefundCase) -> RefundAttempt:
    """The refund's next attempt, leased and not saved yet; sent as the shop's refunds are now."""
    last = case.refund.attempts.aggregate(last=Max("number"))["last"] or 0
    return numbered(case, last + 1)


def numbered(case: RefundCase, number: int) -> RefundAttempt:
    """The same, of a refund whose attempts the caller has counted."""
    refund, shop = case.refund, case.ticket.shop
    key = key_of(shop=shop, ticket=case.ticket, number=number)
    return RefundAttempt(
        refund=refund,
        number=number,
        key=key,
        amount=refund.amount,
        connector=shop.connector,
        fingerprint=fingerprint_of(
            shop=shop, ticket=case.ticket, order=case.order, amount=refund.amount, key=key
        ),
        state=AttemptState.LEASED,
        created_at=case.now,
    )


def number_of(refund: Refund) -> int:
    """The number of the attempt that a result is about: the one under way or paid; of a refund that
    waits, the number of its coming payment; of a failed one, its last. Webhooks give the same
    number (migration 0031).
    """
    # In Python, so that a list of refunds may have read them all at once.
    tries = sorted(refund.attempts.all(), key=lambda attempt: attempt.number)
    counts = [attempt.number for attempt in tries if attempt.state in ALIVE_OR_PAID]
    if counts:
        return counts[-1]
    last = tries[-1].number if tries else 0
    return max(1, last) if refund.status == RefundStatus.FAILED else last + 1


def key_of(*, shop: Shop, ticket: Ticket, number: int) -> str:
    """The idempotency key of a ticket's attempt, made of data that the platform knows, without row
    ids. So a database restored to a moment before a payment asks under the same key again, and the
    platform answers that it has paid.
    """
    name = json.dumps([shop.platform, shop.code, ticket.ticket_no])
    return f"{hashlib.sha256(name.encode()).hexdigest()[:40]}-{number}"


def fingerprint_of(*, shop: Shop, ticket: Ticket, order: Order, amount: int, key: str) -> str:
    """A digest of the request under the key, as 64 hex digits."""
    content = json.dumps([shop.code, ticket.ticket_no, order.order_no, amount, key])
    return hashlib.sha256(content.encode()).hexdigest()


def alive(refund: Refund) -> RefundAttempt | None:
    """The attempt that is being sent or whose outcome is unknown."""
    return refund.attempts.filter(state__in=ALIVE).first()


def paid_late(refund: Refund) -> int:
    """The sum, in fen, that attempts have paid besides the one that counts."""
    paid = refund.attempts.filter(state=AttemptState.PAID_LATE)
    return paid.aggregate(sum=Sum("amount"))["sum"] or 0
