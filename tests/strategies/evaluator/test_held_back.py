"""Tickets left to people: rejected or taken back before, in doubt, or beyond their line's money
(SPEC E2, O8)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aftersale.models import Order, Refund, Ticket
from aftersale.records.schemas import OrderRecord, TicketRecord
from aftersale.services.ingest import save_orders, save_tickets
from aftersale.services.shops.shops import known
from aftersale.signals import tickets_waiting
from strategies.models import Decision, Strategy
from strategies.services import explanations, lanes
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket

pytestmark = pytest.mark.django_db
LINES = [{"paid_amount": 6_000}, {"paid_amount": 4_000}]


@pytest.fixture
def woken_shops() -> Iterator[list[set[int]]]:
    """The shops of which it was said that tickets wait."""
    told: list[set[int]] = []

    def heard(sender: object, shop_ids: set[int], **kwargs: object) -> None:
        told.append(set(shop_ids))

    tickets_waiting.connect(heard)
    yield told
    tickets_waiting.disconnect(heard)


def decided(ticket: Ticket) -> Decision:
    decide_shop(ticket.shop_id, tally=Tally())
    return Decision.objects.get(ticket=ticket)


def order_of(lines: list[dict[str, Any]] = LINES, **fields: Any) -> Order:
    shop = make_shop()
    make_strategy(shop)
    return make_order(shop, paid_amount=fields.pop("paid_amount", 10_000), lines=lines, **fields)


@pytest.mark.parametrize(
    ("rejected", "asks", "why"),
    [
        (1, 1, "rejected_before"),
        (1, None, "rejected_before"),
        (None, 1, "rejected_before"),
        (None, None, "rejected_before"),
        (1, 2, ""),
    ],
)
def test_one_about_the_same_goods_as_a_rejected_one_is_for_people(
    rejected: int | None, asks: int | None, why: str
) -> None:
    order = order_of()
    before = {"rejected_before": True, "status": "cancelled", "awaiting_evaluation": False}
    make_ticket(order, line_no=rejected, amount=100, **before)
    make_ticket(order_of(), amount=100, **before)  # of another order
    decision = decided(make_ticket(order, line_no=asks, amount=100))
    assert (decision.why, decision.held_back) == (why, why)
    assert Refund.objects.exists() is (why == "")


def test_a_rejection_of_its_own_comes_before_all_else_that_holds_it_back() -> None:
    ticket = make_ticket(order_of(over_refunded=True), rejected_before=True, taken_back=True)
    assert decided(ticket).why == "rejected_before"


def test_facts_in_doubt_hold_a_ticket_back() -> None:
    assert decided(make_ticket(order_of(in_doubt=True))).why == "open_difference"


def arrive(order: Order, hours: int, **fields: Any) -> None:
    """A version of ticket K1, dated so many hours after noon."""
    at = NOON + timedelta(hours=hours)
    ticket = {"shop": order.shop.code, "ticket_no": "K1", "order_no": order.order_no,
              "type": "refund_only", "amount": "10.00", "applied_at": NOON.isoformat(),
              "updated_at": at.isoformat()}  # fmt: skip
    record = TicketRecord.model_validate(ticket | fields)
    save_tickets([record], shops=known([order.shop.code]), now=at)


def decisions(order: Order) -> list[tuple[str, str]]:
    decide_shop(order.shop_id, tally=Tally())
    return list(Decision.objects.order_by("pk").values_list("why", "outcome"))


def test_a_difference_of_the_same_second_is_decided_for_people_until_it_is_closed() -> None:
    """SPEC O6, E2, E8: the decision keeps `open_difference`; a newer version decides anew."""
    order = order_of()
    arrive(order, 1)
    arrive(order, 1, amount="20.00")
    assert decisions(order) == [("open_difference", "manual")]
    arrive(order, 1, amount="20.00")
    assert decisions(order) == [("open_difference", "manual")], "told once, decided once"
    assert not Refund.objects.exists()
    arrive(order, 2, amount="20.00")
    assert decisions(order) == [("open_difference", "manual"), ("", "refund")]
    assert Refund.objects.get().amount == 2_000


def test_a_difference_that_comes_after_the_decision_is_decided_anew(
    woken_shops: list[set[int]],
) -> None:
    order = order_of()
    Strategy.objects.update(enabled=False)
    lanes.publish(order.shop_id, user=None, now=NOON)
    arrive(order, 1)
    assert decisions(order) == [("none_hit", "manual")]
    woken_shops.clear()
    arrive(order, 1, reason="damaged")
    assert woken_shops == [{order.shop_id}]
    assert decisions(order) == [("none_hit", "manual"), ("open_difference", "manual")]


def test_a_ticket_of_an_order_in_doubt_is_decided_for_people_until_a_newer_order() -> None:
    order = order_of()
    record = {
        "shop": order.shop.code, "order_no": "D1", "buyer": "b1", "status": "pending_shipment",
        "paid_at": NOON.isoformat(), "updated_at": NOON.isoformat(), "paid_amount": "100.00",
        "lines": [{"line_no": 1, "product": "p1", "quantity": 1, "paid_amount": "100.00"}],
    }  # fmt: skip

    def order_arrives(**fields: Any) -> None:
        save_orders(
            [OrderRecord.model_validate(record | fields)],
            shops=known([order.shop.code]),
            now=NOON + timedelta(hours=1),
        )

    order_arrives()
    order_arrives(buyer="b2")
    arrive(order, 1, order_no="D1")
    assert decisions(order) == [("open_difference", "manual")]
    arrive(order, 2, order_no="D1")
    assert decisions(order)[1:] == [("open_difference", "manual")], "the order is in doubt still"
    order_arrives(buyer="b2", updated_at=(NOON + timedelta(minutes=1)).isoformat())
    assert decisions(order)[2:] == [("", "refund")]
    assert Refund.objects.get().amount == 1_000


def test_a_flag_alone_holds_a_ticket_back() -> None:
    for flag in ("differs", "order_in_doubt"):
        assert decided(make_ticket(order_of(), flags=[flag])).why == "open_difference"
    assert not Refund.objects.exists()


def test_an_order_with_a_platforms_excess_is_for_people() -> None:
    order = order_of(over_refunded=True)
    assert decided(make_ticket(order, amount=1)).why == "platform_excess"


@pytest.mark.parametrize(
    ("taken", "asked", "paid_amount", "why", "left"),
    [
        (0, 6_000, 10_000, "", (6_000, 6_000, 0)),
        (0, 6_001, 10_000, "over_line", (6_000, 6_000, 0)),
        (5_000, 1_000, 10_000, "", (6_000, 1_000, 0)),
        (5_000, 1_001, 10_000, "over_line", (6_000, 1_000, 0)),
        (0, 6_500, 10_500, "", (6_000, 6_000, 500)),
        (6_300, 200, 10_500, "", (6_000, -300, 200)),
        (6_300, 201, 10_500, "over_line", (6_000, -300, 200)),
    ],
)
def test_a_line_gives_back_what_it_got_and_the_freight(
    taken: int, asked: int, paid_amount: int, why: str, left: tuple[int, int, int]
) -> None:
    order = order_of(paid_amount=paid_amount)
    order.lines.filter(line_no=1).update(taken=taken)
    Order.objects.update(committed=taken)
    decision = decided(make_ticket(order, line_no=1, amount=asked))
    kept = (decision.line_paid, decision.line_left, decision.freight_left)
    assert (decision.why, decision.line_no, kept) == (why, 1, left)
    assert order.lines.get(line_no=1).taken == taken + (0 if why else asked)
    assert order.lines.get(line_no=2).taken == 0


def test_two_tickets_of_one_batch_share_their_line() -> None:
    order = order_of()
    first = make_ticket(order, line_no=1, amount=6_000)
    second = make_ticket(order, line_no=1, amount=1, applied_at=NOON + timedelta(seconds=1))
    third = make_ticket(order, line_no=2, amount=4_000, applied_at=NOON + timedelta(seconds=2))
    decide_shop(order.shop_id, tally=Tally())
    whys = dict(Decision.objects.values_list("ticket", "why"))
    assert whys == {first.pk: "", second.pk: "over_line", third.pk: ""}
    assert list(order.lines.values_list("taken", flat=True)) == [6_000, 4_000]
    order.refresh_from_db()
    assert order.committed == 10_000


def test_a_decision_of_before_is_explained_by_the_rules_of_then() -> None:
    """It kept none of the new facts: impossible times and lines were not asked."""
    decision = decided(make_ticket(order_of(), line_no=1, amount=6_000))
    nothing = {"order_type": None, "ticket_labels": None, "held_back": None, "line_no": None,
               "line_paid": None, "line_left": None, "freight_left": None}  # fmt: skip
    Decision.objects.update(**nothing, paid_at=NOON + timedelta(days=300), trace=[0])
    old = Decision.objects.get(pk=decision.pk)
    explained = explanations.of_decision(old)
    assert (explained.explanation.why, explained.agrees) == (None, True)
    assert explained.explanation.hit is not None
    Decision.objects.update(held_back="")
    now = explanations.of_decision(Decision.objects.get(pk=decision.pk))
    assert (now.explanation.why, now.agrees) == ("impossible_times", False)


def test_what_would_be_decided_now_knows_the_line() -> None:
    order = order_of()
    order.lines.filter(line_no=1).update(taken=6_000)
    ticket = make_ticket(order, line_no=1, amount=1)
    lanes.publish(ticket.shop_id, user=None, now=NOON)
    explained = explanations.of_now(ticket, now=timezone.now())
    assert (explained.explanation.why, explained.facts.line_left) == ("over_line", 0)


def test_a_ticket_that_the_platform_rejected_and_the_buyer_applied_for_again() -> None:
    order = order_of()
    for hours, status in enumerate(("rejected", "pending_review"), start=1):
        arrive(order, hours, status=status)
    decision = decided(Ticket.objects.get())
    assert (decision.why, decision.outcome) == ("rejected_before", "manual")
    assert not Refund.objects.exists()
