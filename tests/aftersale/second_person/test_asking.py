"""Steps above what a person approves alone wait for a second one (SPEC G4, O2)."""

import pytest

from aftersale.models import (
    ApprovalKind,
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
from aftersale.services.shared.errors import (
    NotAllowed,
    NotFound,
    OverRefundable,
    Refused,
)
from aftersale.services.tickets.cases import seen_now
from tests.aftersale.refunds.conftest import (
    audit,
    make_order,
    make_shop,
    make_ticket,
    make_user,
    snapshot,
)

from .asking import (
    AGENT_ALONE,
    MANAGER_ALONE,
    approve,
    committed,
    confirm,
    decline,
    is_asked,
    last_notes,
    waiting,
)

pytestmark = pytest.mark.django_db


def test_up_to_the_limit_nobody_else_is_asked(shop, agent, clock):
    ticket = make_ticket(make_order(shop), AGENT_ALONE)
    assert approve(ticket, agent, clock).status == TicketStatus.REFUNDING
    assert not ApprovalRequest.objects.exists() and audit() == []


def test_above_it_the_case_waits_and_its_amount_is_held(shop, agent, clock):
    order = make_order(shop)
    ticket = make_ticket(order, AGENT_ALONE + 1, awaiting_evaluation=True)
    assert approve(ticket, agent, clock).status == TicketStatus.PENDING_REVIEW
    assert is_asked(ticket) and not ticket.awaiting_evaluation
    request = waiting(ticket)
    assert (request.kind, request.amount, request.requested_by, request.alone_up_to) == (
        ApprovalKind.APPROVE,
        AGENT_ALONE + 1,
        agent,
        AGENT_ALONE,
    )
    assert committed(order) == AGENT_ALONE + 1 and not Refund.objects.exists()
    assert audit() == []
    # Nobody else can have the money that is held (SPEC O2).
    other = make_ticket(order, 10_000 - AGENT_ALONE)
    before = snapshot(order, other)
    with pytest.raises(OverRefundable):
        approve(other, make_user(shop, Role.OWNER), clock)
    assert snapshot(order, other) == before


def test_a_second_person_confirms_and_both_are_kept(shop, agent, manager, clock):
    order = make_order(shop)
    ticket = make_ticket(order, 8_000)
    approve(ticket, agent, clock)
    request = waiting(ticket)
    seen = seen_now(Ticket.objects.get(pk=ticket.pk), Order.objects.get(pk=order.pk))
    assert confirm(ticket, manager, clock, seen=seen).status == TicketStatus.REFUNDING
    assert not is_asked(ticket)
    refund = Refund.objects.get(ticket=ticket)
    assert (refund.amount, refund.requested_by, refund.status) == (
        8_000,
        agent,
        RefundStatus.REQUESTED,
    )
    request.refresh_from_db()
    assert (request.state, request.settled_by, request.settled_at, request.arguments) == (
        ApprovalState.CONFIRMED,
        manager,
        clock.now,
        {},
    )
    assert committed(order) == 8_000 and audit() == []
    assert last_notes(ticket, 3) == [
        ("agent", "Asks a second person: Approve, ¥80.00. Alone: up to ¥50.00 an order."),
        ("manager", "Confirmed what agent asked for: Approve, ¥80.00"),
        ("agent", "refunding"),
    ]


def test_declined_it_is_free_again_and_with_people(shop, agent, manager, clock):
    order = make_order(shop)
    ticket = make_ticket(order, 8_000)
    approve(ticket, agent, clock)
    with pytest.raises(Refused) as refused:
        decline(ticket, manager, clock, note=" ")
    assert refused.value.pointer == "note" and is_asked(ticket)
    decline(ticket, manager, clock, note="the parcel is on its way")
    assert not is_asked(ticket) and not ticket.awaiting_evaluation
    assert (ticket.status, committed(order)) == (TicketStatus.PENDING_REVIEW, 0)
    assert last_notes(ticket, 1) == [
        (
            "manager",
            "Declined what agent asked for: Approve, ¥80.00. the parcel is on its way",
        )
    ]
    assert audit() == []
    # And may be asked for again.
    approve(ticket, agent, clock)
    assert is_asked(ticket)


def test_nobody_confirms_their_own_but_withdraws_it(shop, agent, clock):
    order = make_order(shop)
    ticket = make_ticket(order, 8_000)
    approve(ticket, agent, clock)
    ApprovalLimit.objects.all().delete()  # not even once the limit is gone
    before = snapshot(order, ticket, waiting(ticket))
    with pytest.raises(NotAllowed):
        confirm(ticket, agent, clock)
    assert snapshot(order, ticket, waiting(ticket)) == before
    decline(ticket, agent, clock, note="")
    assert not is_asked(ticket) and committed(order) == 0
    assert ApprovalRequest.objects.get().state == ApprovalState.WITHDRAWN


@pytest.mark.parametrize(
    ("role", "amount", "error"),
    [
        (Role.OWNER, 60_000, None),
        (Role.ADMIN, 60_000, None),
        (Role.CS_MANAGER, 50_000, None),
        (Role.CS_MANAGER, 50_001, NotAllowed),
        (Role.CS_AGENT, 5_001, NotAllowed),
        (Role.VIEWER, 5_001, NotAllowed),
        (None, 5_001, NotFound),
    ],
)
def test_who_may_confirm(shop, agent, clock, role, amount, error):
    """Somebody else who may approve that much alone (SPEC G4, P1)."""
    other = make_user(shop if role else make_shop(), role or Role.OWNER)
    order = make_order(shop, 100_000)
    ticket = make_ticket(order, amount)
    approve(ticket, agent, clock)
    if error is None:
        assert confirm(ticket, other, clock).status == TicketStatus.REFUNDING
        return
    before = snapshot(order, ticket, waiting(ticket))
    with pytest.raises(error):
        confirm(ticket, other, clock)
    assert snapshot(order, ticket, waiting(ticket)) == before


@pytest.mark.parametrize("role", [Role.VIEWER, None])
def test_who_may_not_even_decline(shop, agent, clock, role):
    other = make_user(shop if role else make_shop(), role or Role.OWNER)
    ticket = make_ticket(make_order(shop), 8_000)
    approve(ticket, agent, clock)
    before = snapshot(ticket, waiting(ticket))
    with pytest.raises(NotAllowed if role else NotFound):
        decline(ticket, other, clock)
    assert snapshot(ticket, waiting(ticket)) == before


def test_what_no_role_approves_alone_the_highest_confirm_for_each_other(shop, clock):
    for role in (Role.OWNER, Role.ADMIN):
        ApprovalLimit.objects.create(shop=shop, role=role, amount=MANAGER_ALONE)
    owner, admin = make_user(shop, Role.OWNER), make_user(shop, Role.ADMIN)
    ticket = make_ticket(make_order(shop, 100_000), 60_000)
    approve(ticket, owner, clock)
    with pytest.raises(NotAllowed):
        confirm(ticket, make_user(shop, Role.CS_AGENT), clock)
    assert confirm(ticket, admin, clock).status == TicketStatus.REFUNDING


def test_amounts_of_one_person_on_one_order_add_up(shop, agent, clock):
    """Splitting in small ones does not pass; another order begins anew."""
    order = make_order(shop)
    first, second = make_ticket(order, 3_000), make_ticket(order, 2_001)
    assert approve(first, agent, clock).status == TicketStatus.REFUNDING
    approve(second, agent, clock)
    assert is_asked(second) and waiting(second).together == 5_001
    other = make_ticket(make_order(shop), 3_000)
    assert approve(other, agent, clock).status == TicketStatus.REFUNDING
    # Another agent's own amounts are theirs.
    third = make_ticket(order, 2_500)
    colleague = make_user(shop)
    assert approve(third, colleague, clock).status == TicketStatus.REFUNDING
    assert audit() == []


def test_what_a_person_confirms_counts_as_theirs(shop, agent, clock):
    order = make_order(shop, 20_000)
    mine, theirs = make_ticket(order, 3_000), make_ticket(order, 2_000)
    colleague = make_user(shop)
    assert approve(mine, colleague, clock).status == TicketStatus.REFUNDING
    approve(make_ticket(order, 4_000), agent, clock)
    approve(theirs, agent, clock)
    assert confirm(theirs, colleague, clock).status == TicketStatus.REFUNDING
    last = make_ticket(order, 1_001)
    approve(last, agent, clock)
    before = snapshot(order, last)
    with pytest.raises(NotAllowed):
        confirm(last, colleague, clock)
    assert snapshot(order, last) == before
