"""`audit_money` finds what does not add up, and nothing else (SPEC promise 1, O2)."""

from io import StringIO

import pytest
from django.core.management import call_command

from aftersale.models import AttemptState, Order, Refund, RefundStatus, Ticket, TicketStatus
from tests.queries import counted_queries

from .conftest import audit, decided, make_order, make_shop, make_ticket, pay_until_done

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund(platform, clock) -> Refund:
    """Paid; and beside it one that waits, and a ticket without any."""
    order = make_order(make_shop())
    paid = decided(order, 3_000, now=clock.now)
    pay_until_done(clock)
    decided(order, 2_000, now=clock.now)
    make_ticket(order, 1_000)
    return paid


def test_nothing_is_found_where_all_adds_up(refund):
    out = StringIO()
    call_command("audit_money", stdout=out)
    assert out.getvalue() == "0 differences\n"


@pytest.mark.parametrize("status", ["awaiting_return", "returning", "arbitration", "refunding"])
def test_money_taken_before_there_is_a_refund_is_no_difference(status):
    order = make_order(make_shop(), committed=1_000)
    make_ticket(order, 1_000, status=status, committed=1_000, type="return_refund")
    assert audit() == []


def test_what_the_platform_refunded_before_the_order_came_is_no_difference():
    ticket = make_ticket(make_order(make_shop()), 1_000, status="refunded")
    assert any("do not fit together" in difference for difference in audit())
    Ticket.objects.filter(pk=ticket.pk).update(order=None)
    assert audit() == []


@pytest.mark.parametrize(
    ("model", "changes", "found"),
    [
        (Order, {"committed": 4_999}, "not the sum of its tickets"),
        (Order, {"over_refunded": True}, "over_refunded does not say"),
        (Ticket, {"committed": 2_999}, "not what its refund takes"),
        (Ticket, {"order": None}, "without an order has taken money"),
        (Ticket, {"status": TicketStatus.REFUNDING}, "do not fit together"),
        (Refund, {"amount": 2_999}, "not what its refund takes"),
        (Refund, {"status": RefundStatus.FAILED}, "although nothing is under way"),
        (Refund, {"status": RefundStatus.UNKNOWN}, "attempts do not fit"),
        (Refund, {"ever_sent": False}, "attempts do not fit"),
        ("attempt", {"state": AttemptState.FAILED}, "attempts do not fit"),
        ("attempt", {"state": AttemptState.PAID_LATE}, "not what its refund takes"),
        ("attempt", {"amount": 1}, "attempts do not fit"),
    ],
)
def test_each_difference_is_found(refund, model, changes, found):
    refund.refresh_from_db()
    rows = {
        Order: Order.objects.filter(pk=refund.order_id),
        Ticket: Ticket.objects.filter(pk=refund.ticket_id),
        Refund: Refund.objects.filter(pk=refund.pk),
        "attempt": refund.attempts.all(),
    }[model]
    assert audit() == []
    assert rows.update(**changes) == 1
    assert any(found in difference for difference in audit())
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit_money", stdout=out)
    assert ended.value.code == 1
    assert found in out.getvalue()


def test_it_asks_the_same_number_of_questions_however_many_rows_there_are(refund):
    with counted_queries() as asked:
        assert audit() == []
    assert len(asked) == 20
