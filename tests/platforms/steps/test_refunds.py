"""Refunds through a platform: sent with the version decided on, settled only by what it then
says, and never paid twice (SPEC promise 1, O2, O7)."""

import pytest

from aftersale.models import TicketType
from aftersale.platforms import registry
from aftersale.platforms.payments import Failed, Limit, NeverSeen, TimedOut
from aftersale.platforms.protocol import Declined, NotAuthorised, NotCarriedOut, Throttled, Why
from aftersale.services.desk import replies
from aftersale.services.outgoing import pay_refunds, refund_attempt
from aftersale.services.refunds import approvals, payment_stop
from aftersale.services.shared.errors import Refused
from tests import factories
from tests.aftersale.refunds.conftest import audit, make_ticket, pay_until_done
from tests.concurrency.threads import at_once
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_accepted_is_not_paid_until_the_platform_says_so(case, there):
    there.instant = False
    case.approve()
    case.go()
    assert case.states() == ("refunding", "sending", ["accepted"], 6_000)
    [(name, step)] = there.steps()
    assert name == "approve"
    assert (step.amount, step.version) == (6_000, case.ticket.updated_at)
    case.go(seconds=10)
    assert case.states() == ("refunding", "sending", ["accepted"], 6_000)
    there.refunds(case.number)
    case.go(seconds=30)
    assert case.states() == ("refunded", "succeeded", ["succeeded"], 6_000)
    assert there.names() == ["approve"]


def test_an_accepted_refund_worries_nobody_for_hours_then_people(case, there):
    there.instant = False
    case.approve()
    case.go()
    for _ in range(11):
        case.go(hours=1)
    assert case.states()[:3] == ("refunding", "sending", ["accepted"])
    case.go(hours=1)
    assert case.states()[:3] == ("refunding", "unknown", ["unknown"])
    assert case.ticket.refund.needs_people
    assert there.names() == ["approve"]


def test_what_was_accepted_may_not_show_yet(case, there):
    there.instant = False
    there.before = {"refund_status": [NeverSeen()] * 3}
    case.approve()
    case.go()
    for _ in range(3):
        case.go(minutes=5)
    assert there.names() == ["approve"]
    there.refunds(case.number)
    case.go(minutes=5)
    assert case.states() == ("refunded", "succeeded", ["succeeded"], 6_000)


def test_an_approved_return_is_confirmed(make_case, there):
    case = make_case(type=TicketType.RETURN_REFUND, status="awaiting_return")
    there.change(case.number, status="awaiting_return", updated_at=case.ticket.updated_at)
    approvals.confirm_return(ticket_id=case.ticket.pk, user=case.user, now=case.clock.now)
    case.go()
    case.go(seconds=10)
    assert there.names() == ["confirm_receipt"]
    assert case.states() == ("refunded", "succeeded", ["succeeded"], 6_000)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", [TimedOut(), ValueError("broken")])
def test_no_answer_is_asked_about_and_never_repeated_blind(case, there, when, what):
    setattr(there, when, {"approve": [what]})
    case.approve()
    case.go()
    assert case.states() == ("refunding", "unknown", ["unknown"], 6_000)
    case.go(seconds=10)
    # Never seen there, the same goes out again; else the answer is there.
    assert there.names() == ["approve"] * (2 if when == "before" else 1)
    case.go(seconds=30)
    assert case.states() == ("refunded", "succeeded", ["succeeded"], 6_000)
    assert there.paid == [(case.number, 6_000)]


@pytest.mark.parametrize("paid", ["call", "settle"])
def test_a_payer_that_dies_after_the_call(case, there, monkeypatch, paid):
    """Killed between the platform's answer and settling: the lease runs out and it is asked."""

    class Killed(BaseException):
        pass

    def die(**_values):
        raise Killed

    case.approve()
    with monkeypatch.context() as patch, pytest.raises(Killed):
        if paid == "call":
            there.after = {"approve": [Killed()]}
        else:
            patch.setattr(refund_attempt, "settle", die)
        pay_refunds.run(clock=case.clock)
    assert audit() == []
    case.go(seconds=59)
    assert len(there.paid) == 1
    case.go(seconds=2)
    assert case.states() == ("refunded", "succeeded", ["succeeded"], 6_000)
    assert there.names() == ["approve"]
    assert there.paid == [(case.number, 6_000)]


def test_refunded_there_meanwhile_counts_once(case, there):
    case.approve()
    there.refunds(case.number)
    case.go()
    assert case.states() == ("refunded", "succeeded", ["succeeded"], 6_000)
    assert there.paid == [(case.number, 6_000)]
    case.go(hours=1)
    assert there.names() == ["approve"]


@pytest.mark.parametrize("ours", ["declined", "accepted"])
def test_another_amount_refunded_there_is_the_refund(case, there, ours):
    """The money that left counts (SPEC O7); our refund has failed for good, with the reason."""
    case.approve()
    if ours == "accepted":
        there.instant = False
        case.go()
    there.refunds(case.number, 2_500)
    case.go(seconds=10)
    assert case.states() == ("refunded", "succeeded", ["failed", "succeeded"], 2_500)
    refund = case.ticket.refund
    assert (refund.amount, refund.source) == (2_500, "platform")
    assert "25.00" in refund.attempts.get(number=1).reason
    assert "differs" in case.ticket.flags


@pytest.mark.parametrize(
    ("status", "ticket", "committed"),
    [
        ("rejected", "rejected", 0),
        ("negotiating", "negotiating", 0),
        ("arbitration", "arbitration", 0),
        ("awaiting_return", "awaiting_return", 6_000),
        ("cancelled", "cancelled", 0),
        ("closed", "closed", 0),
        ("refund_failed", "refund_failed", 0),
    ],
)
def test_handled_otherwise_there_is_taken_over(case, there, status, ticket, committed):
    case.approve()
    there.change(case.number, status=status)
    case.go()
    assert case.states() == (ticket, "failed", ["failed"], committed)
    assert case.ticket.refund.failure == "it has changed"
    assert "platform_refused" in case.ticket.flags
    case.go(hours=2)
    assert there.names() == ["approve"]
    assert there.paid == []


def test_approved_there_meanwhile_is_waited_for(case, there):
    case.approve()
    there.change(case.number, status="refunding")
    case.go()
    assert case.states() == ("refunding", "sending", ["accepted"], 6_000)
    there.refunds(case.number)
    case.go(seconds=10)
    assert case.states() == ("refunded", "succeeded", ["succeeded"], 6_000)


def test_a_change_of_nothing_that_was_decided_on_is_sent_again(case, there):
    case.approve()
    there.change(case.number, note="Hurry up!")
    case.go()
    case.go(seconds=10)
    assert case.states() == ("refunded", "succeeded", ["failed", "succeeded"], 6_000)
    assert there.paid == [(case.number, 6_000)]


@pytest.mark.parametrize("change", [{"amount": 9_000}, {"type": "return_refund"}, {"reason": "x"}])
def test_a_change_of_what_was_decided_on_goes_to_people(case, there, change):
    case.approve()
    there.change(case.number, **change)
    case.go()
    assert case.states() == ("refund_failed", "failed", ["failed"], 0)
    assert there.paid == []
    # Tried again is decided anew, but never for what the platform does not have.
    if "reason" in change:
        approvals.retry(ticket_id=case.ticket.pk, user=case.user, now=case.clock.now)
        case.go()
        case.go(seconds=10)
        assert case.states()[0] == "refunded"


def test_the_version_is_that_of_the_decision(case, there):
    """A newer version that came in before sending does not make the decision newer (SPEC O7)."""
    from aftersale.services.ingest import save_tickets
    from aftersale.services.shops.shops import known

    decided_on = case.ticket.updated_at
    case.approve()
    there.change(case.number, amount=9_000)
    record = there.tickets[case.number]
    save_tickets([record], shops=known([record.shop]), now=case.clock.now)
    assert case.now().updated_at > decided_on
    case.go()
    assert there.steps()[0][1].version == decided_on
    assert case.states() == ("refund_failed", "failed", ["failed"], 0)


def test_no_funds_is_tried_again_later(case, there):
    there.before = {"approve": [Declined(Why.NO_FUNDS, "not enough money")]}
    case.approve()
    case.go()
    assert case.states() == ("refunding", "requested", ["failed"], 6_000)
    case.go(minutes=1)
    case.go(seconds=10)
    assert case.states() == ("refunded", "succeeded", ["failed", "succeeded"], 6_000)


def test_declined_as_it_stands_fails_for_good(case, there):
    there.before = {"approve": [Declined(Why.OTHER, "not allowed here")]}
    case.approve()
    case.go()
    assert case.states() == ("refund_failed", "failed", ["failed"], 0)
    assert case.ticket.refund.failure == "not allowed here"


@pytest.mark.parametrize(
    ("error", "seconds", "people"),
    [
        (Throttled("too fast", 7), 7, False),
        (NotAuthorised("run out"), 300, True),
        (NotCarriedOut("down"), 60, False),
    ],
)
def test_what_was_not_sent_stays_due_and_takes_no_attempt(
    case, make_case, there, error, seconds, people
):
    there.before = {"approve": [error]}
    case.approve()
    case.go()
    assert case.states() == ("refunding", "requested", [], 6_000)
    refund = case.ticket.refund
    assert (refund.ever_sent, refund.needs_people) == (False, people)
    assert refund.failure == str(error)
    case.go(seconds=seconds - 1)
    assert there.names() == ["approve"]
    case.go(seconds=1)
    case.go(seconds=10)
    assert case.states() == ("refunded", "succeeded", ["succeeded"], 6_000)


@pytest.mark.parametrize(
    ("limit", "waits_with_it"),
    [
        (Limit.ORDER, {"sibling"}),
        (Limit.CALL, {"sibling", "other"}),
        (Limit.SHOP, {"sibling", "other", "rejected"}),
    ],
)
def test_a_limit_holds_off_what_it_is_about(make_case, there, limit, waits_with_it):
    """One refund of an order a minute says nothing of the shop's other orders."""
    case = make_case()
    order, moment = case.order, case.clock.now
    other = factories.make_order(case.shop, status="delivered", updated_at=moment)
    tickets = {
        name: make_ticket(of, 3_000, applied_at=moment, updated_at=moment)
        for name, of in [("sibling", order), ("other", other), ("rejected", other)]
    }
    for ticket in tickets.values():
        there.add(ticket)
    there.before = {"approve": [Throttled("too fast", 60, limit)]}
    case.approve()
    for name in ("sibling", "other"):
        approvals.approve(ticket_id=tickets[name].pk, user=case.user, now=moment)
    replies.reject(
        ticket_id=tickets["rejected"].pk,
        reason="reason_mismatch",
        explanation="No.",
        user=case.user,
        now=moment,
    )
    pay_until_done(case.clock)
    case.go(seconds=59)
    there_still = {n: there.tickets[one.ticket_no].status for n, one in tickets.items()}
    assert {n for n, status in there_still.items() if status == "pending_review"} == waits_with_it
    assert there.tickets[case.number].status == "pending_review"
    case.go(seconds=1)
    assert len(there.paid) == 3


def test_a_throttled_question_is_asked_later(case, there):
    there.before = {"approve": [TimedOut()], "refund_status": [Throttled("too fast", 5)]}
    case.approve()
    case.go()
    case.go(seconds=10)
    assert case.states() == ("refunding", "unknown", ["unknown"], 6_000)
    assert case.ticket.refund.attempts.get().questions == 0
    case.go(seconds=5)
    case.go(seconds=30)
    assert there.paid == [(case.number, 6_000)]
    assert case.states()[0] == "refunded"


def test_a_shop_without_access_waits_for_people(case, there, monkeypatch):
    monkeypatch.setattr(registry, "platform_of", lambda shop: None)
    case.approve()
    case.go()
    assert case.states() == ("refunding", "requested", [], 6_000)
    assert case.ticket.refund.needs_people and there.calls == []


def test_the_refund_fails_there(case, there):
    there.instant = False
    there.before = {"refund_status": [Failed("account closed", permanent=True)]}
    case.approve()
    case.go()
    case.go(seconds=10)
    assert case.states() == ("refund_failed", "failed", ["failed"], 0)


def test_a_payment_that_failed_there_is_tried_again_for_the_version_that_it_made(case, there):
    there.instant = False
    there.before = {"refund_status": [Failed("no balance")]}
    case.approve()
    case.go()
    there.instant = True
    there.change(case.number, status="refund_failed")
    case.go(seconds=10)
    assert case.states() == ("refunding", "requested", ["failed"], 6_000)
    case.go(minutes=1)
    case.go(seconds=10)
    assert case.states() == ("refunded", "succeeded", ["failed", "failed", "succeeded"], 6_000)
    assert there.paid == [(case.number, 6_000)]


def test_less_than_was_asked_for_is_not_approved_through_a_platform(case):
    with pytest.raises(Refused, match="60.00"):
        approvals.approve(
            ticket_id=case.ticket.pk, user=case.user, now=case.clock.now, amount=5_000
        )
    assert case.now().status == "pending_review" and case.order.committed == 0


def test_the_stop_holds_it_back(case, there):
    operator = make_user(is_superuser=True)
    payment_stop.start(user=operator, reason="", now=case.clock.now)
    case.approve()
    case.go()
    assert there.calls == []
    payment_stop.lift(user=operator, now=case.clock.now)
    case.go()
    case.go(seconds=10)
    assert case.states()[0] == "refunded"


@pytest.mark.django_db(transaction=True)
def test_two_payers_and_somebody_at_the_platform_at_once(make_case, there):
    """However they meet: each ticket is refunded once, and the books say what left."""
    cases = [make_case() for _ in range(8)]
    for case in cases:
        case.approve()
    clock = cases[0].clock

    def staff() -> None:
        for case in reversed(cases):
            with there.lock:
                if there.tickets[case.number].status == "pending_review":
                    there.refunds(case.number)

    def pay() -> None:
        while pay_refunds.run(clock=clock):
            pass

    assert at_once(pay, pay, staff) == [None] * 3
    for _ in range(3):
        clock.turn(minutes=2)
        pay()
    assert sorted(there.paid) == sorted((case.number, 6_000) for case in cases)
    for case in cases:
        ticket, refund, attempts, committed = case.states()
        assert (ticket, refund, committed) == ("refunded", "succeeded", 6_000)
        assert attempts.count("succeeded") == 1
    assert audit() == []
