"""Approved returns, rejections and offers on their way to a platform: sent once, settled
by what the platform says, and taken back where it does not take them."""

import pytest
from django.urls import reverse

from aftersale.models import (
    ConnectorKind,
    EvidenceFile,
    Negotiation,
    PlatformStep,
    TicketEvent,
    TicketType,
)
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Declined, NotAuthorised, NotCarriedOut, Throttled, Why
from aftersale.services.desk import replies
from aftersale.services.ingest import save_tickets
from aftersale.services.outgoing import send_steps, step_attempt
from aftersale.services.refunds import approvals, payment_stop
from aftersale.services.shops import shops
from aftersale.services.shops.shops import known
from aftersale.services.tickets import negotiation
from strategies.services.evaluator import Tally, decide_shop
from tests.admin.clients import client_of
from tests.aftersale.pictures import picture
from tests.aftersale.refunds.conftest import audit
from tests.concurrency.threads import at_once
from tests.factories import make_strategy, make_ticket, make_user

pytestmark = pytest.mark.django_db

RETURN = {"type": TicketType.RETURN_REFUND}


def reject(case, **fields):
    sent = {"reason": "reason_mismatch", "explanation": "See above."} | fields
    replies.reject(ticket_id=case.ticket.pk, user=case.user, now=case.clock.now, **sent)


def negotiate(case, **fields):
    sent = {"message": "Would 30 yuan do?", "amount": 3_000} | fields
    return replies.negotiate(ticket_id=case.ticket.pk, user=case.user, now=case.clock.now, **sent)


def approve(case):
    case.approve()


# For each step: its call, the ticket's status after it, and the money taken of the order.
STEPS = [
    pytest.param(approve, "approve_return", "awaiting_return", 6_000, id="approve_return"),
    pytest.param(reject, "reject", "rejected", 0, id="reject"),
    pytest.param(negotiate, "negotiate", "negotiating", 0, id="negotiate"),
]
each_step = pytest.mark.parametrize(("do", "name", "status", "committed"), STEPS)


@pytest.fixture
def case(make_case):
    return make_case(**RETURN)


def evaluate(shop_pk: int) -> None:
    decide_shop(shop_pk, tally=Tally())


def step_of(case) -> PlatformStep:
    return PlatformStep.objects.filter(ticket=case.ticket).latest("pk")


def state(case) -> tuple[str, str, int]:
    case.now()
    return step_of(case).state, case.ticket.status, case.order.committed


def pull(case) -> None:
    record = case.there.tickets[case.number]
    save_tickets([record], shops=known([record.shop]), now=case.clock.now)


@each_step
def test_taken(case, there, do, name, status, committed):
    decided_on = case.ticket.updated_at
    do(case)
    assert state(case) == ("due", status, committed)
    case.go()
    assert state(case) == ("accepted", status, committed)
    assert there.names() == [name]
    assert there.calls[0][1].version == decided_on
    assert there.tickets[case.number].status == status
    # The desk has the platform's present state.
    assert case.ticket.updated_at == there.tickets[case.number].updated_at
    assert case.ticket.flags == []
    case.go(hours=2)
    assert there.names() == [name]


@each_step
@pytest.mark.parametrize("when", ["before", "after"])
def test_no_answer_is_looked_at_and_never_repeated_blind(
    case, there, do, name, status, committed, when
):
    setattr(there, when, {name: [TimedOut()]})
    do(case)
    case.go()
    assert state(case) == ("unknown", status, committed)
    for _ in range(3):
        case.go(seconds=30)
    assert state(case) == ("accepted", status, committed)
    # One that the platform shows as taken is never sent again.
    assert there.names() == [name] * (2 if when == "before" else 1)


@each_step
@pytest.mark.parametrize("after_the_call", [False, True])
def test_a_sender_that_dies(case, there, monkeypatch, do, name, status, committed, after_the_call):
    """Killed before the call, or between it and settling: nothing is lost, nothing sent twice."""

    class Killed(BaseException):
        pass

    (there.after if after_the_call else there.before)[name] = [Killed()]
    do(case)
    with pytest.raises(Killed):
        send_steps.run(clock=case.clock)
    assert state(case) == ("sending", status, committed)
    assert audit() == []
    case.go(seconds=59)
    assert there.names() == [name]
    case.go(seconds=2)
    case.go(seconds=30)
    assert state(case) == ("accepted", status, committed)
    assert there.names() == [name] * (1 if after_the_call else 2)


@each_step
@pytest.mark.parametrize(
    ("error", "seconds"),
    [(Throttled("too fast", 7), 7), (NotAuthorised("run out"), 300), (NotCarriedOut("down"), 60)],
)
def test_what_was_not_sent_stays_due(case, there, do, name, status, committed, error, seconds):
    there.before = {name: [error]}
    do(case)
    case.go()
    assert state(case) == ("due", status, committed)
    assert (step_of(case).calls, step_of(case).reason) == (0, str(error))
    case.go(seconds=seconds - 1)
    assert there.names() == [name]
    case.go(seconds=1)
    assert state(case) == ("accepted", status, committed)


@each_step
def test_declined_as_it_stands_goes_back_to_people(case, there, do, name, status, committed):
    """The ticket is where the platform has it, its money free, and people see why; no strategy
    has it again, whatever changes."""
    there.before = {name: [Declined(Why.OTHER, "not in this campaign")]}
    do(case)
    case.go()
    assert state(case) == ("declined", "pending_review", 0)
    assert case.ticket.flags.count("platform_refused") == 1
    assert not case.ticket.awaiting_evaluation
    event = TicketEvent.objects.filter(ticket=case.ticket).latest("pk")
    assert (event.actor, event.from_status, event.to_status) == (
        "platform",
        status,
        "pending_review",
    )
    assert event.note == step_of(case).reason == "not in this campaign"
    there.change(case.number, note="Well?")
    pull(case)
    shops.look_again(shop_id=case.shop.pk, user=None, now=case.clock.now)
    assert not case.now().awaiting_evaluation
    case.go(hours=1)
    assert there.names() == [name]


def test_negotiate_first_is_said_in_words(case, there):
    there.before = {"reject": [Declined(Why.NEGOTIATE_FIRST, "10021068")]}
    reject(case)
    case.go()
    assert step_of(case).reason.startswith("Negotiate first")
    # And the person can do so.
    negotiate(case)
    case.go()
    assert state(case) == ("accepted", "negotiating", 0)


@each_step
@pytest.mark.parametrize(
    ("there_now", "here", "taken"),
    [
        ("arbitration", "arbitration", 0),
        ("cancelled", "cancelled", 0),
        ("refunded", "refunded", 6_000),
    ],
)
def test_handled_there_meanwhile_is_taken_over(
    case, there, do, name, status, committed, there_now, here, taken
):
    do(case)
    if there_now == "refunded":
        there.refunds(case.number)
    else:
        there.change(case.number, status=there_now)
    case.go()
    assert state(case) == ("taken_over", here, taken)
    assert "platform_refused" not in case.ticket.flags
    case.go(hours=1)
    assert there.names() == [name]


@pytest.mark.parametrize(
    ("do", "there_now", "taken"),
    [
        (approve, "rejected", 0),
        (approve, "negotiating", 0),
        (reject, "awaiting_return", 6_000),
        (negotiate, "rejected", 0),
        (negotiate, "awaiting_return", 3_000),
    ],
)
def test_decided_otherwise_there_meanwhile_is_taken_over(case, there, do, there_now, taken):
    do(case)
    there.change(case.number, status=there_now)
    case.go()
    case.now()
    assert case.ticket.status == there_now
    assert step_of(case).state == "taken_over"
    assert case.order.committed == taken


@each_step
def test_the_same_done_there_meanwhile(case, there, do, name, status, committed):
    do(case)
    there.change(case.number, status=status)
    case.go()
    assert state(case) == ("taken_over", status, committed)
    assert case.ticket.flags == []


@each_step
def test_a_change_of_nothing_that_was_decided_on_is_sent_again(
    case, there, do, name, status, committed
):
    do(case)
    there.change(case.number, note="Hurry up!")
    case.go()
    assert state(case) == ("accepted", status, committed)
    assert there.names() == [name, name]


@each_step
def test_a_change_of_what_was_decided_on_goes_back(case, there, do, name, status, committed):
    do(case)
    there.change(case.number, amount=7_000)
    case.go()
    assert state(case) == ("declined", "pending_review", 0)


@each_step
def test_the_platform_is_late_while_a_step_is_on_its_way(case, there, do, name, status, committed):
    """Its older reports never move the ticket back."""
    there.before = {name: [Throttled("too fast", 600)]}
    do(case)
    case.go()
    case.clock.turn(seconds=60)
    there.change(case.number, note="Hello?", updated_at=case.clock.now)
    pull(case)
    assert state(case) == ("due", status, committed)
    if name == "negotiate":
        assert Negotiation.objects.get().ended_at is None
    case.go(minutes=10)
    assert state(case)[0] == "accepted"
    assert there.tickets[case.number].status == status


def test_a_refused_offer_was_no_round(case, there):
    there.before = {"negotiate": [Declined(Why.OTHER, "no")] * 2}
    for _ in range(2):
        negotiate(case)
        case.go(minutes=1)
    assert [n.result for n in Negotiation.objects.all()] == ["refused", "refused"]
    assert negotiation.of_request(case.now()) == []
    assert not negotiation.in_vain(case.ticket, now=case.clock.now)
    negotiate(case)
    case.go()
    assert there.offers == [("return_refund", 3_000, "Would 30 yuan do?")]


def test_pictures_go_with_it(case, there, settings, tmp_path):
    reject(case, evidence=[picture("box.png")])
    case.go()
    [[sent]] = there.pictures
    kept = EvidenceFile.objects.get()
    assert (sent.name, sent.content_type, len(sent.content)) == (
        kept.name,
        "image/png",
        kept.size,
    )


def test_a_refund_waits_for_the_steps_before_it(case, there):
    """Approved, and the goods confirmed at once: in order, each with the version that it makes."""
    approve(case)
    approvals.confirm_return(ticket_id=case.ticket.pk, user=case.user, now=case.clock.now)
    there.before = {"approve_return": [Throttled("too fast", 5)]}
    case.go()
    assert there.names() == ["approve_return"]
    case.go(seconds=5)
    assert there.names() == ["approve_return", "approve_return", "confirm_receipt"]
    case.go(seconds=10)
    assert case.states() == ("refunded", "succeeded", ["succeeded"], 6_000)
    assert there.paid == [(case.number, 6_000)]


def test_steps_of_a_ticket_go_out_in_order(case, there):
    there.before = {"negotiate": [TimedOut()]}
    negotiate(case)
    reject(case)
    case.go()
    assert there.names() == ["negotiate"]
    for _ in range(3):
        case.go(seconds=30)
    assert there.names() == ["negotiate", "negotiate", "reject"]
    assert state(case) == ("accepted", "rejected", 0)


def test_the_stop_holds_back_what_was_not_sent(case, there):
    operator = make_user(is_superuser=True)
    payment_stop.start(user=operator, reason="", now=case.clock.now)
    reject(case)
    case.go()
    assert (there.calls, state(case)[0]) == ([], "due")
    payment_stop.lift(user=operator, now=case.clock.now)
    case.go()
    assert state(case)[0] == "accepted"


def test_the_pause_holds_back_what_the_automation_decided(case, there):
    """SPEC G2: a person's step goes out all the same."""
    make_strategy(case.shop, scenario="post_ship_return")
    shops.look_again(shop_id=case.shop.pk, user=None, now=case.clock.now)
    evaluate(case.shop.pk)
    case.clock.now = step_of(case).at  # the database's clock
    shops.pause(shop_id=case.shop.pk, user=case.user, now=case.clock.now)
    case.go()
    assert (there.calls, state(case)) == ([], ("due", "awaiting_return", 6_000))
    shops.resume(shop_id=case.shop.pk, user=case.user, now=case.clock.now)
    case.go()
    assert state(case) == ("accepted", "awaiting_return", 6_000)


def test_the_automations_decisions_go_to_the_platform_with_their_version(make_case, there):
    """By the batch; a shop by hand has none of it."""
    case = make_case(awaiting_evaluation=True, **RETURN)
    make_strategy(case.shop, scenario="post_ship_return")
    make_strategy(case.shop, scenario="post_ship_refund")
    paid = make_ticket(case.order, amount=1_000, updated_at=case.clock.now)
    there.add(paid)
    evaluate(case.shop.pk)
    step = step_of(case)
    assert (step.kind, step.user, step.amount, step.type, step.from_status, step.to_status) == (
        "approve_return",
        None,
        6_000,
        "return_refund",
        "pending_review",
        "awaiting_return",
    )
    assert step.version == case.ticket.updated_at
    paid.refresh_from_db()
    assert paid.refund.version == paid.updated_at
    assert PlatformStep.objects.count() == 1
    case.clock.now = step.at  # the database's clock
    case.go()
    case.go(seconds=10)
    assert state(case) == ("accepted", "awaiting_return", 7_000)
    assert there.paid == [(paid.ticket_no, 1_000)]


def test_a_shop_by_hand_tells_nobody(make_case, there):
    case = make_case(awaiting_evaluation=True, **RETURN)
    type(case.shop).objects.update(connector=ConnectorKind.MANUAL)
    make_strategy(case.shop, scenario="post_ship_return")
    evaluate(case.shop.pk)
    assert case.now().status == "awaiting_return"
    other = make_ticket(case.order, amount=500)
    replies.reject(
        ticket_id=other.pk,
        reason="reason_mismatch",
        explanation="No.",
        user=case.user,
        now=case.clock.now,
    )
    assert not PlatformStep.objects.exists()


# Texts for people.


def test_the_case_says_what_is_on_its_way_and_what_was_not_taken(case, there):
    def page() -> str:
        response = client_of(case.user).get(reverse("desk:case", args=[case.ticket.pk]))
        return response.content.decode()

    assert "Told to the platform" not in page()
    there.before = {"reject": [Declined(Why.OTHER, "not in this <campaign>")]}
    reject(case)
    assert "Being sent to the platform" in page()
    case.go()
    shown = page()
    # In the panel and beside what the buyer was told, who was not; never as markup.
    assert shown.count("Not taken by the platform") == 2
    assert "The platform did not take the step" in shown
    assert "not in this &lt;campaign&gt;" in shown and "<campaign>" not in shown


# At once.


@pytest.mark.django_db(transaction=True)
def test_two_senders_and_somebody_at_the_platform_at_once(make_case, there):
    """Each step is taken once or was decided there; both sides end with the same status."""
    cases = [make_case(**RETURN) for _ in range(9)]
    for number, case in enumerate(cases):
        (approve, reject, negotiate)[number % 3](case)
    clock = cases[0].clock

    def staff() -> None:
        for case in reversed(cases):
            with there.lock:
                if there.tickets[case.number].status == "pending_review":
                    there.change(case.number, status="rejected")

    def send() -> None:
        while send_steps.run(clock=clock):
            pass

    assert at_once(send, send, staff) == [None] * 3
    clock.turn(minutes=2)
    send()
    for case in cases:
        assert step_of(case).state in ("accepted", "taken_over")
        assert case.now().status == there.tickets[case.number].status
    assert audit() == []


@pytest.mark.django_db(transaction=True)
def test_two_leases_of_one_step(make_case, there):
    case = make_case(**RETURN)
    reject(case)
    step, now = step_of(case), case.clock.now

    def lease():
        return step_attempt.lease(step_pk=step.pk, now=now)

    got = at_once(lease, lease)
    assert sum(isinstance(one, step_attempt.StepLease) for one in got) == 1
