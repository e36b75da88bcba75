"""A payer that stands still in a call, and goes on after others have acted (SPEC promise 1, O2).

"Never seen" is no fence. The race is shown first, with both guards taken away: the order's money is
held until the call can't arrive any more, and the call is not sent after its deadline.
"""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db.models import Sum
from django.utils import timezone

from aftersale.models import (
    RefundAttempt,
    SandboxBehaviour,
    SandboxInstruction,
    SandboxPayment,
    Ticket,
    TicketStatus,
)
from aftersale.platforms import sandbox_payments
from aftersale.platforms.deadline import Deadline, TooLate
from aftersale.platforms.payments import ARRIVES_WITHIN, Failed, NeverSeen, NotSent, Paid, TimedOut
from aftersale.platforms.sandbox_payments import Sandbox
from aftersale.services.outgoing import refund_attempt
from aftersale.services.refunds import approvals, refund_results, settlement
from aftersale.services.shared.errors import OverRefundable, Refused

from .conftest import audit, decided, make_order, make_shop, make_ticket, make_user, pay_until_done
from .test_sandbox import request

pytestmark = pytest.mark.django_db


class Scene:
    """An order of 10 yuan with two tickets over all of it; the payer of the first stands still
    inside the sandbox for 61 seconds, in which its buyer cancels and people approve the second."""

    def __init__(self, clock, monkeypatch):
        self.clock = clock
        # Events while it stands still are of this moment by the database's clock.
        clock.now = timezone.now() - timedelta(seconds=61)
        self.refund = decided(make_order(make_shop(), 1_000), 1_000, now=clock.now)
        self.second = make_ticket(self.refund.order, 1_000)
        self.user = make_user(self.refund.shop)
        SandboxInstruction.objects.create(
            shop=self.refund.shop,
            ticket_no=self.refund.ticket.ticket_no,
            behaviour=SandboxBehaviour.SLOW,
            remaining=1,
        )
        sleeping = SimpleNamespace(sleep=self.meanwhile)
        monkeypatch.setattr(sandbox_payments, "time", sleeping)

    def meanwhile(self, _seconds: float) -> None:
        self.clock.turn(seconds=61)
        Ticket.objects.filter(pk=self.refund.ticket_id).update(status=TicketStatus.CANCELLED)
        pay_until_done(self.clock)  # another payer asks: never seen
        self.approve_second()

    def approve_second(self) -> None:
        try:
            approvals.approve(ticket_id=self.second.pk, user=self.user, now=self.clock.now)
        except OverRefundable:
            return
        pay_until_done(self.clock)

    def paid(self) -> dict[str, int]:
        """Fen that left, by ticket."""
        rows = SandboxPayment.objects.filter(paid=True).values("ticket_no")
        return {row["ticket_no"]: row["sum"] for row in rows.annotate(sum=Sum("amount"))}


@pytest.fixture
def scene(clock, monkeypatch) -> Scene:
    return Scene(clock, monkeypatch)


@pytest.fixture
def no_deadline(monkeypatch):
    pay = Sandbox.pay
    monkeypatch.setattr(
        Sandbox, "pay", lambda self, asked: pay(self, replace(asked, deadline=None))
    )


@pytest.fixture
def no_hold(monkeypatch):
    monkeypatch.setattr(settlement, "is_call_under_way", lambda attempt, now: False)


def test_without_hold_and_deadline_an_order_is_paid_back_twice(scene, no_hold, no_deadline):
    pay_until_done(scene.clock)
    assert scene.paid() == {
        scene.refund.ticket.ticket_no: 1_000,
        scene.second.ticket_no: 1_000,
    }


def test_money_is_held_while_the_call_may_still_arrive(scene, no_deadline):
    pay_until_done(scene.clock)
    assert scene.paid() == {scene.refund.ticket.ticket_no: 1_000}
    scene.second.refresh_from_db()
    assert scene.second.status == TicketStatus.PENDING_REVIEW  # its approval was refused
    scene.refund.refresh_from_db()
    assert scene.refund.status == "succeeded"
    assert audit() == []


def test_without_the_hold_the_sandbox_refuses_what_comes_after_its_deadline(scene, no_hold):
    pay_until_done(scene.clock)
    assert scene.paid() == {scene.second.ticket_no: 1_000}
    assert audit() == []


def test_money_is_free_once_the_call_cannot_arrive_any_more(scene):
    began = scene.clock.now
    pay_until_done(scene.clock)
    assert scene.paid() == {}
    scene.refund.refresh_from_db()
    until = began + refund_attempt.LEASE + ARRIVES_WITHIN
    assert (scene.refund.status, scene.refund.next_step_at) == ("unknown", until)
    scene.clock.now = until - timedelta(seconds=1)
    pay_until_done(scene.clock)
    scene.approve_second()
    assert scene.paid() == {}
    scene.clock.now = until
    pay_until_done(scene.clock)
    scene.refund.refresh_from_db()
    assert scene.refund.status == "failed"
    scene.approve_second()
    assert scene.paid() == {scene.second.ticket_no: 1_000}
    assert audit() == []


# An answer about the second call says nothing of the first.


def stood_still(platform, clock):
    """A refund whose first payer stands still; the platform answers the second one's question."""
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    assert refund_attempt.lease(refund_pk=refund.pk, now=clock.now) is not None
    clock.turn(seconds=60)
    platform.says = [NeverSeen()]
    return refund


@pytest.mark.parametrize(
    ("answer", "next_step"),
    [
        (Failed("no balance", late_call_may_pay=True), timedelta(minutes=5)),
        (Failed("closed", permanent=True, late_call_may_pay=True), timedelta(minutes=5)),
        (NotSent("too fast", 30), timedelta(seconds=30)),
    ],
)
def test_an_answer_to_the_second_call_frees_nothing(platform, clock, answer, next_step):
    refund = stood_still(platform, clock)
    platform.pays = [answer]
    pay_until_done(clock)
    refund.refresh_from_db()
    refund.order.refresh_from_db()
    assert (refund.status, refund.order.committed) == ("unknown", 6_000)
    assert refund.next_step_at == clock.now + next_step
    assert RefundAttempt.objects.get().state == "unknown"  # and not deleted, as if never sent
    assert audit() == []


def test_a_failure_that_binds_the_key_for_good_needs_no_hold(platform, clock):
    """As the sandbox's: it remembers the key, and answers a late call the same."""
    refund = stood_still(platform, clock)
    platform.pays = [Failed("closed", permanent=True)]
    pay_until_done(clock)
    refund.refresh_from_db()
    assert refund.status == "failed"
    assert audit() == []


def test_an_answered_call_holds_nothing(platform, clock):
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    platform.pays = [Failed("no balance", permanent=True, late_call_may_pay=True)]
    pay_until_done(clock)
    refund.refresh_from_db()
    assert refund.status == "failed"
    assert RefundAttempt.objects.get().call_until is None


def test_people_do_not_record_a_failure_while_the_call_may_arrive(platform, clock):
    platform.can_be_asked = False
    platform.pays = [TimedOut()]
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    pay_until_done(clock)
    user = make_user(refund.shop)

    def record():
        refund_results.record_result(
            refund_id=refund.pk, succeeded=False, reason="no", user=user, now=clock.now
        )

    with pytest.raises(Refused, match="may still be on its way"):
        record()
    refund.refresh_from_db()
    assert refund.status == "unknown"
    clock.turn(minutes=6)
    record()
    refund.refresh_from_db()
    assert refund.status == "failed"


# The deadline itself.


def late(**values) -> Deadline:
    defaults = {"at": timezone.now(), "seconds": 60.0, "is_still_leased": lambda: True}
    return Deadline(**defaults | values)


def test_a_deadline_is_over_by_either_clock_or_by_the_lease(monkeypatch):
    late().check()
    for over in (late(seconds=0.0), late(is_still_leased=lambda: False)):
        with pytest.raises(TooLate):
            over.check()
    for clocks in ((60.0, 0.0), (0.0, 60.0)):
        deadline = late(_began=(0.0, 0.0))
        monkeypatch.setattr("aftersale.platforms.deadline._elapsed", lambda clocks=clocks: clocks)
        with pytest.raises(TooLate):
            deadline.check()


def test_the_lease_of_a_call_is_over_once_another_has_it(platform, clock):
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    lease = refund_attempt.lease(refund_pk=refund.pk, now=clock.now)
    lease.request.deadline.check()
    refund_attempt.lease(refund_pk=refund.pk, now=clock.turn(seconds=60))
    with pytest.raises(TooLate):
        lease.request.deadline.check()


def test_the_sandbox_pays_before_the_deadline_and_not_after_it():
    shop = make_shop()
    with pytest.raises(TooLate):
        Sandbox().pay(request(shop, deadline=late()))
    assert not SandboxPayment.objects.exists()
    ahead = late(at=timezone.now() + timedelta(seconds=60))
    assert Sandbox().pay(request(shop, deadline=ahead)) == Paid()
    # A payment that was made stays made, whenever it is asked about.
    assert Sandbox().pay(request(shop, deadline=late())) == Paid()
