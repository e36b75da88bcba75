"""Every way through lease, call and settle, with a scripted platform (SPEC promise 1, O2, E6)."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from aftersale.models import (
    AttemptState,
    Order,
    Refund,
    RefundAttempt,
    RefundStatus,
    Shop,
    TicketEvent,
    TicketStatus,
)
from aftersale.platforms import payment_registry
from aftersale.platforms.payments import Failed, KeyReused, NeverSeen, Paid, Pending, TimedOut
from aftersale.services.outgoing import pay_refunds, refund_attempt
from aftersale.services.refunds import refund_results, settlement
from aftersale.services.shared import due_work

from .conftest import (
    audit,
    decided,
    make_order,
    make_shop,
    make_ticket,
    make_user,
    pay_until_done,
    snapshot,
    states,
)

pytestmark = pytest.mark.django_db


def test_paid_at_once(refund, platform, clock):
    pay_until_done(clock)
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)
    assert refund.next_step_at is None
    assert refund.settled_at == clock.now
    [call] = platform.calls
    assert (call.amount, call.ticket_no) == (6_000, refund.ticket.ticket_no)
    pay_until_done(clock)
    assert len(platform.calls) == 1
    assert audit() == []


def test_a_passing_failure_is_tried_again_under_a_new_key_after_growing_pauses(
    refund, platform, clock
):
    platform.pays = [Failed("no balance")] * 6
    for number, minutes in enumerate([1, 2, 5, 15, 60], start=1):
        pay_until_done(clock)
        assert states(refund) == ("requested", "refunding", ["failed"] * number, 6_000)
        assert refund.next_step_at == clock.now + timedelta(minutes=minutes)
        assert audit() == []
        pay_until_done(clock)  # not due: nothing is sent
        assert len(platform.calls) == number
        clock.turn(minutes=minutes)
    pay_until_done(clock)
    assert states(refund) == ("failed", "refund_failed", ["failed"] * 6, 0)
    assert refund.failure == "no balance"
    assert len({call.key for call in platform.calls}) == 6
    assert audit() == []


def test_a_refusal_for_good_goes_to_people_and_frees_the_money(refund, platform, clock):
    other = make_ticket(refund.order, 9_000)
    platform.pays = [Failed("account closed", permanent=True)]
    pay_until_done(clock)
    assert states(refund) == ("failed", "refund_failed", ["failed"], 0)
    assert refund.failure == "account closed"
    other.refresh_from_db()
    assert other.awaiting_evaluation  # freed money: the automation looks again (SPEC O2, E1)
    assert audit() == []


@pytest.mark.parametrize("what", [TimedOut(), ValueError("broken answer"), KeyReused("k")])
def test_no_answer_is_unknown_and_asked_about_before_anything_else(refund, platform, clock, what):
    platform.pays = [what]
    platform.says = [Paid()]
    pay_until_done(clock)
    assert states(refund) == ("unknown", "refunding", ["unknown"], 6_000)
    assert audit() == []
    clock.turn(seconds=9)
    pay_until_done(clock)
    assert platform.asked == []
    clock.turn(seconds=1)
    pay_until_done(clock)
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)
    assert len(platform.calls) == 1
    assert audit() == []


def test_never_seen_sends_the_same_key_again(refund, platform, clock):
    platform.pays = [TimedOut(), Paid()]
    platform.says = [NeverSeen()]
    pay_until_done(clock)
    clock.turn(seconds=10)
    pay_until_done(clock)
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)
    first, second = platform.calls
    assert first == second  # key, fingerprint and all
    assert audit() == []


def test_unknown_then_failed_goes_on_as_failed(refund, platform, clock):
    platform.pays = [TimedOut(), Paid()]
    platform.says = [Failed("no balance")]
    pay_until_done(clock)
    clock.turn(seconds=10)
    pay_until_done(clock)
    assert states(refund) == ("requested", "refunding", ["failed"], 6_000)
    clock.turn(minutes=1)
    pay_until_done(clock)
    assert states(refund) == ("succeeded", "refunded", ["failed", "succeeded"], 6_000)
    assert platform.calls[0].key != platform.calls[1].key
    assert audit() == []


def test_pending_is_asked_again_and_again_and_people_are_told(refund, platform, clock):
    platform.pays = [TimedOut()]
    platform.says = [Pending(), TimedOut(), ValueError("down"), Pending(), Pending(), Paid()]
    pay_until_done(clock)
    for number, seconds in enumerate([10, 30, 60, 300, 900], start=1):
        clock.turn(seconds=seconds)
        pay_until_done(clock)
        assert states(refund) == ("unknown", "refunding", ["unknown"], 6_000)
        assert len(platform.asked) == number
        assert refund.needs_people == (number >= 4)
    clock.turn(hours=1)
    pay_until_done(clock)
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)
    assert not refund.needs_people
    assert len(platform.calls) == 1
    assert TicketEvent.objects.filter(ticket=refund.ticket).count() == 3  # not one a question


def test_a_platform_that_cannot_be_asked_leaves_it_to_people(refund, platform, clock):
    platform.can_be_asked = False
    platform.pays = [TimedOut()]
    pay_until_done(clock)
    assert states(refund) == ("unknown", "refunding", ["unknown"], 6_000)
    assert refund.needs_people and refund.next_step_at is None
    clock.turn(days=30)
    pay_until_done(clock)
    assert len(platform.calls) == 1 and platform.asked == []
    agent = make_user(refund.shop)
    refund_results.record_result(
        refund_id=refund.pk, succeeded=True, reason="", user=agent, now=clock.now
    )
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)
    assert audit() == []


def test_an_expired_lease_is_unknown_and_asked_about(refund, platform, clock):
    assert (
        refund_attempt.lease(refund_pk=refund.pk, now=clock.now) is not None
    )  # and its process dies
    clock.turn(seconds=59)
    pay_until_done(clock)
    assert platform.asked == [] and platform.calls == []
    clock.turn(seconds=1)
    platform.says = [Paid()]
    pay_until_done(clock)
    assert len(platform.asked) == 1 and platform.calls == []
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)


def test_a_process_that_stood_still_does_not_send_on_an_old_lease(refund, platform, clock):
    lease = refund_attempt.lease(refund_pk=refund.pk, now=clock.now)
    clock.turn(seconds=51)
    assert pay_refunds._call(lease, clock) is None
    assert platform.calls == []


def test_a_failure_after_the_lease_went_to_another_counts_for_nothing(refund, platform, clock):
    """Else a new attempt would go out beside the second sender's payment."""
    old = refund_attempt.lease(refund_pk=refund.pk, now=clock.now)
    question = refund_attempt.lease(refund_pk=refund.pk, now=clock.turn(seconds=60))
    assert question.ask
    refund_attempt.settle(lease=old, answer=Failed("rate limit"), now=clock.turn(seconds=1))
    assert states(refund)[2] == ["unknown"]
    again = refund_attempt.settle(lease=question, answer=NeverSeen(), now=clock.turn(seconds=1))
    assert again.request.key == old.request.key and not again.ask
    for stale in (old, question):
        for answer in (Failed("x"), NeverSeen(), Pending(), refund_attempt.NoAnswer("x")):
            before = snapshot(refund, refund.ticket, refund.order, refund.attempts.get())
            assert refund_attempt.settle(lease=stale, answer=answer, now=clock.now) is None
            assert snapshot(refund, refund.ticket, refund.order, refund.attempts.get()) == before
    refund_attempt.settle(lease=old, answer=Paid(), now=clock.turn(seconds=1))  # paid is paid
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)
    refund_attempt.settle(lease=again, answer=Paid(), now=clock.turn(seconds=1))
    refund_attempt.settle(lease=again, answer=Failed("x"), now=clock.turn(seconds=1))
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)
    assert audit() == []


def test_nothing_is_sent_on_an_over_refunded_order(refund, platform, clock):
    Order.objects.filter(pk=refund.order_id).update(refunded_amount=5_000, over_refunded=True)
    pay_until_done(clock)
    assert platform.calls == []
    assert states(refund) == ("failed", "refund_failed", [], 0)
    assert audit() == []


def test_a_new_attempt_checks_the_orders_money_anew(refund, platform, clock):
    platform.pays = [Failed("passing")]
    pay_until_done(clock)
    Order.objects.filter(pk=refund.order_id).update(refunded_amount=5_000, over_refunded=True)
    clock.turn(minutes=1)
    pay_until_done(clock)
    assert len(platform.calls) == 1
    assert states(refund) == ("failed", "refund_failed", ["failed"], 0)
    assert audit() == []


def test_nothing_is_sent_for_a_ticket_that_is_not_being_refunded(refund, platform, clock):
    type(refund.ticket).objects.filter(pk=refund.ticket_id).update(status=TicketStatus.CANCELLED)
    pay_until_done(clock)
    assert platform.calls == []
    assert states(refund) == ("taken_back", "cancelled", [], 0)
    assert audit() == []


def test_a_never_seen_key_is_not_sent_again_on_an_over_refunded_order(refund, platform, clock):
    platform.pays = [TimedOut()]
    pay_until_done(clock)
    Order.objects.filter(pk=refund.order_id).update(refunded_amount=5_000, over_refunded=True)
    clock.turn(seconds=10)
    pay_until_done(clock)
    assert states(refund) == ("unknown", "refunding", ["unknown"], 6_000)
    clock.now = refund.next_step_at  # the call that had no answer can't arrive any more
    pay_until_done(clock)
    assert len(platform.calls) == 1
    assert states(refund) == ("failed", "refund_failed", ["failed"], 0)
    assert audit() == []


def test_a_never_seen_key_is_not_sent_again_for_a_cancelled_ticket(refund, platform, clock):
    platform.pays = [TimedOut()]
    pay_until_done(clock)
    type(refund.ticket).objects.filter(pk=refund.ticket_id).update(status=TicketStatus.CANCELLED)
    clock.turn(seconds=10)
    pay_until_done(clock)
    assert states(refund) == ("unknown", "cancelled", ["unknown"], 6_000)
    clock.now = refund.next_step_at  # the call that had no answer can't arrive any more
    pay_until_done(clock)
    assert len(platform.calls) == 1
    assert states(refund) == ("failed", "cancelled", ["failed"], 0)
    assert audit() == []


def test_the_database_allows_one_live_attempt(refund, platform, clock):
    """refund_attempt_one_alive: what the locks are for, held without them."""
    refund_attempt.lease(refund_pk=refund.pk, now=clock.now)
    first = refund.attempts.get()
    for state in (AttemptState.LEASED, AttemptState.UNKNOWN, AttemptState.SUCCEEDED):
        with (
            pytest.raises(IntegrityError, match="refund_attempt_one_alive"),
            transaction.atomic(),
        ):
            RefundAttempt.objects.create(
                refund=refund,
                number=2,
                key="other",
                amount=1,
                connector="sandbox",
                fingerprint=first.fingerprint,
                state=state,
                created_at=clock.now,
            )


def test_one_broken_refund_stops_no_other(refund, platform, clock, monkeypatch):
    other = decided(make_order(refund.shop), 100, now=clock.now)
    real = settlement.paid

    def paid(case, attempt, **more):
        if case.refund.pk == refund.pk:
            raise TypeError("a bug")
        real(case, attempt, **more)

    monkeypatch.setattr(settlement, "paid", paid)
    pay_until_done(clock)
    assert states(other)[0] == RefundStatus.SUCCEEDED
    assert states(refund) == ("sending", "refunding", ["leased"], 6_000)
    assert refund.needs_people and "a bug" in refund.failure
    monkeypatch.setattr(settlement, "paid", real)
    platform.says = [Paid()]
    clock.turn(minutes=15)
    pay_until_done(clock)
    assert states(refund)[0] == RefundStatus.SUCCEEDED
    assert len(platform.calls) == 2


def test_a_slow_platform_of_one_shop_holds_up_no_other(platform, clock, monkeypatch):
    """One slow call a run, and the other shop's refunds go out in the same run."""
    passed = [0.0]
    stopped = SimpleNamespace(monotonic=lambda: passed[0], sleep=time.sleep)
    monkeypatch.setattr(due_work, "time", stopped)
    slow, quick = make_shop(), make_shop()
    for shop in (slow, quick):
        for _ in range(5):
            decided(make_order(shop), 100, now=clock.now)
    real = platform.pay

    def pay(request):
        if request.shop_id == slow.pk:
            passed[0] += due_work.SLOW_CALL_SECONDS + 0.1
        return real(request)

    monkeypatch.setattr(platform, "pay", pay)
    assert pay_refunds.run(clock=clock) is True
    paid = Refund.objects.filter(status=RefundStatus.SUCCEEDED)
    assert paid.filter(shop=quick).count() == 5
    assert paid.filter(shop=slow).count() == 1


def test_a_run_ends_after_its_time_and_says_that_more_is_due(platform, clock, monkeypatch):
    for _ in range(3):
        decided(make_order(make_shop()), 100, now=clock.now)
    monkeypatch.setattr(due_work, "WORK_SECONDS", -1)
    assert pay_refunds.run(clock=clock) is True
    monkeypatch.setattr(due_work, "WORK_SECONDS", 5)
    assert pay_refunds.run(clock=clock) is False
    assert len(platform.calls) == 3


def test_a_shop_without_a_connector_sends_nothing_and_people_see_why(refund, clock, settings):
    """The sandbox pays nothing in production."""
    settings.PRODUCTION = True
    pay_until_done(clock)
    assert states(refund) == ("requested", "refunding", [], 6_000)
    assert refund.needs_people and refund.next_step_at is None and refund.failure
    assert not payment_registry.allowed("sandbox")
    assert audit() == []


def test_a_refund_of_a_shop_that_changed_to_by_hand_waits_for_people(refund, clock):
    Shop.objects.filter(pk=refund.shop_id).update(connector="manual")
    pay_until_done(clock)
    assert states(refund) == ("requested", "refunding", [], 6_000)
    agent = make_user(refund.shop)
    refund_results.record_result(
        refund_id=refund.pk, succeeded=True, reason="", user=agent, now=clock.now
    )
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)
    assert audit() == []


def test_whoever_reads_reads_their_own_language(refund, platform, clock):
    """A worker writes for all of them: the history, the refund and the attempt."""
    platform.pays = [TimedOut()]
    pay_until_done(clock)
    for code, why, told in (
        (
            "en",
            "the platform did not answer in time",
            "Attempt 1: outcome unknown (the platform did not answer in time); "
            "the platform is asked.",
        ),
        (
            "zh-hans",
            "平台未及时响应",
            "第 1 次打款结果未知（平台未及时响应），正在向平台查询。",
        ),
    ):
        with translation.override(code):
            found = Refund.objects.get()
            assert (found.failure, found.attempts.get().reason) == (why, why)
            assert TicketEvent.objects.filter(kind="refund").get().note == told
