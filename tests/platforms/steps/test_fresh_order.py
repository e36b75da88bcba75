"""Before a payment the whole order is read anew: more refunded there than was known at the approval
stops it, for people (SPEC O2)."""

from datetime import timedelta

import pytest

from aftersale.domain.money import plain_yuan
from aftersale.models import Order, Refund, Ticket
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import NotAuthorised, Throttled, Unreadable
from aftersale.records.schemas import OrderRecord
from aftersale.services.ingest import save_tickets
from aftersale.services.refunds import approvals
from aftersale.services.shops import shops
from strategies.services.evaluator import Tally, decide_shop
from tests import factories
from tests.aftersale.refunds.conftest import make_ticket

pytestmark = pytest.mark.django_db


def sibling(case, there, amount: int = 3_000, **values) -> Ticket:
    """Another ticket of the case's order, at the desk and at the platform."""
    now = case.clock.now
    ticket = make_ticket(case.order, amount, applied_at=now, updated_at=now, **values)
    there.add(ticket)
    return ticket


def order_record(case, refunded: int, **values) -> OrderRecord:
    """The order with the platform's own figure."""
    order = Order.objects.get(pk=case.order.pk)
    return OrderRecord(
        **{
            "shop": case.shop.code,
            "order_no": order.order_no,
            "status": order.status,
            "buyer": order.buyer,
            "updated_at": (order.updated_at + timedelta(seconds=1)).isoformat(),
            "paid_amount": plain_yuan(order.paid_amount),
            "refunded_amount": plain_yuan(refunded),
            "lines": [{"line_no": 1, "product": "p1", "quantity": 1, "paid_amount": "100"}],
        }
        | values
    )


def test_a_sibling_paid_in_the_back_office_meanwhile_stops_the_payment(case, there):
    other = sibling(case, there)
    case.approve()
    there.refunds(other.ticket_no)
    case.go()
    assert there.names() == []
    assert case.states() == ("refund_failed", "failed", ["failed"], 3_000)
    assert there.paid == [(other.ticket_no, 3_000)]
    assert case.ticket.refund.failure == (
        f"The platform shows more refunds of order {case.order.order_no} than were known when "
        "this one was approved (¥30.00 more): nothing was sent."
    )
    # The other one's refund is known by now, as the platform's.
    refund = Refund.objects.get(ticket=other)
    assert (refund.status, refund.source, refund.amount) == ("succeeded", "platform", 3_000)


def test_a_person_who_has_seen_it_may_pay_all_the_same(case, there):
    other = sibling(case, there)
    case.approve()
    there.refunds(other.ticket_no)
    case.go()
    approvals.retry(ticket_id=case.ticket.pk, user=case.user, now=case.clock.now)
    case.go()
    case.go(seconds=10)
    assert case.states()[:2] == ("refunded", "succeeded")
    assert sorted(amount for _number, amount in there.paid) == [3_000, 6_000]


def test_a_sibling_whose_money_is_on_its_way_there_stops_it_too(case, there):
    other = sibling(case, there)
    case.approve()
    there.change(other.ticket_no, status="refunding")
    case.go()
    assert there.names() == []
    assert case.states() == ("refund_failed", "failed", ["failed"], 3_000)


def test_what_was_known_at_the_approval_stops_nothing(case, there):
    other = sibling(case, there)
    there.refunds(other.ticket_no)
    # Read by the regular round, before anybody decides.
    save_tickets(
        [there.tickets[other.ticket_no]], shops=shops.known([case.shop.code]), now=case.clock.now
    )
    case.approve()
    assert Refund.objects.get(ticket=case.ticket).refunded_elsewhere == 3_000
    case.go()
    assert there.names() == ["approve"]
    assert case.states()[:2] == ("refunding", "sending")


def test_read_by_the_regular_round_after_the_approval_it_stops_the_payment(case, there):
    """The approval did not know of it, whoever read it first."""
    other = sibling(case, there)
    case.approve()
    there.refunds(other.ticket_no)
    save_tickets(
        [there.tickets[other.ticket_no]], shops=shops.known([case.shop.code]), now=case.clock.now
    )
    case.go()
    assert (there.names(), case.states()[:2]) == ([], ("refund_failed", "failed"))


def test_our_own_refund_of_a_sibling_stops_nothing(case, there):
    other = sibling(case, there)
    case.approve()
    approvals.approve(ticket_id=other.pk, user=case.user, now=case.clock.now)
    case.go()
    case.go(seconds=10)
    assert sorted(there.paid) == sorted([(case.number, 6_000), (other.ticket_no, 3_000)])
    assert set(Refund.objects.values_list("status", flat=True)) == {"succeeded"}


@pytest.mark.parametrize("newer", [1, 0])
def test_an_order_s_own_figure_beyond_ours_stops_the_payment(case, there, newer):
    """Refunded outside any ticket. A larger figure counts in a version of the same second, too."""
    Order.objects.filter(pk=case.order.pk).update(refunded_reported=0)
    case.approve()
    at = (case.order.updated_at + timedelta(seconds=newer)).isoformat()
    there.orders[case.order.order_no] = order_record(case, 1_000, updated_at=at)
    case.go()
    assert (there.names(), case.states()) == ([], ("refund_failed", "failed", ["failed"], 0))
    assert Order.objects.get(pk=case.order.pk).refunded_amount == 1_000


def test_an_order_s_figure_that_has_our_own_refund_in_it_stops_nothing(case, there):
    other = sibling(case, there)
    Order.objects.filter(pk=case.order.pk).update(refunded_reported=0)
    approvals.approve(ticket_id=other.pk, user=case.user, now=case.clock.now)
    case.go()
    there.orders[case.order.order_no] = order_record(case, 3_000)
    case.approve()
    case.go()
    assert there.names() == ["approve", "approve"]
    assert Order.objects.get(pk=case.order.pk).refunded_amount == 0


def test_more_than_was_paid_is_flagged_and_stops_the_payment(case, there):
    """SPEC O2: a figure that exceeds the order's money is stored, flagged, and blocks."""
    case.approve()
    there.orders[case.order.order_no] = order_record(case, 9_000)
    case.go()
    assert there.names() == []
    assert case.states()[:2] == ("refund_failed", "failed")


@pytest.mark.parametrize(
    ("answer", "for_people"),
    [
        (TimedOut(), False),
        (Throttled("slow down", 30.0), False),
        (NotAuthorised("no access"), True),
        (RuntimeError("garbled"), True),
    ],
)
def test_without_an_answer_nothing_is_sent_and_it_stays_due(case, there, answer, for_people):
    there.before = {"order_now": [answer]}
    case.approve()
    case.go()
    assert there.names() == []
    assert case.states() == ("refunding", "requested", [], 6_000)
    assert case.ticket.refund.needs_people is for_people
    case.go(minutes=6)
    assert there.names() == ["approve"]


def test_a_ticket_of_the_order_that_cannot_be_read_is_for_people(case, there):
    there.unreadable = [Unreadable("AS-odd", "a status that is not known")]
    case.approve()
    case.go()
    assert there.names() == []
    assert case.states()[:2] == ("refunding", "requested")
    assert case.ticket.refund.needs_people
    assert "AS-odd" in case.ticket.refund.failure
    there.unreadable = []
    case.go(minutes=6)
    assert there.names() == ["approve"]


def test_the_automation_keeps_what_it_knew(make_case, there):
    case = make_case(order_status="pending_shipment", awaiting_evaluation=True)
    factories.make_strategy(case.shop, single_amount_cap="100.00")
    other = sibling(case, there)
    Ticket.objects.filter(pk=other.pk).update(awaiting_evaluation=False)
    decide_shop(case.shop.pk, tally=Tally())
    assert Refund.objects.get(ticket=case.ticket).refunded_elsewhere == 0
    there.refunds(other.ticket_no)
    case.go(minutes=1)
    assert there.names() == []
    assert case.states()[:2] == ("refund_failed", "failed")
