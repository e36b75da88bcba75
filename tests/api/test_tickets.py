"""`GET /tickets`, `GET /tickets/{ticket_no}` and `GET /orders/{order_no}`."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from aftersale.api import newest_first
from aftersale.models import Refund, ShippingAlert, Shop, Ticket
from aftersale.services.refunds import approvals
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user
from tests.queries import counted_queries

from .program import Program, program


def numbers(erp: Program, query: str = "") -> list[str]:
    """Of all pages."""
    found: list[str] = []
    address = f"/tickets{query}"
    while address:
        status, content, _response = erp.get(address)
        assert status == 200, content
        found += [ticket["ticket_no"] for ticket in content["results"]]
        address = (content["next"] or "").partition("/api/v1")[2]
    return found


@pytest.fixture
def tickets(shop: Shop) -> None:
    """T0 to T5, a day apart, and one of another shop."""
    now = timezone.now()
    for number, fields in enumerate(
        [
            {"status": "refunded"},
            {"status": "pending_review", "due_at": now - timedelta(minutes=1)},
            {"status": "negotiating", "due_at": now + timedelta(hours=1)},
            {"status": "awaiting_return", "due_at": now + timedelta(hours=1)},
            {"status": "returning", "due_at": now + timedelta(hours=20), "type": "return_refund"},
            {"status": "rejected", "reason": "quality_issue"},
        ]
    ):
        at = NOON + timedelta(days=number)
        ticket = make_ticket(
            make_order(shop),
            ticket_no=f"T{number}",
            awaiting_evaluation=False,
            applied_at=at,
            **fields,
        )
        if number == 0:
            Refund.objects.create(
                shop=shop, order_id=ticket.order_id, ticket=ticket, amount=1, requested_at=at,
                source="strategy", status="succeeded",
            )  # fmt: skip
    make_ticket(
        make_order(make_shop()), ticket_no="theirs", status="refunded", awaiting_evaluation=False
    )


def moment(days: int) -> str:
    return quote((NOON + timedelta(days=days)).isoformat())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "543210"),
        ("?status=refunded", "0"),
        ("?status=refunded&status=rejected", "50"),
        ("?status=pending_review&status=returning", "41"),
        ("?type=return_refund", "4"),
        ("?reason=quality_issue", "5"),
        ("?source=strategy", "0"),
        ("?source=person", ""),
        ("?due=overdue", "1"),
        ("?due=2h", "2"),
        ("?due=24h", "42"),
        (f"?applied_after={moment(1)}&applied_before={moment(3)}", "21"),
        (f"?updated_after={moment(4)}", "54"),
        (f"?due_before={moment(-5)}", ""),
        ("?due_after=2020-01-01T00:00:00Z", "4321"),
        ("?status=pending_review&type=return_refund", ""),
    ],
)
@pytest.mark.parametrize("most_read", [20_000, 2])
def test_every_filter(
    erp: Program,
    tickets: None,
    query: str,
    expected: str,
    most_read: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All that there is, newest first, however little a call looks through."""
    monkeypatch.setattr(newest_first, "MOST_READ", most_read)
    assert numbers(erp, query) == [f"T{number}" for number in expected]
    size = f"{query}&page_size=1" if query else "?page_size=1"
    assert numbers(erp, size) == [f"T{number}" for number in expected]


def test_pages(erp: Program, tickets: None) -> None:
    first = erp.get("/tickets?page_size=4").content
    assert [one["ticket_no"] for one in first["results"]] == ["T5", "T4", "T3", "T2"]
    assert first["previous"] is None
    rest = erp.get(first["next"].partition("/api/v1")[2]).content
    assert ([one["ticket_no"] for one in rest["results"]], rest["next"]) == (["T1", "T0"], None)


def test_no_more_than_eight_queries(erp: Program, tickets: None) -> None:
    for query in ("", "?source=strategy", "?due=overdue"):
        with counted_queries() as queries:
            erp.get(f"/tickets{query}")
        assert len(queries) <= 8
    with counted_queries() as queries:
        erp.get("/tickets/T0")
    assert len(queries) <= 12


@pytest.mark.parametrize(
    "query",
    [
        "status=open", "type=gift", "due=3h", "due_before=2026-01-01T00:00:00", "cursor=-1",
        "cursor=x", "cursor=%D9%A1", "cursor=99999999999999999999", "page_size=0",
        "page_size=201", "page_size=x", "nothing=1", "reason=a%00", "type=a&type=b",
    ],
)  # fmt: skip
def test_queries_that_are_refused(erp: Program, tickets: None, query: str) -> None:
    found = erp.get(f"/tickets?{query}")
    assert (found.status, len(found.content["errors"])) == (422, 1)


def test_what_a_query_should_have_had(erp: Program) -> None:
    (error,) = erp.get("/tickets?page_size=x").content["errors"]
    assert error == {"pointer": "#/page_size", "detail": "expected a whole number (read: “x”)"}
    (error,) = erp.get("/alerts?acknowledged=x").content["errors"]
    assert error == {"pointer": "#/acknowledged", "detail": "expected true or false (read: “x”)"}
    (error,) = erp.get("/reject-reasons?stage=x").content["errors"]
    assert error["detail"].startswith("expected one of before_shipping, after_shipping")


def test_a_ticket_with_its_decision_and_trace(erp: Program, shop: Shop) -> None:
    make_strategy(shop, name="vip", single_amount_cap="1.00", daily_cap="1.00")
    make_strategy(shop, name="all")
    ticket = make_ticket(make_order(shop, order_no="O1", buyer="b1"), ticket_no="T1")
    assert erp.get("/tickets/T1").content["decision"] is None
    decide_shop(shop.pk, tally=Tally())
    found = erp.get("/tickets/T1").content
    ticket.refresh_from_db()
    decision = found.pop("decision")
    assert (decision["outcome"], decision["source"], decision["strategy"]) == (
        "refund",
        "strategy",
        "all",
    )
    assert decision["trace"] == [
        {"scenario": "pre_ship_refund", "strategy": "vip", "failed": "single_amount"},
        {"scenario": "pre_ship_refund", "strategy": "all", "failed": None},
    ]
    refund = found.pop("refund")
    assert (refund["amount"], refund["status"], refund["source"]) == (
        "100.00",
        "requested",
        "strategy",
    )
    (event,) = found.pop("events")
    assert (event["actor"], event["from"], event["to"], event["user"]) == (
        "automation",
        "pending_review",
        "refunding",
        None,
    )
    assert found == {
        "shop": "ks-1",
        "ticket_no": "T1",
        "order_no": "O1",
        "line_no": None,
        "type": "refund_only",
        "requested_type": "refund_only",
        "reason": "no_longer_wanted",
        "amount": "100.00",
        "approved_amount": "100.00",
        "applied_at": "2026-03-11T12:00:00+08:00",
        "updated_at": "2026-03-11T12:00:00+08:00",
        "note": "",
        "evidence": [],
        "labels": [],
        "buyer": "b1",
        "status": "refunding",
        "status_since": timezone.localtime(ticket.status_at).isoformat(),
        "due_at": None,
        "return_shipment": None,
        "goods_received_at": None,
        "arbitration_result": None,
        "flags": [],
        "order_arrived": True,
        "awaiting_evaluation": False,
        "waits": False,
        "window": None,
        "second_person": None,
        "seen": found["seen"],
    }


def test_what_a_ticket_came_with(erp: Program, shop: Shop, owner: User) -> None:
    order = make_order(shop, status="completed", completed_at=NOON - timedelta(days=1))
    window = order.windows.create(
        shop=shop, opened_at=NOON, closes_at=NOON + timedelta(hours=72), opened_by=owner
    )
    ticket = make_ticket(
        order, ticket_no="T1", type="return_refund", status="returning", awaiting_evaluation=False,
        window=window,
        return_carrier="SF", return_tracking_no="SF1", flags=["differs"],
    )  # fmt: skip
    found = erp.get("/tickets/T1").content
    assert found["window"] == {
        "opened_at": "2026-03-11T12:00:00+08:00",
        "closes_at": "2026-03-14T12:00:00+08:00",
    }
    assert found["return_shipment"] == {
        "carrier": "SF",
        "tracking_no": "SF1",
        "shipped_at": None,
    }
    assert found["flags"] == ["differs"]
    Ticket.objects.filter(pk=ticket.pk).update(order=None, window=None)
    assert erp.get("/tickets/T1").content["order_arrived"] is False


def test_an_order(erp: Program, shop: Shop) -> None:
    order = make_order(
        shop, order_no="O1", buyer="b1", lines=[{}, {"category": "c2", "title": "Shoe"}]
    )
    order.commission_splits.create(position=0, beneficiary="talent", account="t-5", amount=1200)
    ticket = make_ticket(order, ticket_no="T1", line_no=2, amount=5000)
    approvals.approve(ticket_id=ticket.pk, user=make_user(shop), now=NOON)
    ShippingAlert.objects.create(
        shop=shop, order=order, ticket=ticket, kind="likely_loss", raised_at=NOON, changed_at=NOON
    )
    assert erp.get("/orders/O1").content == {
        "shop": "ks-1",
        "order_no": "O1",
        "type": "ordinary",
        "status": "pending_shipment",
        "buyer": "b1",
        "created_at": None,
        "paid_at": "2026-03-11T11:00:00+08:00",
        "label_printed_at": None,
        "shipped_at": None,
        "delivered_at": None,
        "completed_at": None,
        "updated_at": "2026-03-11T11:00:00+08:00",
        "paid_amount": "100.00",
        "refunded_amount": "0.00",
        "approved_amount": "50.00",
        "refundable_amount": "50.00",
        "over_refunded": False,
        "labels": [],
        "lines": [
            {"line_no": 1, "product": "p1", "category": "c1", "title": "", "quantity": 1,
             "paid_amount": "50.00", "virtual": False, "sku": "", "picture": ""},
            {"line_no": 2, "product": "p1", "category": "c2", "title": "Shoe", "quantity": 1,
             "paid_amount": "50.00", "virtual": False, "sku": "", "picture": ""},
        ],
        "commission_splits": [{"beneficiary": "talent", "account": "t-5", "amount": "12.00"}],
        "tickets": [
            {"ticket_no": "T1", "line_no": 2, "type": "refund_only", "status": "refunding",
             "amount": "50.00"}
        ],
        "shipping_alerts": [
            {"ticket_no": "T1", "kind": "likely_loss", "state": "to_stop",
             "raised_at": "2026-03-11T12:00:00+08:00"}
        ],
    }  # fmt: skip


def test_nothing_of_another_shop(erp: Program, owner: User) -> None:
    """Although the token's maker is a member there, too."""
    other = make_shop()
    owner.memberships.create(shop=other, role="owner")
    make_ticket(make_order(other, order_no="O2"), ticket_no="T2")
    for address in ("/tickets/T2", "/orders/O2", "/tickets/a%00", "/orders/a%00"):
        assert erp.get(address).status == 404
    assert erp.get("/tickets").content["results"] == []
    assert program(other, owner).get("/tickets/T2").status == 200


@pytest.mark.parametrize("number", ["a/b", "/a//", "a%2Fb", "a b?c#d", "订单/1"])
def test_a_number_is_read_as_another_system_made_it(erp: Program, shop: Shop, number: str) -> None:
    make_ticket(make_order(shop, order_no=number), ticket_no=number)
    written = quote(number, safe="")
    order = erp.get(f"/orders/{written}")
    assert (order.status, order.content["order_no"]) == (200, number)
    asked = erp.get(f"/orders/{written}/ship-check")
    assert (asked.status, asked.content["tickets"]) == (200, [number])
    ticket = erp.get(f"/tickets/{written}")
    assert (ticket.status, ticket.content["ticket_no"]) == (200, number)
    assert erp.post(f"/tickets/{written}/approve").status == 200
