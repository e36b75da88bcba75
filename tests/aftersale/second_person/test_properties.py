"""Whatever people and platform do, in whatever order: nothing above a limit is paid with one
person, and no order gives more than it got (SPEC G4, O2)."""

import random
from collections import defaultdict

import pytest
from django.contrib.auth.models import User

from aftersale.models import (
    ApprovalLimit,
    ApprovalRequest,
    ApprovalState,
    Order,
    Refund,
    RefundStatus,
    Role,
    Ticket,
    TicketStatus,
)
from aftersale.services.ingest.reports import take_over
from aftersale.services.refunds import approvals, second_person, unsent_refunds
from aftersale.services.shared import locks
from aftersale.services.shared.errors import Refused
from tests.aftersale.refunds.conftest import audit, make_order, make_ticket, make_user

pytestmark = pytest.mark.django_db

LIMITS = {Role.CS_AGENT: 3_000, Role.CS_MANAGER: 5_000, Role.ADMIN: 6_000, Role.OWNER: 6_000}


@pytest.mark.parametrize("seed", range(6))
def test_a_walk_of_steps(shop, clock, seed):
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    ApprovalLimit.objects.filter(shop=shop).delete()
    for role, amount in LIMITS.items():
        ApprovalLimit.objects.create(shop=shop, role=role, amount=amount)
    people = {make_user(shop, role).pk: role for role in LIMITS for _ in range(2)}
    orders = [make_order(shop, 10_000) for _ in range(2)]
    for order in orders * 3:
        make_ticket(order, chance.randrange(3_000, 6_000))
    for _step in range(40):
        clock.turn(minutes=1)
        user = User.objects.get(pk=chance.choice([*people]))
        order = chance.choice(orders)
        try:
            take(chance, order, user, clock.now)
        except Refused:
            continue
        hold_true(orders, people)
    assert ApprovalRequest.objects.filter(state=ApprovalState.CONFIRMED).exists()
    assert audit() == []


def take(chance: random.Random, order: Order, user, now) -> None:
    """One step of somebody, as likely as not one that is refused."""
    who = {"user": user, "now": now}
    tickets = list(Ticket.objects.filter(order=order).order_by("pk"))
    asked = list(ApprovalRequest.objects.filter(ticket__order=order, state=ApprovalState.WAITING))
    paid = list(Refund.objects.filter(order=order, status=RefundStatus.REQUESTED))
    match chance.randrange(8):
        case 0:
            make_ticket(order, chance.randrange(500, 9_000))
        case 1 | 6 if tickets:
            approvals.approve(ticket_id=chance.choice(tickets).pk, **who)
        case 2 | 3 | 7 if asked:
            second_person.confirm(request_id=chance.choice(asked).pk, **who)
        case 4 if asked:
            second_person.decline(request_id=chance.choice(asked).pk, note="no", **who)
        case 5 if tickets and chance.random() < 0.3:
            ticket = locks.lock_ticket(chance.choice(tickets).pk)
            if ticket.status == TicketStatus.PENDING_REVIEW:
                order = locks.lock_order(order.pk)
                take_over(order, ticket, TicketStatus.CANCELLED, note="gone", now=now)
        case _ if paid:
            unsent_refunds.take_back(refund_id=chance.choice(paid).pk, **who)


def hold_true(orders: list[Order], people: dict[int, str]) -> None:
    for order in Order.objects.filter(pk__in=[order.pk for order in orders]):
        assert 0 <= order.committed <= order.paid_amount
        alone: dict[int, int] = defaultdict(int)
        for refund in Refund.objects.filter(order=order, status=RefundStatus.REQUESTED):
            # The step that led to this payment, if two took it.
            request = ApprovalRequest.objects.filter(
                ticket=refund.ticket, state=ApprovalState.CONFIRMED, settled_at=refund.requested_at
            ).first()
            assert refund.requested_by_id is not None
            if request is None:
                alone[refund.requested_by_id] += refund.amount
            else:
                assert request.settled_by_id not in (None, request.requested_by_id)
                assert request.requested_by_id == refund.requested_by_id
        for person, amount in alone.items():
            assert amount <= LIMITS[Role(people[person])]
