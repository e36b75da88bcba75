"""Each step that moves money waits alike for a second person, and is taken anew when it is
confirmed (SPEC G4)."""

import pytest

from aftersale.models import (
    ApprovalKind,
    ApprovalState,
    ConnectorKind,
    Negotiation,
    Order,
    Refund,
    RefundSource,
    RefundStatus,
    Role,
    Ticket,
    TicketStatus,
    TicketType,
)
from aftersale.services.desk import batches, replies
from aftersale.services.refunds import (
    approvals,
    lost_payments,
    refund_results,
    second_person,
    unsent_refunds,
)
from aftersale.services.refunds.payment_claim import PaymentClaim
from aftersale.services.shared.errors import OtherPayment, WaitsForSecondPerson
from aftersale.services.shipping import warehouse
from aftersale.services.tickets.cases import seen_now
from tests.aftersale.pictures import picture
from tests.aftersale.refunds.conftest import (
    audit,
    decided,
    make_order,
    make_shop,
    make_ticket,
    make_user,
    snapshot,
)

from .asking import (
    AGENT_ALONE,
    approve,
    committed,
    confirm,
    decline,
    is_asked,
    last_notes,
    limited,
    waiting,
)

pytestmark = pytest.mark.django_db

MUCH = AGENT_ALONE + 3_000


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("order").get(pk=ticket.pk)


def test_an_approved_return_sets_its_money_aside_once_confirmed(shop, agent, manager, clock):
    order = make_order(shop)
    ticket = make_ticket(order, MUCH, type=TicketType.RETURN_REFUND)
    approve(ticket, agent, clock, amount=MUCH - 1)
    assert waiting(ticket).amount == committed(order) == MUCH - 1
    assert confirm(ticket, manager, clock).status == TicketStatus.AWAITING_RETURN
    assert committed(order) == MUCH - 1 and audit() == []
    # The goods come back: a fact that money was set aside for (SPEC S1).
    Ticket.objects.filter(pk=ticket.pk).update(status=TicketStatus.RETURNING)
    done = approvals.confirm_return(ticket_id=ticket.pk, user=agent, now=clock.now)
    assert done.status == TicketStatus.REFUNDING and audit() == []


@pytest.mark.parametrize("status", ["awaiting_return", "returning"])
def test_confirming_a_return_asks_where_it_approves_anew(shop, agent, manager, clock, status):
    """Without the goods, or of money that nobody had set aside."""
    order = make_order(shop)
    ticket = make_ticket(order, MUCH, type=TicketType.RETURN_REFUND, status=status)
    if status == "awaiting_return":
        Ticket.objects.filter(pk=ticket.pk).update(committed=MUCH)
        Order.objects.filter(pk=order.pk).update(committed=MUCH)
    before = committed(order)
    approvals.confirm_return(ticket_id=ticket.pk, user=agent, now=clock.now)
    assert is_asked(ticket) and waiting(ticket).kind == ApprovalKind.CONFIRM_RETURN
    assert committed(order) == MUCH
    decline(ticket, manager, clock)
    assert committed(order) == before
    approvals.confirm_return(ticket_id=ticket.pk, user=agent, now=clock.now)
    assert confirm(ticket, manager, clock).status == TicketStatus.REFUNDING
    assert (Refund.objects.get(ticket=ticket).amount, committed(order)) == (MUCH, MUCH)
    assert audit() == []


def test_goods_that_the_warehouse_received_ask_nobody(shop, agent, clock):
    order = make_order(shop)
    ticket = make_ticket(order, 4_000, type=TicketType.RETURN_REFUND)
    approve(ticket, agent, clock)
    assert warehouse.goods_received(ticket_id=ticket.pk, user=agent, now=clock.now) == "updated"
    assert fresh(ticket).status == TicketStatus.REFUNDING


def test_goods_of_a_return_that_nobody_here_approved(shop, agent, manager, clock):
    """The platform let the buyer send them back: their refund takes money anew."""
    ticket = make_ticket(make_order(shop), MUCH, type=TicketType.RETURN_REFUND, status="returning")
    assert warehouse.goods_received(ticket_id=ticket.pk, user=agent, now=clock.now) == "updated"
    assert is_asked(ticket) and ticket.goods_received_at == clock.now
    assert last_notes(ticket, 1) == [("agent", "Goods received in the warehouse.")]
    assert confirm(ticket, manager, clock).status == TicketStatus.REFUNDING


def test_goods_received_meanwhile_are_noted(shop, agent, manager, clock):
    """A fact is never lost to a request that waits."""
    order = make_order(shop)
    ticket = make_ticket(order, MUCH, type=TicketType.RETURN_REFUND, status="awaiting_return")
    approvals.confirm_return(ticket_id=ticket.pk, user=agent, now=clock.now)
    assert warehouse.goods_received(ticket_id=ticket.pk, user=agent, now=clock.now) == "updated"
    assert is_asked(ticket) and ticket.goods_received_at == clock.now
    assert confirm(ticket, manager, clock).status == TicketStatus.REFUNDING


def test_a_failed_refund_is_tried_again_once_confirmed(shop, agent, manager, clock):
    order = make_order(shop)
    ticket = make_ticket(order, MUCH, status=TicketStatus.REFUND_FAILED)
    refund = Refund.objects.create(
        shop=shop,
        order=order,
        ticket=ticket,
        amount=MUCH,
        source=RefundSource.STRATEGY,
        status=RefundStatus.FAILED,
        requested_at=clock.now,
        settled_at=clock.now,
    )
    approvals.retry(ticket_id=ticket.pk, user=agent, now=clock.now)
    assert is_asked(ticket) and committed(order) == MUCH and audit() == []
    refund.refresh_from_db()
    assert refund.status == RefundStatus.FAILED
    assert confirm(ticket, manager, clock).status == TicketStatus.REFUNDING
    refund.refresh_from_db()
    assert (refund.status, refund.amount) == (RefundStatus.REQUESTED, MUCH)
    assert audit() == []


def test_an_offer_of_money_is_sent_once_confirmed(shop, agent, manager, clock):
    """An offer is money that the buyer may accept; its words and pictures wait with it."""
    order = make_order(shop)
    ticket = make_ticket(order, 9_000)
    offer = {"amount": MUCH, "message": "take less", "evidence": [picture()]}
    begun = replies.negotiate(ticket_id=ticket.pk, user=agent, now=clock.now, **offer)
    assert begun is None and is_asked(ticket) and not Negotiation.objects.exists()
    assert (ticket.status, committed(order)) == (TicketStatus.PENDING_REVIEW, MUCH)
    assert waiting(ticket).arguments["message"] == "take less" and audit() == []
    assert confirm(ticket, manager, clock).status == TicketStatus.NEGOTIATING
    sent = Negotiation.objects.get(ticket=ticket)
    assert (sent.amount, sent.message, sent.user) == (MUCH, "take less", agent)
    assert sent.evidence_files.count() == 1
    # An offer holds nothing until the buyer accepts it (SPEC O4).
    assert committed(order) == 0 and audit() == []
    # But it counts as what the agent gives on this order.
    other = make_ticket(order, 1_000)
    approve(other, agent, clock)
    assert is_asked(other) and waiting(other).together == MUCH + 1_000


def test_a_mere_message_asks_nobody(shop, agent, clock):
    ticket = make_ticket(make_order(shop), MUCH)
    begun = replies.negotiate(ticket_id=ticket.pk, message="why?", user=agent, now=clock.now)
    assert begun is not None and not is_asked(ticket)


def test_recording_a_payment_made_by_hand_counts_as_approving(manager, clock):
    shop = limited(make_shop(connector=ConnectorKind.MANUAL, is_demo=False))
    agent, other = make_user(shop), make_user(shop, Role.CS_MANAGER)
    refund = decided(make_order(shop), MUCH, now=clock.now)
    ticket, order = refund.ticket, refund.order
    record = {"succeeded": True, "reason": "", "reference": "bank-1"}
    refund_results.record_result(refund_id=refund.pk, user=agent, now=clock.now, **record)
    assert is_asked(ticket) and waiting(ticket).kind == ApprovalKind.PAID
    assert (ticket.status, committed(order)) == (TicketStatus.REFUNDING, MUCH)
    assert audit() == []
    # Nobody gets past it meanwhile.
    before = snapshot(refund, ticket, order)
    for again in (
        lambda: refund_results.record_result(
            refund_id=refund.pk, user=other, now=clock.now, **record
        ),
        lambda: unsent_refunds.take_back(refund_id=refund.pk, user=other, now=clock.now),
    ):
        with pytest.raises(WaitsForSecondPerson):
            again()
    assert snapshot(refund, ticket, order) == before
    assert confirm(ticket, other, clock).status == TicketStatus.REFUNDED
    refund.refresh_from_db()
    assert (refund.status, refund.reference) == (RefundStatus.SUCCEEDED, "bank-1")
    assert committed(order) == MUCH and audit() == []


def test_that_it_failed_asks_nobody(clock):
    shop = limited(make_shop(connector=ConnectorKind.MANUAL, is_demo=False))
    refund = decided(make_order(shop), MUCH, now=clock.now)
    refund_results.record_result(
        refund_id=refund.pk,
        user=make_user(shop),
        now=clock.now,
        succeeded=False,
        reason="account closed",
    )
    assert fresh(refund.ticket).status == TicketStatus.REFUND_FAILED and audit() == []


def test_a_payment_that_a_backup_does_not_know_is_recorded_alike(clock):
    """SPEC G6: by hand, too."""
    shop = limited(make_shop(connector=ConnectorKind.MANUAL, is_demo=False))
    agent, owner = make_user(shop), make_user(shop, Role.OWNER)
    ticket = make_ticket(make_order(shop), MUCH, flags=["may_be_paid"])
    shop.lost_since, shop.lost_until = clock.now, clock.turn(hours=1)
    shop.save()
    lost_payments.was_paid(
        ticket_id=ticket.pk, amount=MUCH, user=agent, now=clock.now, reference="bank-2"
    )
    assert is_asked(ticket) and ticket.status == TicketStatus.PENDING_REVIEW and audit() == []
    assert confirm(ticket, owner, clock).status == TicketStatus.REFUNDED
    assert Refund.objects.get(ticket=ticket).reference == "bank-2" and audit() == []


def test_a_batch_waits_where_it_has_to(shop, agent, manager, clock):
    """SPEC P4: each ticket by itself; two of one order hold its money together."""
    order = make_order(shop)
    tickets = [make_ticket(order, 4_000), make_ticket(order, 4_000), make_ticket(make_order(shop))]
    chosen = {"step": "approve", "ticket_ids": [ticket.pk for ticket in tickets], "user": agent}
    preview = batches.preview(**chosen, now=clock.now)
    assert (len(preview.taken), preview.waiting) == (3, 2)
    results = batches.carry_out(**chosen, seen=preview.seen, now=clock.now)
    assert [str(result.outcome) for result in results] == ["done", "waits", "waits"]
    assert [is_asked(ticket) for ticket in tickets] == [False, True, True]
    assert committed(order) == 8_000 and audit() == []
    # Money that the first took of the order since is no change of facts: the amount is held.
    unsent_refunds.take_back(
        refund_id=Refund.objects.get(ticket=tickets[0]).pk, user=agent, now=clock.now
    )
    assert confirm(tickets[1], manager, clock).status == TicketStatus.REFUNDING


@pytest.mark.parametrize(
    "step",
    [
        lambda pk, **who: approvals.approve(ticket_id=pk, **who),
        lambda pk, **who: replies.reject(ticket_id=pk, reason="already_shipped", **who),
        lambda pk, **who: replies.negotiate(ticket_id=pk, message="?", **who),
    ],
)
def test_nobody_decides_it_past_whoever_asked(shop, agent, clock, step):
    ticket = make_ticket(make_order(shop), MUCH)
    approve(ticket, agent, clock)
    before = snapshot(ticket, ticket.order, waiting(ticket))
    with pytest.raises(WaitsForSecondPerson) as refused:
        step(ticket.pk, user=make_user(shop, Role.OWNER), now=clock.now)
    assert "agent asked for “Approve”, ¥80.00" in refused.value.message
    assert snapshot(ticket, ticket.order, waiting(ticket)) == before


def test_a_result_names_the_payment_that_was_recorded(clock):
    """SPEC G5: what is confirmed is the attempt and amount that were recorded, no later one."""
    shop = limited(make_shop(connector=ConnectorKind.MANUAL, is_demo=False))
    agent, owner = make_user(shop), make_user(shop, Role.OWNER)
    refund = decided(make_order(shop), MUCH, now=clock.now)
    refund_results.record_result(
        refund_id=refund.pk,
        succeeded=True,
        reason="",
        user=agent,
        now=clock.now,
        claim=PaymentClaim(attempt=1, amount=MUCH),
    )
    request = waiting(refund.ticket)
    request.arguments["attempt"] = 2
    request.save()
    before = snapshot(refund, refund.ticket, request)
    with pytest.raises(OtherPayment):
        confirm(refund.ticket, owner, clock)
    assert snapshot(refund, refund.ticket, request) == before


def test_a_confirmation_is_stale_where_the_case_has_changed_since_it_was_seen(
    shop, agent, manager, clock
):
    """SPEC O10: by the second person, too; their look does not end the request."""
    order = make_order(shop)
    ticket = make_ticket(order, MUCH)
    seen = seen_now(fresh(ticket), order)
    approve(ticket, agent, clock)
    with pytest.raises(second_person.Stale):
        confirm(ticket, manager, clock, seen=seen)
    assert is_asked(ticket) and waiting(ticket).state == ApprovalState.WAITING
