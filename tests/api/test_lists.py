"""Lists of orders, refunds and windows; what has changed here since a moment (INTERFACES)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.db import connection

from aftersale.api import newest_first
from aftersale.models import AfterSaleWindow, Order, Refund, Shop
from aftersale.services.refunds import approvals
from tests.factories import NOON, make_order, make_shop, make_ticket
from tests.queries import counted_queries

from .program import Program

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def found(erp: Program, path: str, key: str, **query: Any) -> list[Any]:
    answer = erp.get(f"{path}?{urlencode(query, doseq=True)}")
    assert answer.status == 200, answer.content
    return [row[key] for row in answer.content["results"]]


def dated(*rows: Any) -> None:
    """Gives rows that the test made a moment of change, an hour apart, the first the oldest."""
    with connection.cursor() as cur:
        cur.execute("SET LOCAL session_replication_role = replica")  # without triggers
        for number, row in enumerate(rows):
            cur.execute(
                f"UPDATE {row._meta.db_table} SET changed_at = %s WHERE id = %s",  # noqa: S608
                [LONG_AGO + timedelta(hours=number), row.pk],
            )
        cur.execute("SET LOCAL session_replication_role = origin")


def test_orders(erp: Program, shop: Shop) -> None:
    a, b, c = (make_order(shop, order_no=number, buyer="b-1") for number in ("A", "B", "C"))
    Order.objects.filter(pk=b.pk).update(status="shipped", buyer="b-2")
    make_order(make_shop(), order_no="theirs")
    assert found(erp, "/orders", "order_no") == ["C", "B", "A"]
    assert found(erp, "/orders", "order_no", status=["shipped", "closed"]) == ["B"]
    assert found(erp, "/orders", "order_no", buyer="b-1") == ["C", "A"]
    whole = erp.get("/orders/A").content
    (row,) = [one for one in erp.get("/orders").content["results"] if one["order_no"] == "A"]
    assert row == {key: whole[key] for key in row}
    assert set(whole) - set(row) == {"commission_splits", "tickets", "shipping_alerts"}


def test_what_was_changed_here(erp: Program, shop: Shop) -> None:
    """A step of ours moves no `updated_at`, which is the platform's."""
    a, b, c = (make_order(shop, order_no=number) for number in "ABC")
    dated(a, b, c)
    since = {"changed_after": (LONG_AGO + timedelta(hours=1)).isoformat()}
    assert found(erp, "/orders", "order_no", **since) == ["C", "B"]
    assert found(erp, "/orders", "order_no", **since, page_size=1) == ["C"]
    until = {"changed_before": (LONG_AGO + timedelta(hours=1)).isoformat()}
    assert found(erp, "/orders", "order_no", **until) == ["A"]
    before = Order.objects.get(pk=a.pk).updated_at
    Order.objects.filter(pk=a.pk).update(committed=1)
    assert found(erp, "/orders", "order_no", **since) == ["A", "C", "B"]
    assert Order.objects.get(pk=a.pk).updated_at == before


def test_tickets_and_refunds(erp: Program, shop: Shop, owner: User) -> None:
    tickets = [make_ticket(make_order(shop), ticket_no=number) for number in ("T1", "T2", "T3")]
    dated(*tickets)
    approvals.approve(ticket_id=tickets[0].pk, user=owner, now=NOON)
    since = {"changed_after": (LONG_AGO + timedelta(hours=2)).isoformat()}
    assert found(erp, "/tickets", "ticket_no", **since) == ["T1", "T3"]
    assert found(erp, "/tickets", "ticket_no", order=tickets[1].order_no) == ["T2"]
    assert found(erp, "/tickets", "ticket_no", buyer=tickets[2].buyer) == ["T3"]
    approvals.approve(ticket_id=tickets[1].pk, user=owner, now=NOON)
    Refund.objects.filter(ticket=tickets[1]).update(status="failed", needs_people=True)
    rows = erp.get("/refunds").content["results"]
    assert [(row["ticket_no"], row["attempt"]) for row in rows] == [("T2", 1), ("T1", 1)]
    shown = erp.get("/tickets/T1").content["refund"]
    assert rows[1] == {**shown, "ticket_no": "T1", "order_no": tickets[0].order_no}
    for query, numbers in (
        ({"status": "failed"}, ["T2"]),
        ({"status": ["failed", "requested"], "source": "person"}, ["T2", "T1"]),
        ({"needs_people": "true"}, ["T2"]),
        ({"order": tickets[0].order_no}, ["T1"]),
        ({"ticket": "T1"}, ["T1"]),
        ({"buyer": tickets[1].buyer}, ["T2"]),
        ({"changed_before": LONG_AGO.isoformat()}, []),
    ):
        assert found(erp, "/refunds", "ticket_no", **query) == numbers, query


def test_windows(erp: Program, shop: Shop) -> None:
    now = datetime.now(UTC)
    spans = {"O1": (now - timedelta(days=4), now - timedelta(days=1)), "O2": (now, now)}
    spans["O2"] = (now - timedelta(hours=1), now + timedelta(days=3))
    for number, (opened, closes) in spans.items():
        AfterSaleWindow.objects.create(
            shop=shop,
            order=make_order(shop, order_no=number),
            opened_at=opened,
            closes_at=closes,
            agreement="agreed",
        )
    assert found(erp, "/windows", "order_no") == ["O2", "O1"]
    # One that has ended is over, whether or not the task has written it down.
    assert found(erp, "/windows", "order_no", open="true") == ["O2"]
    assert found(erp, "/windows", "order_no", open="false", order="O1") == ["O1"]


@pytest.mark.parametrize("path", ["/orders", "/tickets", "/refunds", "/windows"])
def test_unknown_filters_are_refused(erp: Program, path: str) -> None:
    for query in ("other=1", "changed_after=yesterday", "page_size=0", "cursor=x"):
        assert erp.get(f"{path}?{query}").status == 422, query


def test_a_filter_without_an_index_looks_through_the_newest(
    erp: Program, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest_first, "MOST_READ", 2)
    for number in "ABC":
        make_order(shop, order_no=number)
    Order.objects.filter(order_no="A").update(status="closed")
    first = erp.get("/orders?status=closed").content
    assert first["results"] == []
    rest = erp.get(first["next"].partition("/api/v1")[2]).content
    assert ([row["order_no"] for row in rest["results"]], rest["next"]) == (["A"], None)


def test_queries_do_not_grow_with_the_rows(erp: Program, shop: Shop, owner: User) -> None:
    def grow() -> None:
        for _one in range(3):
            ticket = make_ticket(make_order(shop))
            approvals.approve(ticket_id=ticket.pk, user=owner, now=NOON)

    def queries(path: str) -> int:
        with counted_queries() as asked:
            assert erp.get(path).status == 200
        return len(asked)

    grow()
    for path in ("/orders", "/refunds"):
        before = queries(path)
        grow()
        assert queries(path) == before, path
