"""`GET /orders/{order_no}/ship-check` (SPEC H1): go, or stop with the reason and the lines."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import Order, Refund, Shop, Ticket
from aftersale.services.shipping import ship_checks
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user
from tests.queries import counted_queries

from .program import Program, program

GO = {"ship": True, "reason": None, "note": None, "tickets": [], "lines": []}
PARTLY = GO | {"note": "partly_refunded"}


def stop(reason: str, *tickets: str, lines: list[int] | None = None) -> dict[str, Any]:
    return {
        "ship": False,
        "reason": reason,
        "note": None,
        "tickets": list(tickets),
        "lines": lines,
    }


def refunded(order: Order, amount: int, *, status: str = "succeeded", **fields: Any) -> Ticket:
    """A ticket whose refund is done; under way with another status."""
    ticket = make_ticket(
        order,
        amount=amount,
        committed=amount,
        status="refunded" if status == "succeeded" else "refunding",
        awaiting_evaluation=False,
        **fields,
    )
    _refund(ticket, amount, status)
    return ticket


def _refund(ticket: Ticket, amount: int, status: str) -> None:
    Refund.objects.create(
        shop_id=ticket.shop_id,
        order=ticket.order,
        ticket=ticket,
        amount=amount,
        source="person",
        requested_at=NOON,
        status=status,
    )


@pytest.mark.parametrize(
    ("ticket", "refund", "reason"),
    [
        ({}, None, "refund_requested"),
        ({"status": "negotiating", "awaiting_evaluation": False}, None, "refund_requested"),
        ({"status": "arbitration", "awaiting_evaluation": False}, None, "refund_requested"),
        ({"status": "refunding", "awaiting_evaluation": False}, "requested", "refunding"),
        ({"status": "refunding", "awaiting_evaluation": False}, None, "refunding"),
        ({"status": "refunding", "awaiting_evaluation": False}, "unknown", "refunding"),
        ({"status": "refunded", "awaiting_evaluation": False}, "succeeded", "refunded"),
        ({"status": "refunded", "awaiting_evaluation": False}, None, "refunded"),
        ({"status": "refund_failed", "awaiting_evaluation": False}, "failed", "refund_requested"),
        ({"status": "rejected", "awaiting_evaluation": False}, None, None),
        ({"status": "cancelled", "awaiting_evaluation": False}, None, None),
        ({"status": "closed", "awaiting_evaluation": False}, None, None),
        ({"type": "return_refund"}, None, None),
        ({"type": "exchange"}, None, None),
    ],
)
def test_every_state(
    erp: Program, shop: Shop, ticket: dict[str, Any], refund: str | None, reason: str | None
) -> None:
    order = make_order(shop, order_no="o1")
    made = make_ticket(order, ticket_no="AS1", **ticket)
    if refund:
        _refund(made, 10_000, refund)
    expected = stop(reason, "AS1") if reason else GO
    assert erp.get("/orders/o1/ship-check")[:2] == (200, expected)


def test_tickets_on_single_lines_name_them_and_the_worst_is_the_reason(
    erp: Program, shop: Shop
) -> None:
    order = make_order(shop, order_no="o1", paid_amount=9_000, lines=[{}, {}, {}])
    make_ticket(order, ticket_no="AS1", line_no=3, amount=3_000)
    refunded(order, 3_000, ticket_no="AS2", line_no=1)
    make_ticket(order, ticket_no="AS3", line_no=2, status="cancelled", awaiting_evaluation=False)
    assert erp.get("/orders/o1/ship-check").content == stop("refunded", "AS1", "AS2", lines=[1, 3])
    make_ticket(order, ticket_no="AS4")
    assert erp.get("/orders/o1/ship-check").content["lines"] is None


@pytest.mark.parametrize(
    ("paid", "elsewhere", "stops"),
    [(100, 99, False), (100, 100, True), (100, 120, True), (0, 0, False)],
)
def test_what_was_refunded_outside_afterdesk_stops_once_it_is_all(
    erp: Program, shop: Shop, paid: int, elsewhere: int, stops: bool
) -> None:
    order = make_order(
        shop,
        order_no="o1",
        paid_amount=paid,
        refunded_amount=elsewhere,
        over_refunded=elsewhere > paid,
    )
    expected = stop("refunded") if stops else PARTLY if elsewhere else GO
    assert erp.get("/orders/o1/ship-check").content == expected
    make_ticket(order, ticket_no="AS1", line_no=1)
    expected = stop("refunded", "AS1") if stops else stop("refund_requested", "AS1", lines=[1])
    assert erp.get("/orders/o1/ship-check").content == expected


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "closed"}, "closed"),
        ({"status": "pending_payment", "paid_at": None}, "not_paid"),
        ({"labels": ["campaign", "risk"]}, "risk"),
        ({"status": "closed", "labels": ["risk"]}, "closed"),
        ({"status": "pending_payment", "labels": ["risk"]}, "not_paid"),
        ({"labels": ["campaign"]}, None),
        ({"paid_at": None}, None),
    ],
)
def test_what_the_order_itself_says(
    erp: Program, shop: Shop, fields: dict[str, Any], reason: str | None
) -> None:
    """Closed, not paid, or the platform says not to ship: all of it, whatever its tickets."""
    order = make_order(shop, order_no="o1", lines=[{}, {}], **fields)
    assert erp.get("/orders/o1/ship-check").content == (stop(reason) if reason else GO)
    make_ticket(order, ticket_no="AS1", line_no=1)
    asked = stop(reason, "AS1") if reason else stop("refund_requested", "AS1", lines=[1])
    assert erp.get("/orders/o1/ship-check").content == asked
    refunded(order, 5_000, ticket_no="AS2", line_no=2)
    both = erp.get("/orders/o1/ship-check").content
    assert both == stop("refunded", "AS1", "AS2", lines=None if reason else [1, 2])


def test_a_price_adjustment_goes_with_a_note(erp: Program, shop: Shop) -> None:
    order = make_order(shop, order_no="o1", lines=[{}, {"quantity": 2}])
    refunded(order, 500, ticket_no="AS1", line_no=1)
    assert erp.get("/orders/o1/ship-check").content == PARTLY
    # Of the other line, which has two pieces, one may be meant.
    refunded(order, 500, ticket_no="AS2", line_no=2, status="requested")
    assert erp.get("/orders/o1/ship-check").content == stop("refunding", "AS2", lines=[2])
    # With what is asked for besides, all that was paid for the first line.
    make_ticket(order, ticket_no="AS3", line_no=1, amount=4_500)
    found = erp.get("/orders/o1/ship-check").content
    assert found == stop("refunded", "AS1", "AS2", "AS3", lines=[1, 2])


def test_a_return_holds_no_goods_but_counts(erp: Program, shop: Shop) -> None:
    """With what was agreed on, once it is approved."""
    order = make_order(shop, order_no="o1", lines=[{}])
    refunded(order, 500, ticket_no="AS1", line_no=1)
    back = make_ticket(order, ticket_no="AS2", type="return_refund", amount=9_500)
    assert erp.get("/orders/o1/ship-check").content == stop("refunded", "AS1", lines=[1])
    Ticket.objects.filter(pk=back.pk).update(
        status="awaiting_return", awaiting_evaluation=False, committed=9_000
    )
    assert erp.get("/orders/o1/ship-check").content == PARTLY


def test_two_refunds_on_one_line_stop_the_other_too(erp: Program, shop: Shop) -> None:
    """The money of both lines is gone; the gift does not leave alone."""
    lines = [{"paid_amount": 6_000}, {"paid_amount": 6_000}, {"paid_amount": 0}]
    order = make_order(shop, order_no="o1", paid_amount=12_000, lines=lines)
    refunded(order, 6_000, ticket_no="AS1", line_no=1)
    assert erp.get("/orders/o1/ship-check").content == stop("refunded", "AS1", lines=[1])
    refunded(order, 6_000, ticket_no="AS2", line_no=1, status="sending")
    found = erp.get("/orders/o1/ship-check").content
    assert found == stop("refunded", "AS1", "AS2", lines=[1, 2, 3])


def test_an_order_refunded_by_its_lines_and_from_outside(erp: Program, shop: Shop) -> None:
    order = make_order(shop, order_no="o1", lines=[{}, {}], refunded_amount=4_999)
    refunded(order, 5_000, ticket_no="AS1", line_no=1)
    assert erp.get("/orders/o1/ship-check").content == stop("refunded", "AS1", lines=[1])
    Order.objects.update(refunded_amount=5_000)
    assert erp.get("/orders/o1/ship-check").content == stop("refunded", "AS1")


def test_money_that_left_for_a_ticket_that_is_over(erp: Program, shop: Shop) -> None:
    """A payment that was taken for failed came through after all (docs/adr/0004)."""
    order = make_order(shop, order_no="o1")
    late = make_ticket(order, ticket_no="AS1", status="closed", awaiting_evaluation=False)
    _refund(late, 10_000, "failed")
    assert erp.get("/orders/o1/ship-check").content == GO
    Ticket.objects.update(committed=10_000)
    assert erp.get("/orders/o1/ship-check").content == stop("refunded", "AS1")


def test_no_ticket_and_no_order(erp: Program, shop: Shop) -> None:
    make_order(shop, order_no="o1")
    make_order(make_shop(), order_no="o2")
    assert erp.get("/orders/o1/ship-check")[:2] == (200, GO)
    for order_no in ("o2", "o3"):
        status, content, _response = erp.get(f"/orders/{order_no}/ship-check")
        assert (status, content["status"], content["title"]) == (404, 404, "Not Found")


def test_one_query(shop: Shop, owner: User) -> None:
    make_ticket(make_order(shop, order_no="o1"))
    with counted_queries() as queries:
        ship_checks.ship_check(shop_id=shop.pk, order_no="o1", user=owner)
    # The right, and the check.
    assert len(queries) == 2


def test_who_may(shop: Shop) -> None:
    make_order(shop, order_no="o1")
    assert Program("").get("/orders/o1/ship-check").status == 401
    assert Program("ad_wrong").get("/orders/o1/ship-check").status == 401
    ingest_only = program(shop, make_user(shop, "owner"), "orders")
    assert ingest_only.get("/orders/o1/ship-check").status == 403
    stranger = make_shop()
    assert program(stranger, make_user(stranger)).get("/orders/o1/ship-check").status == 404
