"""People try a failed refund again, settle it otherwise, take back an unsent one (SPEC O4).

After every refusal nothing has moved.
"""

import pytest

from aftersale.models import (
    Refund,
    RefundSource,
)
from aftersale.platforms.payments import Failed, TimedOut
from aftersale.services.refunds import approvals, unsent_refunds
from aftersale.services.shared.errors import (
    OverRefundable,
    Refused,
    WrongStep,
)
from aftersale.signals import tickets_waiting

from .conftest import (
    audit,
    decided,
    make_order,
    make_ticket,
    now_of,
    pay_until_done,
    refused,
)

pytestmark = pytest.mark.django_db

MANUAL = {"connector": "manual", "is_demo": False}


def test_retrying_a_failed_refund_checks_the_money_anew_and_keeps_the_row(
    shop, agent, platform, clock
):
    refund = decided(make_order(shop, 10_000), 6_000, now=clock.now)
    platform.pays = [Failed("closed", permanent=True), Failed("passing")]
    pay_until_done(clock)
    other = make_ticket(refund.order, 5_000)
    approvals.approve(ticket_id=other.pk, user=agent, now=clock.now)
    refused(
        lambda: approvals.retry(ticket_id=refund.ticket_id, user=agent, now=clock.now),
        OverRefundable,
        refund,
        refund.ticket,
        refund.order,
    )
    unsent_refunds.take_back(refund_id=other.refund.pk, user=agent, now=clock.now)
    clock.turn(hours=1)
    approvals.retry(ticket_id=refund.ticket_id, user=agent, now=clock.now)
    assert now_of(refund.ticket) == ("refunding", 6_000, 6_000)
    pay_until_done(clock)
    refund.refresh_from_db()
    # A retry has its own allowance of attempts, and their numbers go on.
    assert (refund.status, refund.source, refund.decision_id) == ("requested", "strategy", 1)
    clock.turn(minutes=1)
    pay_until_done(clock)
    assert now_of(refund.ticket) == ("refunded", 6_000, 6_000)
    assert list(refund.attempts.values_list("number", "state")) == [
        (1, "failed"),
        (2, "failed"),
        (3, "succeeded"),
    ]
    assert audit() == []


def test_a_failed_refund_is_settled_otherwise(shop, agent, platform, clock):
    """SPEC O4: refund_failed to closed, by a person, with a note."""
    refund = decided(make_order(shop, 10_000), 6_000, now=clock.now)
    ticket = refund.ticket

    def close(note: str) -> None:
        approvals.close(ticket_id=ticket.pk, note=note, user=agent, now=clock.now)

    refused(lambda: close("by bank"), WrongStep, refund, ticket, refund.order)
    platform.pays = [Failed("closed", permanent=True)]
    pay_until_done(clock)
    refused(lambda: close(" "), Refused, refund, ticket, refund.order)
    close(" by bank ")
    assert now_of(ticket) == ("closed", 0, 0)
    event = ticket.events.latest("pk")
    assert (event.note, event.user, event.actor) == ("by bank", agent, "person")
    assert audit() == []


def test_taking_back_what_was_never_sent(shop, agent, platform, clock):
    order = make_order(shop, 10_000)
    refund = decided(order, 6_000, now=clock.now)
    other = make_ticket(order, 9_000)
    told = []

    def hear(sender, shop_ids, **_):
        told.append(shop_ids)

    tickets_waiting.connect(hear)
    try:
        unsent_refunds.take_back(refund_id=refund.pk, user=agent, now=clock.now)
    finally:
        tickets_waiting.disconnect(hear)
    assert now_of(refund.ticket) == ("pending_review", 0, 0)
    assert refund.ticket.awaiting_evaluation
    other.refresh_from_db()
    assert other.awaiting_evaluation
    assert told and all(ids == {shop.pk} for ids in told)
    pay_until_done(clock)
    assert platform.calls == []
    assert audit() == []
    # Approved again by a person: the same row goes on.
    approvals.approve(ticket_id=refund.ticket_id, user=agent, now=clock.now, amount=500)
    again = Refund.objects.get(ticket=refund.ticket_id)
    assert (again.pk, again.amount, again.source, again.decision_id) == (
        refund.pk,
        500,
        "person",
        None,
    )
    pay_until_done(clock)
    assert now_of(refund.ticket) == ("refunded", 500, 500)
    assert audit() == []


def test_what_was_sent_or_is_owed_cannot_be_taken_back(shop, agent, platform, clock):
    platform.pays = [Failed("passing"), TimedOut()]
    failed = decided(make_order(shop), 100, now=clock.now)
    pay_until_done(clock)
    unknown = decided(make_order(shop), 100, now=clock.now)
    pay_until_done(clock)
    paid = decided(make_order(shop), 100, now=clock.now)
    pay_until_done(clock)
    fast = decided(make_order(shop), 100, now=clock.now, source=RefundSource.FAST_REFUND)
    for refund in (failed, unknown, paid, fast):
        refused(
            lambda refund=refund: unsent_refunds.take_back(
                refund_id=refund.pk, user=agent, now=clock.now
            ),
            Refused,
            refund,
            refund.ticket,
            refund.order,
        )
