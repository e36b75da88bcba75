"""Steps of people on refunds: approve, confirm, record; who may (SPEC O2, O4, G2).

After every refusal nothing has moved.
"""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from aftersale.models import (
    Order,
    Refund,
    RefundStatus,
    Role,
    Shop,
    Ticket,
    TicketFlag,
    TicketStatus,
    TicketType,
)
from aftersale.platforms.payments import TimedOut
from aftersale.services.refunds import approvals, refund_results, unsent_refunds
from aftersale.services.shared.errors import (
    NotAllowed,
    NotFound,
    OverRefundable,
    Refused,
    WrongStep,
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
