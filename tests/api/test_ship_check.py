"""`GET /orders/{order_no}/ship-check` (SPEC H1): go, or stop with the reason and the lines."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aftersale.models import Refund, Shop
from aftersale.services.shipping import ship_checks
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

from .program import Program, program

GO = {"ship": True, "reason": None, "tickets": [], "lines": []}


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
        Refund.objects.create(
            shop=shop,
            order=order,
            ticket=made,
            amount=100,
            source="person",
            requested_at=NOON,
            status=refund,
        )
    stop = {"ship": False, "reason": reason, "tickets": ["AS1"], "lines": None}
    assert erp.get("/orders/o1/ship-check")[:2] == (200, stop if reason else GO)


def test_tickets_on_single_lines_name_them_and_the_worst_is_the_reason(
    erp: Program, shop: Shop
) -> None:
    order = make_order(shop, order_no="o1", lines=[{}, {}, {}])
    make_ticket(order, ticket_no="AS1", line_no=3)
    make_ticket(order, ticket_no="AS2", line_no=1, status="refunded", awaiting_evaluation=False)
    make_ticket(order, ticket_no="AS3", line_no=2, status="cancelled", awaiting_evaluation=False)
    assert erp.get("/orders/o1/ship-check").content == {
        "ship": False,
        "reason": "refunded",
        "tickets": ["AS1", "AS2"],
        "lines": [1, 3],
    }
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
    stop = {"ship": False, "reason": "refunded", "tickets": [], "lines": None}
    assert erp.get("/orders/o1/ship-check").content == (stop if stops else GO)
    make_ticket(order, ticket_no="AS1", line_no=1)
    asked = {"ship": False, "reason": "refund_requested", "tickets": ["AS1"], "lines": [1]}
    stop["tickets"] = ["AS1"]
    assert erp.get("/orders/o1/ship-check").content == (stop if stops else asked)


def test_no_ticket_and_no_order(erp: Program, shop: Shop) -> None:
    make_order(shop, order_no="o1")
    make_order(make_shop(), order_no="o2")
    assert erp.get("/orders/o1/ship-check")[:2] == (200, GO)
    for order_no in ("o2", "o3"):
        status, content, _response = erp.get(f"/orders/{order_no}/ship-check")
        assert (status, content["status"], content["title"]) == (404, 404, "Not Found")


def test_one_query(shop: Shop, owner: User) -> None:
    make_ticket(make_order(shop, order_no="o1"))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ship_checks.ship_check(shop_id=shop.pk, order_no="o1", user=owner)
    # The right, and the check.
    assert len(queries) == 2


def test_who_may(shop: Shop) -> None:
    make_order(shop, order_no="o1")
    assert Program("").get("/orders/o1/ship-check").status == 401
    assert Program("ad_wrong").get("/orders/o1/ship-check").status == 401
    ingest_only = program(shop, make_user(shop, "owner"), "ingest")
    assert ingest_only.get("/orders/o1/ship-check").status == 403
    stranger = make_shop()
    assert program(stranger, make_user(stranger)).get("/orders/o1/ship-check").status == 404
