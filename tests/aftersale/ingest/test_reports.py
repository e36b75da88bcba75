"""SPEC O4, O7: what the platform reports on tickets, and what it cannot change."""

from datetime import timedelta
from typing import Any

import pytest

from aftersale.models import Refund, Shop, Ticket
from aftersale.services.orders import refundable
from aftersale.services.refunds import unsent_refunds
from aftersale.services.shared import locks
from aftersale.services.shared.outcomes import CHANGED, NEW, OLDER
from aftersale.services.tickets import lifecycle
from tests.aftersale.ingest.record_factories import NOON, at, order, save_order, save_ticket, ticket
from tests.factories import make_user

from .conftest import the_order, the_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _there(shop: Shop) -> None:
    save_order(order())
    save_ticket(ticket(type="return_refund"))


def decided(status: str = "refunding", *, refund: bool = True) -> Ticket:
    """The ticket approved an hour after noon, with a refund that was not sent yet."""
    row, its_order = locks.lock_ticket(the_ticket().pk), locks.lock_order(the_order().pk)
    refundable.commit(its_order, row, row.amount)
    lifecycle.move(row, status, actor="automation", now=NOON + timedelta(hours=1))
    Ticket.objects.update(scenarios_hit=1)
    if refund:
        Refund.objects.create(
            shop=row.shop, order=its_order, ticket=row, amount=row.amount, source="strategy",
            requested_at=NOON + timedelta(hours=1), next_step_at=NOON + timedelta(hours=1),
        )  # fmt: skip
    return row


def report(hours: float, **fields: Any) -> None:
    record = ticket(updated_at=at(hours), **{"type": "return_refund"} | fields)
    assert save_ticket(record, hour=hours) == [CHANGED]


def steps() -> list[tuple[str, str, str]]:
    events = the_ticket().events.filter(kind="status")
    return list(events.values_list("from_status", "to_status", "actor"))


def test_usual_step_of_the_platform_is_taken() -> None:
    report(2, status="arbitration")
    assert (the_ticket().status, the_ticket().flags, the_ticket().awaiting_evaluation) == (
        "arbitration",
        [],
        False,
    )
    assert steps() == [("pending_review", "arbitration", "platform")]


def test_return_of_the_goods_is_taken_with_its_shipment_and_deadline() -> None:
    decided("awaiting_return", refund=False)
    shipment = {"carrier": "SF", "tracking_no": "123", "shipped_at": at(2)}
    report(3, status="returning", return_shipment=shipment)
    stored = the_ticket()
    assert (stored.status, stored.return_carrier, stored.return_tracking_no) == (
        "returning",
        "SF",
        "123",
    )
    assert stored.due_at == NOON + timedelta(hours=3, days=7)
    assert (stored.committed, the_order().committed, stored.flags) == (5_990, 5_990, [])


def test_deadline_belongs_to_the_status_it_came_with() -> None:
    """SPEC O5: the platform still has the ticket at an earlier step."""
    decided("awaiting_return", refund=False)
    due = the_ticket().due_at
    assert due is not None
    report(3, status="pending_review", due_at=at(4))
    assert (the_ticket().status, the_ticket().due_at) == ("awaiting_return", due)


@pytest.mark.parametrize("status", ["pending_review", "negotiating", "rejected"])
def test_platform_that_lags_behind_never_moves_a_ticket_back(status: str) -> None:
    decided()
    report(2, status=status)
    assert (the_ticket().status, the_ticket().flags) == ("refunding", [])
    assert the_order().committed == 5_990


def test_report_from_before_our_last_step_moves_nothing() -> None:
    decided("awaiting_return", refund=False)
    report(0.5, status="returning")
    assert the_ticket().status == "awaiting_return"
    report(2, status="returning")
    assert the_ticket().status == "returning"


def test_step_that_the_table_lacks_is_taken_as_fact_flagged_and_takes_the_money() -> None:
    report(2, status="refunding")
    stored = the_ticket()
    assert (stored.status, stored.flags, stored.awaiting_evaluation) == (
        "refunding",
        ["platform_step"],
        False,
    )
    assert (stored.committed, the_order().committed) == (5_990, 5_990)
    assert not Refund.objects.exists()


def test_arbitration_during_a_refund_is_flagged_and_moves_nothing() -> None:
    decided()
    report(2, status="arbitration")
    assert (the_ticket().status, the_ticket().flags) == ("refunding", ["platform_step"])


def test_rejection_on_the_platform_frees_what_was_approved() -> None:
    decided("awaiting_return", refund=False)
    report(2, status="rejected")
    assert (the_ticket().status, the_ticket().flags) == ("rejected", ["platform_step"])
    assert (the_ticket().committed, the_order().committed) == (0, 0)


@pytest.mark.parametrize("hours", [0.5, 2])
def test_cancelled_ticket_is_not_refunded_even_if_it_was_cancelled_before_we_decided(
    hours: float,
) -> None:
    decided()
    report(hours, status="cancelled")
    assert the_ticket().status == "cancelled"
    assert Refund.objects.get().status == "taken_back"
    assert (the_ticket().committed, the_order().committed) == (0, 0)


@pytest.mark.parametrize("hours", [0.5, 2])
def test_refund_of_the_platform_is_recorded_and_ours_never_sent(hours: float) -> None:
    decided()
    report(hours, refund_result={"status": "succeeded", "at": at(0.4), "reason": "timeout"})
    refund = Refund.objects.get()
    assert (the_ticket().status, refund.status, refund.next_step_at) == (
        "refunded",
        "succeeded",
        None,
    )
    assert refund.settled_at == NOON + timedelta(hours=0.4)
    assert the_order().committed == 5_990


def test_refund_of_the_platform_on_a_ticket_nobody_decided() -> None:
    report(2, status="refunded")
    refund = Refund.objects.get()
    assert (the_ticket().status, refund.source, refund.status) == (
        "refunded",
        "platform",
        "succeeded",
    )
    assert (the_ticket().committed, the_order().committed) == (5_990, 5_990)
    report(3, status="refunded", note="again")
    assert (Refund.objects.count(), the_order().committed) == (1, 5_990)


def test_refund_beyond_what_was_paid_is_stored_flagged_and_blocks() -> None:
    """SPEC O2."""
    decided()
    save_ticket(ticket(ticket_no="T2", amount="60.00"))
    save_ticket(ticket(ticket_no="T2", amount="60.00", updated_at=at(2), status="refunded"), hour=2)
    assert (the_order().committed, the_order().over_refunded) == (11_990, True)
    assert "over_refunded" in Ticket.objects.get(ticket_no="T2").flags
    assert the_order().refundable_amount == 0


def test_failed_refund_of_the_platform_frees_the_money() -> None:
    report(2, status="refunding")
    Refund.objects.create(
        shop=the_ticket().shop, order=the_order(), ticket=the_ticket(), amount=5_990,
        source="person", requested_at=NOON,
    )  # fmt: skip
    report(3, refund_result={"status": "failed", "at": at(3), "reason": "card closed"})
    assert (the_ticket().status, Refund.objects.get().failure) == ("refund_failed", "card closed")
    assert the_order().committed == 0


@pytest.mark.parametrize("status", ["pending_review", "returning", "closed"])
def test_nothing_moves_a_final_ticket(status: str) -> None:
    report(2, status="cancelled")
    report(3, status=status)
    assert (the_ticket().status, the_ticket().flags) == ("cancelled", ["platform_step"])
    assert steps() == [("pending_review", "cancelled", "platform")]


def test_money_that_left_after_a_ticket_was_closed_is_recorded() -> None:
    report(2, status="closed")
    report(3, status="refunded")
    assert Refund.objects.get().status == "succeeded"
    assert the_order().committed == 5_990


def test_decided_ticket_keeps_type_and_amount_and_is_flagged() -> None:
    """SPEC O7."""
    decided()
    report(2, type="refund_only", amount="12.00")
    stored = the_ticket()
    assert (stored.type, stored.requested_type, stored.amount) == (
        "return_refund",
        "return_refund",
        5_990,
    )
    assert (stored.status, stored.flags) == ("refunding", ["differs"])
    note = stored.events.get(kind="note").note
    assert "Refund only" in note
    assert "12.00" in note
    assert save_ticket(ticket(updated_at=at(1.5), amount="1.00")) == [OLDER]


@pytest.mark.parametrize("back_first", [True, False])
def test_one_taken_back_that_differs_is_for_people(shop: Shop, back_first: bool) -> None:
    """SPEC O7: the automation would decide on an amount that the buyer no longer asks for."""
    row = decided()

    def take_back() -> None:
        user = make_user(shop)
        unsent_refunds.take_back(refund_id=row.refund.pk, user=user, now=NOON + timedelta(hours=2))

    if back_first:
        take_back()
        assert the_ticket().awaiting_evaluation
    report(3, amount="12.00")
    if not back_first:
        take_back()
    stored = the_ticket()
    assert (stored.status, stored.flags) == ("pending_review", ["differs"])
    assert (stored.awaiting_evaluation, stored.amount) == (True, 5_990)


def test_waived_return_is_no_difference() -> None:
    """SPEC S1: the ticket became refund_only, what was asked for is kept."""
    decided()
    Ticket.objects.update(type="refund_only")
    report(2)
    assert the_ticket().flags == []


def test_buyer_who_applies_again_is_looked_at_again(woken: list[set[int]], shop: Shop) -> None:
    lifecycle.move(locks.lock_ticket(the_ticket().pk), "rejected", actor="person", now=NOON)
    woken.clear()
    report(2, status="pending_review")
    assert (the_ticket().status, the_ticket().awaiting_evaluation) == ("pending_review", True)
    assert woken == [{shop.pk}]


def test_answer_to_a_negotiation_brings_its_new_amount() -> None:
    lifecycle.move(locks.lock_ticket(the_ticket().pk), "negotiating", actor="person", now=NOON)
    report(2, status="pending_review", amount="20.00")
    assert (the_ticket().status, the_ticket().amount, the_ticket().flags) == (
        "pending_review",
        2_000,
        [],
    )


def test_arbitration_result_is_kept_with_an_event() -> None:
    report(2, status="arbitration", arbitration_result="buyer")
    assert the_ticket().arbitration_result == "buyer"
    assert "Arbitration: For the buyer" in the_ticket().events.values_list("note", flat=True)


def test_tickets_that_arrive_settled_take_their_money_at_once() -> None:
    results = save_ticket(
        ticket(ticket_no="T2", amount="10.00", status="refunded"),
        ticket(ticket_no="T3", amount="5.00", status="awaiting_return", type="return_refund"),
        ticket(ticket_no="T4", amount="1.00", status="awaiting_return", type="exchange"),
        ticket(ticket_no="T5", amount="2.00", status="cancelled"),
    )
    assert results == [NEW] * 4
    rows = Ticket.objects.exclude(ticket_no="T1").order_by("ticket_no")
    assert list(rows.values_list("status", "committed", "flags", "awaiting_evaluation")) == [
        ("refunded", 1_000, [], False),
        ("awaiting_return", 500, [], False),
        ("awaiting_return", 0, [], False),
        ("cancelled", 0, [], False),
    ]
    assert the_order().committed == 1_500
    assert Refund.objects.get().source == "platform"


def test_tickets_settled_before_their_order_came_take_their_money_when_it_does() -> None:
    save_ticket(ticket(ticket_no="T2", order_no="O2", amount="10.00"))
    save_ticket(
        ticket(ticket_no="T2", order_no="O2", amount="10.00", status="refunded", updated_at=at(1)),
        ticket(ticket_no="T3", order_no="O2", amount="3.00", status="refunding"),
        hour=1,
    )
    assert not Refund.objects.exists()
    save_order(order(order_no="O2"))
    assert Refund.objects.get().ticket.ticket_no == "T2"
    assert Ticket.objects.get(ticket_no="T2").committed == 1_000
    assert the_ticket().order == the_order()
    assert Ticket.objects.get(ticket_no="T3").order.committed == 1_300


def test_a_report_that_a_service_refuses_is_refused_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from aftersale.services.shared.errors import Refused

    def no(*_: Any) -> None:
        raise Refused("not now", pointer="status")

    monkeypatch.setattr(unsent_refunds, "drop_unsent", no)
    save_ticket(ticket(ticket_no="T2"))
    before = Ticket.objects.values().get(ticket_no="T1")
    results = save_ticket(
        ticket(type="return_refund", updated_at=at(2), status="cancelled"),
        ticket(ticket_no="T2", updated_at=at(2), status="arbitration"),
    )
    assert [str(error) for error in results[0].errors] == ["status: not now"]
    assert results[1] == CHANGED
    assert Ticket.objects.values().get(ticket_no="T1") == before
