"""Steps of people on refunds: approve, confirm, retry, take back, release, record (SPEC O2, O4,
G2).

After every refusal nothing has moved.
"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.models import User

from aftersale.models import (
    Order,
    PaymentStop,
    Refund,
    RefundSource,
    RefundStatus,
    Role,
    Shop,
    Ticket,
    TicketEvent,
    TicketFlag,
    TicketStatus,
    TicketType,
)
from aftersale.platforms.payments import Failed, TimedOut
from aftersale.services.outgoing import pay_refunds, refund_attempt
from aftersale.services.refunds import approvals, payment_stop, refund_results, unsent_refunds
from aftersale.services.shared.errors import (
    NotAllowed,
    NotFound,
    OverRefundable,
    Refused,
    WrongStep,
)
from aftersale.signals import tickets_waiting

from .conftest import (
    audit,
    decided,
    make_order,
    make_shop,
    make_ticket,
    make_user,
    pay_until_done,
    snapshot,
)

pytestmark = pytest.mark.django_db

MANUAL = {"connector": "manual", "is_demo": False}


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def agent(shop) -> User:
    return make_user(shop)


def now_of(ticket: Ticket) -> tuple[str, int, int]:
    """Its status, what it has taken, and what all tickets of its order have."""
    ticket.refresh_from_db()
    return ticket.status, ticket.committed, Order.objects.get(pk=ticket.order_id).committed


def refused(call: Callable[[], object], error: type[Refused], *rows: object) -> str:
    """The sentence of a refusal that moved nothing."""
    before = snapshot(*rows), Refund.objects.count(), TicketEvent.objects.count()
    with pytest.raises(error) as raised:
        call()
    assert (snapshot(*rows), Refund.objects.count(), TicketEvent.objects.count()) == before
    return raised.value.message


@pytest.mark.parametrize("kind", [TicketType.REFUND_ONLY, TicketType.REFUND_KEEP_GOODS])
def test_approving_starts_the_refund(shop, agent, platform, clock, kind):
    ticket = make_ticket(make_order(shop), 6_000, type=kind)
    approvals.approve(ticket_id=ticket.pk, user=agent, now=clock.now)
    assert now_of(ticket) == ("refunding", 6_000, 6_000)
    refund = ticket.refund
    assert (refund.source, refund.requested_by, refund.amount) == ("person", agent, 6_000)
    assert refund.next_step_at == clock.now
    [event] = ticket.events.all()
    assert (event.from_status, event.to_status, event.user) == (
        "pending_review",
        "refunding",
        agent,
    )
    pay_until_done(clock)
    assert now_of(ticket) == ("refunded", 6_000, 6_000)
    assert audit() == []


def test_approving_a_return_takes_the_money_and_refunds_when_the_goods_are_there(
    shop, agent, platform, clock
):
    ticket = make_ticket(make_order(shop), 6_000, type=TicketType.RETURN_REFUND)
    approvals.approve(ticket_id=ticket.pk, user=agent, now=clock.now, amount=5_000)
    assert now_of(ticket) == ("awaiting_return", 5_000, 5_000)
    assert not Refund.objects.exists()
    assert audit() == []
    approvals.confirm_return(ticket_id=ticket.pk, user=agent, now=clock.now)
    assert now_of(ticket) == ("refunding", 5_000, 5_000)
    pay_until_done(clock)
    assert now_of(ticket) == ("refunded", 5_000, 5_000)
    assert [call.amount for call in platform.calls] == [5_000]
    assert audit() == []


def test_a_confirmed_return_that_the_platform_had_approved_is_checked(shop, agent, clock):
    order = make_order(shop, 10_000)
    ticket = make_ticket(order, 6_000, type=TicketType.RETURN_REFUND, status="returning")
    decided(order, 5_000, now=clock.now)
    refused(
        lambda: approvals.confirm_return(ticket_id=ticket.pk, user=agent, now=clock.now),
        OverRefundable,
        order,
        ticket,
    )


def test_no_return_is_confirmed_on_a_flagged_order_though_its_money_is_held(shop, agent, clock):
    order = make_order(shop, 10_000)
    ticket = make_ticket(order, 6_000, type=TicketType.RETURN_REFUND)
    approvals.approve(ticket_id=ticket.pk, user=agent, now=clock.now)
    Order.objects.filter(pk=order.pk).update(refunded_amount=5_000, over_refunded=True)
    refused(
        lambda: approvals.confirm_return(ticket_id=ticket.pk, user=agent, now=clock.now),
        OverRefundable,
        order,
        ticket,
    )


def test_approving_an_exchange_takes_no_money(shop, agent, clock):
    ticket = make_ticket(make_order(shop), 6_000, type=TicketType.EXCHANGE)
    approvals.approve(ticket_id=ticket.pk, user=agent, now=clock.now)
    assert now_of(ticket) == ("awaiting_return", 0, 0)
    refused(
        lambda: approvals.confirm_return(ticket_id=ticket.pk, user=agent, now=clock.now),
        Refused,
        ticket,
    )


def test_an_open_return_holds_the_orders_money(shop, agent, clock):
    order = make_order(shop, 10_000)
    first = make_ticket(order, 6_000, type=TicketType.RETURN_REFUND)
    second = make_ticket(order, 6_000)
    approvals.approve(ticket_id=first.pk, user=agent, now=clock.now)
    sentence = refused(
        lambda: approvals.approve(ticket_id=second.pk, user=agent, now=clock.now),
        OverRefundable,
        order,
        first,
        second,
    )
    assert "60.00" in sentence and "40.00" in sentence and "100.00" in sentence
    approvals.approve(ticket_id=second.pk, user=agent, now=clock.now, amount=4_000)
    assert now_of(second) == ("refunding", 4_000, 10_000)
    approvals.confirm_return(ticket_id=first.pk, user=agent, now=clock.now)  # its own money
    assert now_of(first) == ("refunding", 6_000, 10_000)
    assert audit() == []


@pytest.mark.parametrize("amount", [0, -1, 6_001])
def test_an_amount_outside_of_what_was_asked_for_is_refused(shop, agent, clock, amount):
    ticket = make_ticket(make_order(shop), 6_000)
    refused(
        lambda: approvals.approve(ticket_id=ticket.pk, user=agent, now=clock.now, amount=amount),
        Refused,
        ticket,
        ticket.order,
    )


def test_what_the_platform_refunded_elsewhere_counts_and_a_flagged_order_is_blocked(
    shop, agent, clock
):
    order = make_order(shop, 10_000, refunded_amount=5_000)
    ticket = make_ticket(order, 6_000)
    refused(
        lambda: approvals.approve(ticket_id=ticket.pk, user=agent, now=clock.now),
        OverRefundable,
        order,
        ticket,
    )
    Order.objects.filter(pk=order.pk).update(refunded_amount=11_000, over_refunded=True)
    refused(
        lambda: approvals.approve(ticket_id=ticket.pk, user=agent, now=clock.now, amount=1),
        OverRefundable,
        order,
        ticket,
    )


def test_what_cannot_be_approved(shop, agent, clock):
    order = make_order(shop)
    for status in set(TicketStatus) - {TicketStatus.PENDING_REVIEW, TicketStatus.NEGOTIATING}:
        ticket = make_ticket(order, 100, status=status)
        sentence = refused(
            lambda ticket=ticket: approvals.approve(ticket_id=ticket.pk, user=agent, now=clock.now),
            WrongStep,
            ticket,
            order,
        )
        assert str(status.label) in sentence
        assert str(TicketStatus.REFUNDING.label) in sentence
    shut = make_ticket(order, 100, flags=[TicketFlag.NO_WINDOW])
    refused(lambda: approvals.approve(ticket_id=shut.pk, user=agent, now=clock.now), Refused, shut)
    early = make_ticket(order, 100)
    Ticket.objects.filter(pk=early.pk).update(order=None)
    refused(
        lambda: approvals.approve(ticket_id=early.pk, user=agent, now=clock.now), Refused, early
    )


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


def pause(shop: Shop, now: datetime | None) -> None:
    Shop.objects.filter(pk=shop.pk).update(automation_paused_at=now)


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


def test_a_shop_paid_by_hand_is_never_sent_and_people_record_the_result(clock, platform):
    shop = make_shop(**MANUAL)
    agent = make_user(shop)
    paid, failed = decided(make_order(shop), 100, now=clock.now), make_ticket(make_order(shop), 200)
    approvals.approve(ticket_id=failed.pk, user=agent, now=clock.now)
    clock.turn(days=1)
    pay_until_done(clock)
    assert platform.calls == []
    record = refund_results.record_result
    record(refund_id=paid.pk, succeeded=True, reason="", user=agent, now=clock.now)
    assert now_of(paid.ticket) == ("refunded", 100, 100)
    refused(
        lambda: record(
            refund_id=failed.refund.pk, succeeded=False, reason=" ", user=agent, now=clock.now
        ),
        Refused,
        failed,
        failed.refund,
    )
    record(
        refund_id=failed.refund.pk, succeeded=False, reason="no money", user=agent, now=clock.now
    )
    assert now_of(failed) == ("refund_failed", 0, 0)
    assert Refund.objects.get(ticket=failed).failure == "no money"
    for refund in (paid, failed.refund):
        for succeeded in (True, False):
            refused(
                lambda refund=refund, succeeded=succeeded: record(
                    refund_id=refund.pk, succeeded=succeeded, reason="x", user=agent, now=clock.now
                ),
                Refused,
                refund,
                refund.ticket,
            )
    approvals.retry(ticket_id=failed.pk, user=agent, now=clock.now)
    record(refund_id=failed.refund.pk, succeeded=True, reason="", user=agent, now=clock.now)
    assert now_of(failed) == ("refunded", 200, 200)
    assert audit() == []


def test_a_result_is_not_recorded_of_what_the_program_sends_itself(shop, agent, platform, clock):
    refund = decided(make_order(shop), 100, now=clock.now)
    record = refund_results.record_result
    call = lambda: record(  # noqa: E731
        refund_id=refund.pk, succeeded=True, reason="", user=agent, now=clock.now
    )
    refused(call, Refused, refund, refund.ticket)
    platform.pays = [TimedOut()]
    pay_until_done(clock)
    refused(call, Refused, refund, refund.ticket)  # it is being asked about


def people_services(shop: Shop, clock) -> dict[str, tuple[Callable[[User], object], list]]:
    """Each service ready to succeed, and the rows that it moves."""
    order = make_order(shop)
    review = make_ticket(order, 100)
    returning = make_ticket(order, 100, status=TicketStatus.RETURNING)
    failed = make_ticket(order, 100, status=TicketStatus.REFUND_FAILED)
    back = decided(order, 100, now=clock.now)
    held = decided(order, 100, now=clock.now)
    by_hand = decided(order, 100, now=clock.now)
    Refund.objects.filter(pk=by_hand.pk).update(next_step_at=None)
    pause(shop, clock.now)
    now = clock.now
    return {
        "approve": (
            lambda user: approvals.approve(ticket_id=review.pk, user=user, now=now),
            [review],
        ),
        "confirm_return": (
            lambda user: approvals.confirm_return(ticket_id=returning.pk, user=user, now=now),
            [returning],
        ),
        "retry": (lambda user: approvals.retry(ticket_id=failed.pk, user=user, now=now), [failed]),
        "close": (
            lambda user: approvals.close(ticket_id=failed.pk, note="by bank", user=user, now=now),
            [failed],
        ),
        "take_back": (
            lambda user: unsent_refunds.take_back(refund_id=back.pk, user=user, now=now),
            [back, back.ticket],
        ),
        "release": (
            lambda user: unsent_refunds.release(refund_id=held.pk, user=user, now=now),
            [held],
        ),
        "record_result": (
            lambda user: refund_results.record_result(
                refund_id=by_hand.pk, succeeded=True, reason="", user=user, now=now
            ),
            [by_hand, by_hand.ticket],
        ),
    }


@pytest.mark.parametrize(
    "service",
    ["approve", "confirm_return", "retry", "close", "take_back", "release", "record_result"],
)
def test_who_may(shop, clock, service):
    """SPEC P1: the desk's roles may, a viewer may not, a stranger finds nothing."""
    call, rows = people_services(shop, clock)[service]
    stranger = make_user(make_shop(), Role.OWNER)
    refused(lambda: call(stranger), NotFound, *rows)
    refused(lambda: call(make_user(shop, Role.VIEWER)), NotAllowed, *rows)
    refused(lambda: call(make_user(shop, Role.OWNER, is_active=False)), NotAllowed, *rows)
    before = snapshot(*rows)
    call(make_user(shop, Role.CS_AGENT))
    assert snapshot(*rows) != before


def test_what_is_not_there_is_not_found(agent, clock):
    for call in (approvals.approve, approvals.confirm_return, approvals.retry):
        with pytest.raises(NotFound):
            call(ticket_id=0, user=agent, now=clock.now)
    with pytest.raises(NotFound):
        approvals.close(ticket_id=0, note="by bank", user=agent, now=clock.now)
    for call in (unsent_refunds.take_back, unsent_refunds.release):
        with pytest.raises(NotFound):
            call(refund_id=0, user=agent, now=clock.now)


@pytest.mark.usefixtures("wakes_at_once")
def test_an_approval_wakes_the_payer(shop, agent, clock):
    from django_q.models import OrmQ

    ticket = make_ticket(make_order(shop), 100)
    approvals.approve(ticket_id=ticket.pk, user=agent, now=clock.now)
    [task] = OrmQ.objects.all()
    assert task.func() == "aftersale.tasks.pay"
    assert Refund.objects.get().status == RefundStatus.REQUESTED
