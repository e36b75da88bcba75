"""The contract of all platforms, each against its own fake over real HTTP: facts and steps."""

from datetime import timedelta

import pytest

from aftersale.platforms.payments import Failed, NeverSeen, Paid, Pending
from aftersale.platforms.protocol import (
    Accepted,
    Declined,
    OrderNow,
    Picture,
    Platform,
    SeenTicket,
    Step,
    Why,
)
from aftersale.records.schemas import OrderRecord

from .contract import OVER, fake, filed, platform, pulled, seen, step
from .fakes import Fake, Fault

__all__ = ["fake", "platform"]

# Some platforms want one with an offer.
CHAT = Picture("chat.png", "image/png", b"\x89PNG\r\n\x1a\n")


# Reading.


def test_the_button_that_tests_the_access_gives_the_shops_name(platform: Platform) -> None:
    assert platform.test()


def test_a_ticket_comes_with_what_a_decision_needs(fake: Fake, platform: Platform) -> None:
    order_no = fake.places(12_345)
    ticket_no = fake.buyer_applies(order_no, "refund_only", 2_345)

    record = seen(platform, ticket_no).record

    assert (record.ticket_no, record.order_no, record.type) == (ticket_no, order_no, "refund_only")
    assert (record.status, record.amount) == ("pending_review", 2_345)
    assert record.reason
    assert record.applied_at <= record.updated_at <= fake.now()
    assert record.due_at is not None
    assert record.due_at > fake.now()


def test_an_order_comes_with_its_money_and_its_shipping(fake: Fake, platform: Platform) -> None:
    order_no = fake.places(12_345)
    placed = platform.order(order_no)
    fake.advance(3_600)
    fake.ships(order_no)
    shipped = platform.order(order_no)

    assert placed is not None
    assert shipped is not None
    assert (placed.order_no, placed.status, placed.paid_amount) == (
        order_no,
        "pending_shipment",
        12_345,
    )
    assert placed.paid_at is not None
    assert placed.shipped_at is None
    assert [line.paid_amount for line in placed.lines] == [12_345]
    assert shipped.status == "shipped"
    assert shipped.shipped_at == shipped.updated_at
    assert shipped.updated_at > placed.updated_at


def test_an_order_comes_with_its_other_tickets(fake: Fake, platform: Platform) -> None:
    """SPEC O2: asked before a payment, since a sibling may have been paid in the back office."""
    order_no = fake.places(10_000)
    one, two = (fake.buyer_applies(order_no, "refund_only", 3_000) for _ in range(2))
    fake.staff_refunds_on_platform(two)
    fake.advance(120)
    found = platform.order_now(order_no, without_ticket=one)
    assert isinstance(found.order, OrderRecord)
    assert (found.order.order_no, found.order.paid_amount) == (order_no, 10_000)
    [other] = found.tickets
    assert isinstance(other, SeenTicket)
    assert (other.record.ticket_no, other.record.status) == (two, "refunded")
    assert platform.order_now("123456789", without_ticket=one) == OrderNow(None, [])


def test_what_is_not_there_is_none(platform: Platform) -> None:
    assert platform.ticket("123456789") is None
    assert platform.order("123456789") is None
    assert platform.ticket("no number") is None


def test_a_pull_brings_all_that_changed_and_nothing_else(fake: Fake, platform: Platform) -> None:
    early = filed(fake)
    fake.advance(3 * 86_400)
    since = fake.now()
    # Over more than a day, so that more than one window is asked for.
    late = []
    for _ in range(5):
        fake.advance(6 * 3_600)
        late.append(filed(fake))
    fake.advance(2)

    tickets = pulled(fake, platform, since)
    orders = list(platform.changed_orders(since=since, until=fake.now()))

    assert set(late) <= set(tickets)
    # Time has run out for the early one meanwhile: that is a change too, but an older one.
    assert early not in tickets
    assert {tickets[number].record.order_no for number in late} <= {
        order.order_no for order in orders if isinstance(order, OrderRecord)
    }


@pytest.mark.parametrize("fault", [Fault.DUPLICATES, Fault.OUT_OF_ORDER])
def test_lists_that_repeat_or_mix_up_their_rows_lose_none(
    fake: Fake, platform: Platform, fault: Fault
) -> None:
    since = fake.now() - timedelta(seconds=1)
    numbers = {filed(fake) for _ in range(7)}
    fake.fail(fault, times=50)

    assert set(pulled(fake, platform, since)) == numbers


# Steps.


def test_an_approval_sends_money_that_arrives_later(fake: Fake, platform: Platform) -> None:
    ticket_no = filed(fake)
    decided = step(platform, ticket_no)
    assert platform.refund_status(ticket_no) == NeverSeen()

    assert platform.approve(decided) == Accepted()

    assert fake.ticket(ticket_no).status == "refunding"
    assert seen(platform, ticket_no).record.status == "refunding"
    assert platform.refund_status(ticket_no) == Pending()
    fake.advance(120)
    assert fake.ticket(ticket_no).refunded == 5_000
    assert platform.refund_status(ticket_no) == Paid()
    settled = seen(platform, ticket_no).record
    assert settled.status == "refunded"
    assert settled.refund_result is not None
    assert settled.refund_result.status == "succeeded"


def test_a_return_is_refunded_once_the_goods_are_back(fake: Fake, platform: Platform) -> None:
    ticket_no = filed(fake, "return_refund")

    assert platform.approve_return(step(platform, ticket_no)) == Accepted()
    assert seen(platform, ticket_no).record.status == "awaiting_return"
    assert platform.refund_status(ticket_no) == NeverSeen()
    fake.buyer_ships_back(ticket_no, carrier="4", tracking_no="SF1020304050")
    back = seen(platform, ticket_no).record
    assert back.status == "returning"
    assert back.return_shipment is not None
    assert back.return_shipment.tracking_no == "SF1020304050"
    assert platform.confirm_receipt(step(platform, ticket_no)) == Accepted()

    fake.advance(120)
    assert fake.ticket(ticket_no).refunded == 5_000
    assert fake.calls("confirm_receipt") == 1


def test_a_rejection_gives_the_buyer_the_next_move(fake: Fake, platform: Platform) -> None:
    # Before shipping a refusal ends the request on one platform, and another takes none.
    ticket_no = filed(fake, shipped=True)
    assert platform.reject_reasons(ticket_no)

    answer = platform.reject(
        step(platform, ticket_no), reason="reason_mismatch", text="您好，原因不符。", pictures=[]
    )

    assert answer == Accepted()
    assert fake.ticket(ticket_no).status == "rejected"
    assert seen(platform, ticket_no).record.status == "rejected"


def test_an_offer_of_another_type_waits_for_the_buyer(fake: Fake, platform: Platform) -> None:
    order_no = fake.places(10_000)
    fake.ships(order_no)
    ticket_no = fake.buyer_applies(order_no, "refund_only", 5_000)
    decided = step(platform, ticket_no)
    before = fake.ticket(ticket_no)

    answer = platform.negotiate(
        decided, type="return_refund", amount=5_000, text="请退回商品。", pictures=[CHAT]
    )

    if not fake.takes_offers:
        assert isinstance(answer, Declined)
        assert answer.why == Why.OTHER
        assert answer.reason
        assert fake.ticket(ticket_no) == before
        return
    assert answer == Accepted()
    offered = seen(platform, ticket_no).record
    assert offered.status == "negotiating"
    assert offered.due_at is not None
    fake.buyer_accepts(ticket_no)
    assert fake.ticket(ticket_no).status == "awaiting_return"
    assert seen(platform, ticket_no).record.type == "return_refund"


def test_what_moved_meanwhile_is_not_acted_on(fake: Fake, platform: Platform) -> None:
    """SPEC O7: the platform's fact stands; every step says that the ticket has changed."""
    cancelled, by_staff, returned = filed(fake), filed(fake), filed(fake, "return_refund")
    decided = {number: step(platform, number) for number in (cancelled, by_staff, returned)}
    fake.advance(5)
    fake.buyer_cancels(cancelled)
    fake.staff_refunds_on_platform(by_staff)
    fake.staff_refunds_on_platform(returned)
    before = [fake.ticket(number) for number in decided]

    answers = [
        platform.approve(decided[cancelled]),
        platform.approve(decided[by_staff]),
        platform.approve_return(decided[returned]),
        platform.confirm_receipt(decided[returned]),
        platform.reject(decided[by_staff], reason="reason_mismatch", text="不符", pictures=[]),
    ]

    for answer in answers:
        assert isinstance(answer, Declined)
        assert answer.why == Why.CHANGED
        assert answer.reason
    assert [fake.ticket(number) for number in decided] == before
    assert before[0].status in OVER
    assert before[1].status == "refunding"


def test_with_the_platform_is_left_to_the_platform(fake: Fake, platform: Platform) -> None:
    ticket_no = filed(fake)
    fake.platform_steps_in(ticket_no)

    answer = platform.approve(step(platform, ticket_no))

    assert isinstance(answer, Declined)
    assert answer.why == Why.PLATFORM_HANDLING
    assert fake.ticket(ticket_no).status == "arbitration"
    assert seen(platform, ticket_no).record.status == "arbitration"


def test_an_unknown_ticket_is_not_found(fake: Fake, platform: Platform) -> None:
    decided = step(platform, filed(fake))
    other = Step("123456789", decided.order_no, decided.type, decided.amount, decided.version)

    answers = [
        platform.approve(other),
        platform.approve_return(other),
        platform.confirm_receipt(other),
        platform.reject(other, reason="reason_mismatch", text="不符", pictures=[]),
    ]

    for answer in answers:
        assert isinstance(answer, Declined)
        assert answer.why == Why.NOT_FOUND
    assert platform.refund_status("123456789") == NeverSeen()


def test_money_that_does_not_arrive_has_failed(fake: Fake, platform: Platform) -> None:
    ticket_no = filed(fake)
    platform.approve(step(platform, ticket_no))
    fake.payout_fails(ticket_no)
    fake.advance(120)

    assert isinstance(platform.refund_status(ticket_no), Failed)
    assert fake.ticket(ticket_no).refunded == 0


def test_what_nobody_answers_in_time_is_agreed_to_there(fake: Fake, platform: Platform) -> None:
    ticket_no = filed(fake)
    due_at = seen(platform, ticket_no).record.due_at
    assert due_at is not None

    fake.advance((due_at - fake.now()).total_seconds() + 120)

    assert seen(platform, ticket_no).record.status == "refunded"
    assert fake.ticket(ticket_no).refunded == 5_000
