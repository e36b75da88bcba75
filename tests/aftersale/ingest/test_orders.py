"""SPEC O1, O2, O6: orders come in, change, and carry their tickets along."""

from datetime import timedelta

import pytest

from aftersale.models import CommissionSplit, Order, OrderLine, Shop
from aftersale.services.shared import locks
from aftersale.services.shared.outcomes import CHANGED, NEW, OLDER, UNCHANGED, Outcome
from aftersale.services.tickets import lifecycle
from tests.aftersale.ingest.record_factories import NOON, at, order, save_order, save_ticket, ticket

from .conftest import the_order, the_ticket

pytestmark = pytest.mark.django_db


def test_new_order_is_stored_as_it_was_sent(shop: Shop) -> None:
    record = order(
        type="cross_border",
        created_at=at(-2),
        label_printed_at=at(-0.5),
        labels=["fast_refund", "risk", "campaign"],
        refunded_amount="1.01",
        commission_splits=[
            {"beneficiary": "talent", "account": 'a "quoted" \\ {one}, NULL', "amount": "12.00"},
            {"beneficiary": "platform", "amount": "3.00"},
        ],
    )
    record["lines"][1]["virtual"] = True
    assert save_order(record) == [NEW]
    stored = the_order()
    assert (stored.shop, stored.type, stored.status, stored.buyer) == (
        shop,
        "cross_border",
        "pending_shipment",
        "b1",
    )
    assert stored.created_at == NOON - timedelta(hours=2)
    assert stored.label_printed_at == NOON - timedelta(minutes=30)
    assert stored.shipped_at is None
    assert (stored.paid_amount, stored.refunded_amount, stored.committed) == (10_000, 101, 0)
    assert stored.labels == ["campaign", "fast_refund", "risk"]
    assert stored.has_virtual and not stored.over_refunded
    assert list(stored.lines.values_list("line_no", "product", "quantity", "paid_amount")) == [
        (1, "p1", 1, 6_000),
        (2, "p2", 2, 4_000),
    ]
    assert list(stored.commission_splits.values_list("position", "account", "amount")) == [
        (0, 'a "quoted" \\ {one}, NULL', 1_200),
        (1, "", 300),
    ]


def test_times_keep_their_microseconds(shop: Shop) -> None:
    save_order(order(updated_at="2026-03-11T12:00:00.123457+08:00"))
    assert the_order().updated_at == NOON + timedelta(microseconds=123457)


def test_same_order_again_is_unchanged_whatever_its_offset(shop: Shop) -> None:
    save_order(order(updated_at="2026-03-11T12:00:00+08:00"))
    assert save_order(order(updated_at="2026-03-11T04:00:00Z")) == [UNCHANGED]


def test_newer_version_replaces_lines_and_splits_and_older_changes_nothing(shop: Shop) -> None:
    split = {"beneficiary": "talent", "account": "t", "amount": "5.00"}
    save_order(order(commission_splits=[split, split]))
    kept = OrderLine.objects.get(line_no=2).pk
    newer = order(updated_at=at(2), status="shipped", shipped_at=at(1), commission_splits=[split])
    newer["lines"] = [
        {"line_no": 2, "product": "p9", "quantity": 3, "paid_amount": "70"},
        {"line_no": 3, "product": "p3", "quantity": 1, "paid_amount": "30"},
    ]
    assert save_order(newer) == [CHANGED]
    assert list(OrderLine.objects.values_list("pk", "line_no", "product"))[0] == (kept, 2, "p9")
    assert list(OrderLine.objects.values_list("line_no", flat=True)) == [2, 3]
    assert CommissionSplit.objects.count() == 1
    before = Order.objects.values().get()
    assert save_order(order(updated_at=at(1), status="closed", lines=newer["lines"])) == [OLDER]
    assert Order.objects.values().get() == before


def test_other_content_with_the_same_update_time_is_named_and_not_taken(shop: Shop) -> None:
    save_order(order())
    [result] = save_order(order(buyer="b2"))
    assert result.outcome is Outcome.UNCHANGED
    assert "update time" in result.note
    assert the_order().buyer == "b1"


def test_versions_of_one_order_in_one_list_go_in_sequence(shop: Shop) -> None:
    results = save_order(
        order(updated_at=at(1)),
        order(order_no="O2"),
        order(updated_at=at(3), status="delivered"),
        order(updated_at=at(2), status="shipped"),
        order(updated_at=at(3), status="delivered"),
    )
    assert results == [NEW, NEW, CHANGED, OLDER, UNCHANGED]
    assert the_order().status == "delivered"


def test_order_of_an_unknown_shop_is_refused_alone(shop: Shop) -> None:
    unknown, known = save_order(order(shop="nowhere"), order())
    assert unknown.outcome is Outcome.REFUSED
    assert unknown.errors[0].pointer == "shop"
    assert known == NEW
    assert Order.objects.count() == 1


def test_what_only_the_database_refuses_is_refused_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should a record's limit ever be wider than a column's, its neighbours are still taken."""
    from aftersale.services.ingest import orders

    monkeypatch.setattr(
        orders,
        "_UPDATE",
        orders._UPDATE.replace("k.refunded_amount +", "1 / (k.paid_amount - 7) +"),
    )
    save_order(*[order(order_no=f"O{number}") for number in range(5)])
    results = save_order(
        *[
            order(
                order_no=f"O{number}", updated_at=at(1), paid_amount="0.07" if number == 3 else "9"
            )
            for number in range(5)
        ]
    )
    assert [result.outcome for result in results] == [
        Outcome.CHANGED,
        Outcome.CHANGED,
        Outcome.CHANGED,
        Outcome.REFUSED,
        Outcome.CHANGED,
    ]
    assert "division by zero" in results[3].errors[0].message
    assert Order.objects.get(order_no="O3").paid_amount == 10_000


def test_figures_beyond_what_was_paid_are_stored_and_flagged_until_they_fit(shop: Shop) -> None:
    """SPEC O2."""
    save_order(order(refunded_amount="100.01"))
    assert the_order().over_refunded
    assert the_order().refundable_amount == 0
    save_order(order(refunded_amount="100.00", updated_at=at(1)))
    assert not the_order().over_refunded
    Order.objects.update(refunded_amount=0, committed=6_000)
    save_order(order(refunded_amount="40.01", updated_at=at(2)))
    assert the_order().over_refunded
    save_order(order(refunded_amount="40.00", updated_at=at(3)))
    assert not the_order().over_refunded


def test_changed_order_refreshes_undecided_tickets_and_wakes_the_automation(
    shop: Shop, woken: list[set[int]]
) -> None:
    save_order(order())
    save_ticket(ticket(line_no=1), ticket(ticket_no="T2"), ticket(ticket_no="T3"))
    lifecycle.move(
        locks.lock_ticket(shop.tickets.get(ticket_no="T3").pk),
        "rejected",
        actor="person",
        now=NOON,
    )
    shop.tickets.update(awaiting_evaluation=False)
    woken.clear()
    newer = order(updated_at=at(1), buyer="b2")
    newer["lines"][0]["product"] = "p7"
    save_order(newer)
    assert woken == [{shop.pk}]
    rows = shop.tickets.order_by("ticket_no").values_list(
        "buyer", "products", "categories", "awaiting_evaluation"
    )
    assert list(rows) == [
        ("b2", ["p7"], ["c1"], True),
        ("b2", ["p2", "p7"], ["c2", "c1"], True),
        ("b1", ["p1", "p2"], ["c1", "c2"], False),
    ]


def test_ticket_that_was_hit_waits_again_but_keeps_its_facts(shop: Shop) -> None:
    """SPEC S3 holds in the engine: an order's change always has it look again."""
    save_order(order())
    save_ticket(ticket())
    shop.tickets.update(scenarios_hit=1, awaiting_evaluation=False)
    save_order(order(updated_at=at(1), buyer="b2"))
    assert (the_ticket().buyer, the_ticket().awaiting_evaluation) == ("b1", True)


def test_order_links_the_tickets_that_came_before_it(shop: Shop, woken: list[set[int]]) -> None:
    """SPEC O6."""
    assert save_ticket(ticket(line_no=2), ticket(ticket_no="T2", order_no="O2")) == [NEW, NEW]
    assert the_ticket().order is None
    assert not the_ticket().awaiting_evaluation
    assert woken == []
    save_order(order())
    linked = the_ticket()
    assert (linked.order, linked.awaiting_evaluation, linked.buyer) == (the_order(), True, "b1")
    assert (linked.products, linked.categories) == (["p2"], ["c2"])
    assert woken == [{shop.pk}]
    assert list(linked.events.values_list("kind", flat=True)) == ["arrived", "reported"]
    assert shop.tickets.get(ticket_no="T2").order is None


def test_line_that_the_arriving_order_lacks_goes_to_people_until_it_is_there(shop: Shop) -> None:
    save_ticket(ticket(line_no=3))
    save_order(order())
    assert (the_ticket().flags, the_ticket().awaiting_evaluation) == (["line_missing"], False)
    assert the_ticket().order == the_order()
    assert the_ticket().events.filter(kind="flag").count() == 1
    newer = order(updated_at=at(1))
    newer["lines"][1]["line_no"] = 3
    save_order(newer)
    assert (the_ticket().flags, the_ticket().awaiting_evaluation) == ([], True)
    assert the_ticket().products == ["p2"]
