"""A shop's pause and the operator's stop hold payments, and nothing else (SPEC G2).

After every refusal nothing has moved.
"""

import pytest

from aftersale.models import (
    PaymentStop,
    RefundSource,
    Role,
)
from aftersale.platforms.payments import TimedOut
from aftersale.services.outgoing import pay_refunds, refund_attempt
from aftersale.services.refunds import approvals, payment_stop, unsent_refunds
from aftersale.services.shared.errors import (
    NotAllowed,
    Refused,
)

from .conftest import (
    audit,
    decided,
    make_order,
    make_shop,
    make_ticket,
    make_user,
    now_of,
    pause,
    pay_until_done,
    refused,
    snapshot,
)

pytestmark = pytest.mark.django_db

MANUAL = {"connector": "manual", "is_demo": False}


def test_the_pause_holds_strategies_refunds_and_nothing_else(shop, agent, platform, clock):
    held = decided(make_order(shop), 100, now=clock.now)
    released = decided(make_order(shop), 200, now=clock.now)
    back = decided(make_order(shop), 300, now=clock.now)
    decided(make_order(shop), 400, now=clock.now, source=RefundSource.FAST_REFUND)
    by_person = make_ticket(make_order(shop), 500)
    decided(make_order(make_shop()), 600, now=clock.now)
    refused(
        lambda: unsent_refunds.release(refund_id=held.pk, user=agent, now=clock.now), Refused, held
    )
    pause(shop, clock.now)
    assert pay_refunds.run(clock=clock) is False  # what is held is not due: no run after run for it
    approvals.approve(ticket_id=by_person.pk, user=agent, now=clock.now)
    pay_until_done(clock)
    assert sorted(call.amount for call in platform.calls) == [400, 500, 600]
    unsent_refunds.release(refund_id=released.pk, user=agent, now=clock.now)
    unsent_refunds.take_back(refund_id=back.pk, user=agent, now=clock.now)
    pay_until_done(clock)
    assert sorted(call.amount for call in platform.calls) == [200, 400, 500, 600]
    assert now_of(held.ticket) == ("refunding", 100, 100)
    pause(shop, None)
    pay_until_done(clock)
    assert sorted(call.amount for call in platform.calls) == [100, 200, 400, 500, 600]
    assert audit() == []


def test_an_operators_stop_halts_every_shop_and_loses_nothing(platform, clock):
    operator = make_user(is_superuser=True)
    first = decided(make_order(make_shop()), 100, now=clock.now)
    platform.pays = [TimedOut()]
    pay_until_done(clock)
    fast = decided(make_order(make_shop()), 200, now=clock.now, source=RefundSource.FAST_REFUND)
    payment_stop.start(user=operator, reason="trial", now=clock.now)
    with pytest.raises(Refused):
        payment_stop.start(user=operator, reason="again", now=clock.now)
    assert pay_refunds.run(clock=clock) is False
    for _ in range(3):  # asked about, never seen, and still not sent again
        clock.turn(minutes=10)
        pay_until_done(clock)
    assert len(platform.asked) == 3
    assert len(platform.calls) == 1
    assert now_of(fast.ticket) == ("refunding", 200, 200)
    assert audit() == []
    payment_stop.lift(user=operator, now=clock.now)
    clock.turn(hours=1)
    pay_until_done(clock)
    assert [now_of(refund.ticket)[0] for refund in (first, fast)] == ["refunded", "refunded"]
    assert sorted(call.amount for call in platform.calls) == [100, 100, 200]
    assert platform.calls[0].key == platform.calls[1].key or (
        platform.calls[0].key == platform.calls[2].key
    )
    with pytest.raises(Refused):
        payment_stop.lift(user=operator, now=clock.now)
    assert audit() == []


@pytest.mark.parametrize("switch", ["pause", "stop"])
def test_the_lease_itself_looks_at_the_switches(shop, clock, switch):
    """The payer found the refund due before the switch was thrown."""
    refund = decided(make_order(shop), 100, now=clock.now)
    if switch == "pause":
        pause(shop, clock.now)
    else:
        payment_stop.start(user=make_user(is_superuser=True), reason="", now=clock.now)
    before = snapshot(refund, refund.ticket, refund.order)
    assert refund_attempt.lease(refund_pk=refund.pk, now=clock.now) is None
    assert snapshot(refund, refund.ticket, refund.order) == before
    assert not refund.attempts.exists()


def test_only_an_operator_stops_all_payments(shop, clock):
    for user in (make_user(shop, Role.OWNER), make_user(is_superuser=True, is_active=False)):
        with pytest.raises(NotAllowed):
            payment_stop.start(user=user, reason="", now=clock.now)
        with pytest.raises(NotAllowed):
            payment_stop.lift(user=user, now=clock.now)
    assert not PaymentStop.objects.exists()
