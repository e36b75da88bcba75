"""SPEC O6: whatever the sequence and however often, the newest version is what is stored."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftersale.models import CommissionSplit, Order, OrderLine, Shop, Ticket
from aftersale.services.shared.outcomes import Outcome
from tests.aftersale.ingest.record_factories import at, order, save_order, save_ticket, ticket
from tests.undone import undone

pytestmark = pytest.mark.django_db


def _order(number: int, version: int) -> dict[str, Any]:
    return order(
        order_no=f"O{number}",
        updated_at=at(version),
        buyer=f"b{version % 2}",
        paid_amount=f"{10 + version}.00",
        refunded_amount=f"{8 * (version % 3)}.00",
        labels=["campaign"] * (version % 2),
        lines=[
            {"line_no": n, "product": f"p{version}", "quantity": 1, "paid_amount": "1.00"}
            for n in range(1, 2 + (version + number) % 3)
        ],
        commission_splits=[{"beneficiary": "talent", "amount": "1.00"}] * (version % 3),
    )


def _ticket(number: int, version: int) -> dict[str, Any]:
    return ticket(
        ticket_no=f"T{number}",
        order_no=f"O{(number + version) % 3}",
        line_no=1 if version % 2 else None,
        updated_at=at(version),
        amount=f"{1 + version}.00",
        type=["refund_only", "return_refund"][version % 2],
        note=f"v{version}",
    )


VERSIONS = [
    *[(_order, number, version) for number in range(3) for version in range(3)],
    *[(_ticket, number, version) for number in range(3) for version in range(3)],
]


def _save(items: list[tuple[Any, int, int]], split: int) -> list[Outcome]:
    """In batches of `split`, each with its orders first, as a file's batches are."""
    outcomes = []
    for start in range(0, len(items), split):
        batch = items[start : start + split]
        orders = [make(n, v) for make, n, v in batch if make is _order]
        tickets = [make(n, v) for make, n, v in batch if make is _ticket]
        outcomes += save_order(*orders) + save_ticket(*tickets)
    return [result.outcome for result in outcomes]


def _state() -> list[Any]:
    return [
        list(Order.objects.order_by("order_no").values_list(
            "order_no", "buyer", "paid_amount", "refunded_amount", "labels", "updated_at",
            "over_refunded", "digest")),
        list(OrderLine.objects.order_by("order__order_no", "line_no").values_list(
            "order__order_no", "line_no", "product")),
        list(CommissionSplit.objects.order_by("order__order_no", "position").values_list(
            "order__order_no", "position")),
        list(Ticket.objects.order_by("ticket_no").values_list(
            "ticket_no", "order__order_no", "line_no", "buyer", "type", "amount", "note",
            "updated_at", "products", "awaiting_evaluation", "flags", "digest")),
    ]  # fmt: skip


def test_any_sequence_ends_in_the_same_state(shop: Shop) -> None:
    with undone():
        _save(VERSIONS, 1)
        expected = _state()

    @settings(max_examples=25, deadline=None)
    @given(
        items=st.permutations(VERSIONS),
        repeated=st.lists(st.sampled_from(VERSIONS), max_size=8),
        split=st.integers(1, 30),
    )
    def ends_in_it(items: list[Any], repeated: list[Any], split: int) -> None:
        with undone():
            _save([*items, *repeated], split)
            assert _state() == expected
            assert set(_save(items, split)) <= {Outcome.UNCHANGED, Outcome.OLDER}
            assert _state() == expected

    ends_in_it()
