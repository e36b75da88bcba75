"""A line's `taken` follows what tickets on it take, through every way money goes (SPEC E2)."""

import importlib

import pytest
from django.db import IntegrityError, connection, transaction

from aftersale.models import Actor, Order, OrderLine, Shop, Ticket, TicketStatus
from aftersale.services.refunds import approvals, refund_results, unsent_refunds
from aftersale.services.tickets import lifecycle
from strategies.services.evaluator import Tally, decide_shop
from tests import factories
from tests.aftersale.ingest.record_factories import NOON, at, order, save_order, save_ticket, ticket

from .conftest import audit

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return factories.make_shop(code="s1", platform="kuaishou")


@pytest.fixture
def user(shop):
    return factories.make_user(shop)


def taken() -> dict[int, int]:
    return dict(OrderLine.objects.values_list("line_no", "taken"))


def key(number: str = "T1") -> int:
    return Ticket.objects.get(ticket_no=number).pk


def refund_key(number: str = "T1") -> int:
    return Ticket.objects.get(ticket_no=number).refund.pk


def test_an_approval_takes_of_its_line_and_a_failure_gives_it_back(shop, user):
    save_order(order())
    save_ticket(ticket(line_no=1, amount="30"))
    approvals.approve(ticket_id=key(), user=user, now=NOON)
    assert taken() == {1: 3_000, 2: 0}
    refund_results.record_result(
        refund_id=refund_key(), succeeded=False, reason="no", user=user, now=NOON
    )
    assert taken() == {1: 0, 2: 0}
    approvals.retry(ticket_id=key(), user=user, now=NOON)
    refund_results.record_result(
        refund_id=refund_key(), succeeded=True, reason="", user=user, now=NOON
    )
    assert taken() == {1: 3_000, 2: 0}
    assert audit() == []


def test_a_ticket_on_the_whole_order_takes_of_no_line(shop, user):
    save_order(order())
    save_ticket(ticket(amount="30"))
    approvals.approve(ticket_id=key(), user=user, now=NOON)
    assert taken() == {1: 0, 2: 0}
    assert Order.objects.get().committed == 3_000
    assert audit() == []


def test_a_refund_taken_back_gives_its_line_back(shop, user):
    save_order(order())
    save_ticket(ticket(line_no=2, amount="30"))
    approvals.approve(ticket_id=key(), user=user, now=NOON)
    unsent_refunds.take_back(refund_id=refund_key(), user=user, now=NOON)
    assert taken() == {1: 0, 2: 0}
    assert audit() == []


def test_the_automation_takes_of_the_lines_of_a_whole_batch(shop):
    factories.make_strategy(shop, enabled=True, single_amount_cap="200.00")
    save_order(order())
    save_ticket(
        ticket(ticket_no="T1", line_no=1, amount="20"),
        ticket(ticket_no="T2", line_no=1, amount="10"),
        ticket(ticket_no="T3", line_no=2, amount="5"),
        ticket(ticket_no="T4", amount="1"),
    )
    assert decide_shop(shop.pk, tally=Tally()) is False
    assert set(Ticket.objects.values_list("status", flat=True)) == {"refunding"}
    assert taken() == {1: 3_000, 2: 500}
    assert Order.objects.get().committed == 3_600
    assert audit() == []


def test_a_ticket_that_came_before_its_order_takes_of_its_line_when_it_arrives(shop):
    save_ticket(ticket(line_no=2, amount="30", status="refunded"))
    save_order(order())
    assert taken() == {1: 0, 2: 3_000}
    assert audit() == []


def test_a_refund_by_the_platform_takes_of_its_line(shop):
    save_order(order())
    save_ticket(ticket(line_no=1, amount="30"))
    save_ticket(ticket(line_no=1, amount="30", status="refunded", updated_at=at(1)))
    assert taken() == {1: 3_000, 2: 0}
    assert audit() == []


def test_an_undecided_ticket_that_moves_to_another_line_takes_of_that_one(shop, user):
    save_order(order())
    save_ticket(ticket(line_no=1, amount="30"))
    save_ticket(ticket(line_no=2, amount="30", updated_at=at(1)))
    approvals.approve(ticket_id=key(), user=user, now=NOON)
    assert taken() == {1: 0, 2: 3_000}
    assert audit() == []


def test_a_decided_ticket_stays_on_its_line_whatever_a_newer_version_names(shop, user):
    save_order(order())
    save_ticket(ticket(line_no=1, amount="30"))
    approvals.approve(ticket_id=key(), user=user, now=NOON)
    save_ticket(ticket(line_no=2, amount="30", updated_at=at(1)))
    assert taken() == {1: 3_000, 2: 0}
    assert audit() == []


def test_a_line_that_goes_and_comes_again_has_what_was_taken_of_it(shop, user):
    save_order(order())
    save_ticket(ticket(line_no=2, amount="30"))
    approvals.approve(ticket_id=key(), user=user, now=NOON)
    save_order(order(lines=order()["lines"][:1], updated_at=at(1)))
    assert taken() == {1: 0}
    assert audit() == []
    save_order(order(updated_at=at(2)))
    assert taken() == {1: 0, 2: 3_000}
    assert audit() == []


def test_money_freed_while_the_line_is_gone_is_not_on_it_when_it_comes_again(shop, user):
    save_order(order())
    save_ticket(ticket(line_no=2, amount="30"))
    approvals.approve(ticket_id=key(), user=user, now=NOON)
    save_order(order(lines=order()["lines"][:1], updated_at=at(1)))
    refund_results.record_result(
        refund_id=refund_key(), succeeded=False, reason="no", user=user, now=NOON
    )
    save_order(order(updated_at=at(2)))
    assert taken() == {1: 0, 2: 0}
    assert audit() == []


def test_the_database_refuses_a_line_below_zero(shop):
    save_order(order())
    with (
        pytest.raises(IntegrityError, match="order_line_taken_not_negative"),
        transaction.atomic(),
    ):
        OrderLine.objects.filter(line_no=1).update(taken=-1)


@pytest.mark.parametrize("wrong", [2_999, 0])
def test_the_audit_compares_a_line_with_its_tickets(shop, user, wrong):
    save_order(order())
    save_ticket(ticket(line_no=1, amount="30"))
    approvals.approve(ticket_id=key(), user=user, now=NOON)
    assert audit() == []
    OrderLine.objects.filter(line_no=1).update(taken=wrong)
    said = "line.taken is not the sum of its tickets' and requests'"
    assert audit() == [f"O1 1: {said} ({wrong}, tickets and requests: 3000)"]


# A person's no stays (SPEC E2).


def test_a_rejection_is_remembered_when_the_buyer_applies_again(shop):
    save_order(order())
    save_ticket(ticket())
    row = Ticket.objects.get()
    assert not row.rejected_before
    lifecycle.move(row, TicketStatus.REJECTED, actor=Actor.PERSON, now=NOON)
    lifecycle.move(row, TicketStatus.PENDING_REVIEW, actor=Actor.PLATFORM, now=NOON)
    row = Ticket.objects.get()
    assert (row.status, row.rejected_before, row.taken_back) == ("pending_review", True, False)


def test_a_rejection_in_the_platforms_back_office_is_remembered(shop):
    save_order(order())
    save_ticket(ticket(ticket_no="T1", status="rejected"), ticket(ticket_no="T2"))
    save_ticket(ticket(ticket_no="T2", status="rejected", updated_at=at(1)))
    save_ticket(ticket(ticket_no="T3"))
    assert dict(Ticket.objects.values_list("ticket_no", "rejected_before")) == {
        "T1": True,
        "T2": True,
        "T3": False,
    }


def test_a_refund_taken_back_is_remembered(shop, user):
    save_order(order())
    save_ticket(ticket(amount="30"))
    approvals.approve(ticket_id=key(), user=user, now=NOON)
    assert not Ticket.objects.get().taken_back
    unsent_refunds.take_back(refund_id=refund_key(), user=user, now=NOON)
    row = Ticket.objects.get()
    assert (row.status, row.taken_back, row.rejected_before) == ("pending_review", True, False)


def test_the_audit_finds_a_rejection_that_is_not_marked(shop):
    save_ticket(ticket(status="rejected"))
    assert audit() == []
    Ticket.objects.update(rejected_before=False)
    assert audit() == ["T1: a ticket that was rejected is not marked so (rejected_before)"]


def test_the_migration_fills_lines_and_marks_from_tickets_and_events(shop, user):
    save_order(order())
    save_ticket(
        ticket(ticket_no="T1", line_no=1, amount="30"),
        ticket(ticket_no="T2", line_no=2, amount="5"),
        ticket(ticket_no="T3", amount="1"),
        ticket(ticket_no="T4", amount="1", status="rejected"),
        ticket(ticket_no="T5", amount="1"),
    )
    for number in ("T1", "T2", "T3", "T5"):
        approvals.approve(ticket_id=key(number), user=user, now=NOON)
    unsent_refunds.take_back(refund_id=refund_key("T5"), user=user, now=NOON)
    save_ticket(ticket(ticket_no="T4", amount="1", status="pending_review", updated_at=at(1)))
    before = list(Ticket.objects.order_by("pk").values("rejected_before", "taken_back"))
    lines = taken()
    assert lines == {1: 3_000, 2: 500}
    assert before[3] == {"rejected_before": True, "taken_back": False}
    assert before[4] == {"rejected_before": False, "taken_back": True}
    OrderLine.objects.update(taken=0)
    Ticket.objects.update(rejected_before=False, taken_back=False)
    migration = importlib.import_module("aftersale.migrations.0019_line_money")
    with connection.cursor() as cursor:
        cursor.execute(migration.FILL)
    assert taken() == lines
    assert list(Ticket.objects.order_by("pk").values("rejected_before", "taken_back")) == before
