"""Up to 100 at once, a result for each (INTERFACES)."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import Refund, Shop, Ticket
from tests.factories import make_order, make_shop, make_ticket

from .program import Program, program


def test_approvals(erp: Program, shop: Shop) -> None:
    """One that is refused stops no other; another shop's is unknown; twice is once."""
    order = make_order(shop)
    for number in ("T1", "T2"):
        make_ticket(order if number == "T1" else make_order(shop), ticket_no=number)
    make_ticket(make_order(make_shop()), ticket_no="theirs")
    sent = {
        "tickets": [
            {"ticket_no": "T1", "amount": "5.00"},
            {"ticket_no": "theirs"},
            {"ticket_no": "T1"},
            {"ticket_no": "T2"},
        ]
    }
    for key in ("k", "k"):
        answer = erp.post("/tickets/approve", sent, key=key)
        found = [
            (row["ticket_no"], row["result"], row["status"], row["code"])
            for row in answer.content["results"]
        ]
        assert found == [
            ("T1", "approved", "refunding", None),
            ("theirs", "refused", None, "not_found"),
            ("T1", "refused", None, "wrong_step"),
            ("T2", "approved", "refunding", None),
        ]
    assert answer.response["Idempotency-Replayed"] == "true"
    assert sorted(Refund.objects.values_list("ticket__ticket_no", "amount")) == [
        ("T1", 5_00),
        ("T2", Ticket.objects.get(ticket_no="T2").amount),
    ]
    # Nothing changed: not kept, and asked anew.
    for key in ("again", "again"):
        answer = erp.post("/tickets/approve", sent, key=key)
        assert {row["result"] for row in answer.content["results"]} == {"refused"}
    assert "Idempotency-Replayed" not in answer.response


def test_ship_checks(shop: Shop, owner: User) -> None:
    """Answers as the single call gives them, and to a warehouse's token."""
    make_order(shop, order_no="go", status="pending_shipment")
    make_ticket(make_order(shop, order_no="stop", status="pending_shipment"), ticket_no="T1")
    make_order(make_shop(), order_no="theirs")
    warehouse = program(shop, owner, "shipping")
    rows = warehouse.post("/ship-checks", {"orders": ["stop", "theirs", "go"]}).content["results"]
    assert [(row["order_no"], row["code"]) for row in rows] == [
        ("stop", None),
        ("theirs", "not_found"),
        ("go", None),
    ]
    assert rows[0]["check"] == warehouse.get("/orders/stop/ship-check").content
    assert (rows[0]["check"]["ship"], rows[2]["check"]["ship"]) == (False, True)


@pytest.mark.parametrize(
    ("path", "content", "pointer"),
    [
        ("/tickets/approve", {"tickets": []}, "#/tickets"),
        ("/tickets/approve", {"tickets": [{"ticket_no": "T"}] * 101}, "#/tickets"),
        ("/tickets/approve", {"tickets": [{"ticket_no": "T", "amount": 1}]}, "#/tickets/0/amount"),
        ("/ship-checks", {"orders": ["o"] * 101}, "#/orders"),
        ("/ship-checks", {"orders": ["\u200b"]}, "#/orders/0"),
    ],
)
def test_lists_that_are_refused(erp: Program, path: str, content: Any, pointer: str) -> None:
    found = erp.post(path, content)
    assert (found.status, found.content["errors"][0]["pointer"]) == (422, pointer)
