"""Reports of warehouses and couriers: shipments, returns, intercepted parcels (SPEC H1, H2, O4)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from aftersale.models import (
    Order,
    OrderShipping,
    Shipment,
    ShippingAlert,
    Shop,
    Ticket,
    TicketEvent,
)
from aftersale.services.refunds import approvals
from strategies.services.evaluator import Tally, decide_shop
from tests.admin.digest import digest
from tests.aftersale.ingest import record_factories
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user

from .program import Answer, Program, program

_BEGAN = timezone.now().replace(microsecond=0)
SIGNALS = ("shipping-cancelled", "parcel-intercepted", "delivery-refused")


@pytest.fixture
def order(shop: Shop) -> Order:
    return make_order(shop, order_no="O1", lines=[{}, {}])


def shipped(**fields: Any) -> dict[str, Any]:
    return {"shipped_at": hours(-1), "carrier": "SF", "tracking_no": "SF1"} | fields


def hours(count: float) -> str:
    """So many hours from the start of the tests: the same text whenever it is asked for."""
    return (_BEGAN + timedelta(hours=count)).isoformat()


def report(erp: Program, **fields: Any) -> Answer:
    return erp.post("/orders/O1/shipments", shipped(**fields))


def rows() -> dict[str, str]:
    """All tables but the token's count of its calls."""
    return {table: figure for table, figure in digest().items() if table != "aftersale_apitoken"}


def refunded(order: Order, **fields: Any) -> Ticket:
    """A ticket whose refund is under way."""
    ticket = make_ticket(order, **fields)
    user = make_user(Shop.objects.get(pk=order.shop_id))
    # Also above its line, which a person may (SPEC O2).
    approvals.approve(ticket_id=ticket.pk, user=user, now=timezone.now(), above_line=True)
    return ticket


def alerts() -> list[tuple[str, str, str]]:
    found = ShippingAlert.objects.order_by("ticket__ticket_no")
    return list(found.values_list("ticket__ticket_no", "kind", "state"))


def stored() -> tuple[str, datetime | None]:
    return Order.objects.values_list("status", "shipped_at").get(order_no="O1")


def notes(ticket: Ticket) -> list[tuple[str, str | None]]:
    events = TicketEvent.objects.filter(ticket=ticket, kind="note").order_by("pk")
    return list(events.values_list("actor", "user__username"))


def test_a_shipment_is_a_fact(erp: Program, order: Order, owner: User) -> None:
    ticket = make_ticket(order, awaiting_evaluation=False)
    at = hours(-1)
    status, content, _response = report(erp, shipped_at=at)
    assert (status, content["result"], content["status"]) == (201, "created", "shipped")
    assert (datetime.fromisoformat(content["shipped_at"]), content["alerts"]) == (
        datetime.fromisoformat(at),
        [],
    )
    assert stored() == ("shipped", datetime.fromisoformat(at))
    kept = Shipment.objects.get()
    assert (kept.carrier, kept.tracking_no, kept.lines, kept.reported_by) == (
        "SF",
        "SF1",
        [],
        owner,
    )
    # The ticket is told, and looked at again (SPEC E1).
    assert notes(ticket) == [("person", owner.username)]
    assert Ticket.objects.get().awaiting_evaluation
    before = rows()
    status, content, _response = report(erp, shipped_at=at)
    assert (status, content["result"]) == (200, "unchanged")
    assert rows() == before
    # The time put right.
    assert report(erp, shipped_at=hours(-2)).content["result"] == "updated"
    assert stored()[1] == datetime.fromisoformat(hours(-2)) and Shipment.objects.count() == 1


def test_the_same_key_ships_once(erp: Program, order: Order) -> None:
    body = shipped()
    first = erp.post("/orders/O1/shipments", body, key="k1")
    again = erp.post("/orders/O1/shipments", body, key="k1")
    assert (first.status, again.status, again.content) == (201, 201, first.content)


def test_a_refund_under_way_raises_an_alert(erp: Program, order: Order) -> None:
    """SPEC H1; and H2, where it turns out to have left before the refund was decided."""
    refunded(order, ticket_no="T1", amount=1000)
    found = report(erp, shipped_at=hours(0.5)).content
    assert [(a["ticket_no"], a["kind"], a["state"]) for a in found["alerts"]] == [
        ("T1", "shipped_after_refund", "to_stop")
    ]
    assert report(erp, shipped_at=hours(-1)).content["alerts"][0]["kind"] == "likely_loss"
    assert alerts() == [("T1", "likely_loss", "to_stop")]
    assert Ticket.objects.get().flags == ["likely_loss"]


def test_parts_of_an_order(erp: Program, order: Order) -> None:
    """Only tickets on the lines of a parcel concern it."""
    refunded(order, ticket_no="T1", line_no=1, amount=5000)
    refunded(order, ticket_no="T2", line_no=2, amount=5000)
    first = report(erp, lines=[2]).content
    assert (first["status"], [a["ticket_no"] for a in first["alerts"]]) == (
        "partially_shipped",
        ["T2"],
    )
    second = report(erp, lines=[1], tracking_no="SF2").content
    assert (second["result"], second["status"]) == ("created", "shipped")
    assert alerts() == [
        ("T1", "shipped_after_refund", "to_stop"),
        ("T2", "likely_loss", "to_stop"),
    ]
    before = rows()
    assert report(erp, lines=[3]).content["errors"][0]["pointer"] == "#/lines"
    assert rows() == before


def test_a_parcel_whose_money_went_for_another_line(erp: Program, order: Order) -> None:
    """Two refunds on the first line took the money of the second: neither may arrive."""
    refunded(order, ticket_no="T1", line_no=1, amount=5000)
    refunded(order, ticket_no="T2", line_no=1, amount=5000)
    found = report(erp, lines=[2], shipped_at=hours(0.5)).content
    assert [(a["ticket_no"], a["state"]) for a in found["alerts"]] == [
        ("T1", "to_stop"),
        ("T2", "to_stop"),
    ]


def test_a_price_adjustment_lets_the_parcel_go(erp: Program, order: Order) -> None:
    refunded(order, ticket_no="T1", line_no=1, amount=4999)
    assert report(erp, shipped_at=hours(-1)).content["alerts"] == []
    assert Ticket.objects.get().flags == []


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"shipped_at": "2026-01-01T00:00:00"}, "#/shipped_at"),
        ({"shipped_at": "2199-01-01T00:00:00Z"}, "#/shipped_at"),
        ({"lines": []}, "#/lines"),
        ({"lines": [0]}, "#/lines/0"),
        ({"carrier": "a" * 65}, "#/carrier"),
        ({"tracking_no": "a" * 65}, "#/tracking_no"),
        ({"weight": 1}, "#/weight"),
    ],
)
def test_shipments_that_are_refused(
    erp: Program, order: Order, fields: dict[str, Any], pointer: str
) -> None:
    before = rows()
    found = report(erp, **fields)
    assert (found.status, found.content["errors"][0]["pointer"]) == (422, pointer)
    assert rows() == before


def platform_says(erp: Program, **fields: Any) -> str:
    sent = record_factories.order(**{"updated_at": timezone.now().isoformat()} | fields)
    found = erp.post("/orders", {key: sent[key] for key in sent if key not in ("kind", "shop")})
    return found.content["result"]


def test_an_older_picture_of_the_platform_does_not_undo_it(erp: Program, order: Order) -> None:
    at = hours(-1)
    report(erp, shipped_at=at)
    version = {"updated_at": hours(-0.5), "label_printed_at": hours(-3)}
    assert platform_says(erp, **version) == "updated"
    assert stored() == ("shipped", datetime.fromisoformat(at))
    assert platform_says(erp, **version) == "unchanged"
    # The platform's own time, once it has one, and what comes after.
    later = hours(-0.9)
    assert platform_says(erp, status="shipped", shipped_at=later) == "updated"
    assert stored() == ("shipped", datetime.fromisoformat(later))
    assert platform_says(erp, status="delivered", shipped_at=later) == "updated"
    assert stored() == ("delivered", datetime.fromisoformat(later))


def test_a_part_and_the_platforms_rest(erp: Program, order: Order) -> None:
    report(erp, lines=[1])
    assert platform_says(erp, status="pending_shipment") == "updated"
    assert stored()[0] == "partially_shipped"
    assert platform_says(erp, status="shipped", shipped_at=hours(0)) == "updated"
    assert stored()[0] == "shipped"


def test_shipping_cancelled(erp: Program, shop: Shop, order: Order, owner: User) -> None:
    """A report is withdrawn: the label counts no more, and only the evaluator moves money."""
    make_strategy(shop)
    Order.objects.update(label_printed_at=timezone.now() - timedelta(hours=3))
    ticket = make_ticket(order, ticket_no="T1", amount=1000)
    report(erp)
    decide_shop(shop.pk, tally=Tally())
    assert Ticket.objects.get().status == "pending_review"
    found = erp.post("/orders/O1/shipping-cancelled")
    assert (found.status, found.content["result"]) == (200, "updated")
    assert (found.content["status"], found.content["shipped_at"]) == ("pending_shipment", None)
    assert Order.objects.get().label_printed_at is None
    assert notes(ticket) == [("person", owner.username)] * 2
    assert Ticket.objects.get().awaiting_evaluation and not hasattr(Ticket.objects.get(), "refund")
    before = rows()
    assert erp.post("/orders/O1/shipping-cancelled").content["result"] == "unchanged"
    assert rows() == before
    # The message of the shipment, sent once more, changes nothing.
    kept = Shipment.objects.get()
    assert report(erp, shipped_at=kept.shipped_at.isoformat()).content["result"] == "unchanged"
    assert rows() == before
    decide_shop(shop.pk, tally=Tally())
    assert Ticket.objects.get().status == "refunding"


def test_a_label_that_is_printed_later_counts(erp: Program, order: Order) -> None:
    printed = hours(-3)
    assert platform_says(erp, label_printed_at=printed, updated_at=hours(-2)) == "updated"
    erp.post("/orders/O1/shipping-cancelled")
    assert platform_says(erp, label_printed_at=printed, updated_at=hours(-1)) == "updated"
    assert Order.objects.get().label_printed_at is None
    assert platform_says(erp, label_printed_at=hours(1)) == "updated"
    assert Order.objects.get().label_printed_at == datetime.fromisoformat(hours(1))


def test_what_the_platform_says_is_shipped_stays_so(erp: Program, order: Order) -> None:
    """SPEC S2: its status decides. What was to be stopped needs it no more."""
    refunded(order, ticket_no="T1", amount=1000)
    assert platform_says(erp, status="shipped", shipped_at=hours(-1)) == "updated"
    assert alerts() == [("T1", "likely_loss", "to_stop")]
    found = erp.post("/orders/O1/shipping-cancelled").content
    assert (found["result"], found["status"]) == ("updated", "shipped")
    assert alerts() == [("T1", "likely_loss", "intercepted")]


def test_shipped_again_after_all(erp: Program, order: Order) -> None:
    """The alert that ended with the cancelling is raised again (SPEC H1: never dropped)."""
    refunded(order, ticket_no="T1", amount=1000)
    report(erp)
    erp.post("/orders/O1/shipping-cancelled")
    assert alerts() == [("T1", "likely_loss", "intercepted")]
    found = report(erp, shipped_at=hours(0), tracking_no="SF2").content
    assert (found["result"], found["status"]) == ("created", "shipped")
    assert alerts() == [("T1", "likely_loss", "to_stop")]


@pytest.mark.parametrize("status", ["delivered", "completed"])
@pytest.mark.parametrize("signal", SIGNALS)
def test_too_late_for_a_signal(erp: Program, order: Order, signal: str, status: str) -> None:
    Order.objects.update(status=status, shipped_at=timezone.now())
    before = rows()
    found = erp.post(f"/orders/O1/{signal}")
    to = {
        "shipping-cancelled": "pending_shipment",
        "parcel-intercepted": "intercepted",
        "delivery-refused": "delivery_refused",
    }[signal]
    assert (found.status, found.content["from"], found.content["to"]) == (409, status, to)
    assert rows() == before


@pytest.mark.parametrize("signal", ["parcel-intercepted", "delivery-refused"])
def test_nothing_is_on_its_way(erp: Program, order: Order, signal: str) -> None:
    before = rows()
    found = erp.post(f"/orders/O1/{signal}")
    assert (found.status, found.content["from"]) == (409, "pending_shipment")
    assert rows() == before


def test_parcel_intercepted(erp: Program, order: Order, owner: User) -> None:
    refunded(order, ticket_no="T1", amount=1000)
    waiting = make_ticket(order, ticket_no="T2", amount=1000, awaiting_evaluation=False)
    report(erp)
    Ticket.objects.filter(pk=waiting.pk).update(awaiting_evaluation=False)
    found = erp.post("/orders/O1/parcel-intercepted", key="k1").content
    assert (found["result"], [a["state"] for a in found["alerts"]]) == ("updated", ["intercepted"])
    alert = ShippingAlert.objects.get()
    assert (alert.state, alert.changed_by) == ("intercepted", owner)
    assert notes(waiting)[-1] == ("person", owner.username)
    assert Ticket.objects.get(pk=waiting.pk).awaiting_evaluation
    assert erp.post("/orders/O1/parcel-intercepted", key="k1").content == found
    before = rows()
    assert erp.post("/orders/O1/parcel-intercepted").content["result"] == "unchanged"
    assert rows() == before


def test_delivery_refused(erp: Program, order: Order, owner: User) -> None:
    ticket = refunded(order, ticket_no="T1", amount=1000)
    report(erp)
    found = erp.post("/orders/O1/delivery-refused").content
    # Until the goods are back.
    assert (found["result"], [a["state"] for a in found["alerts"]]) == ("updated", ["to_stop"])
    assert notes(ticket)[-1] == ("person", owner.username)
    assert OrderShipping.objects.get().refused_at is not None
    before = rows()
    assert erp.post("/orders/O1/delivery-refused").content["result"] == "unchanged"
    assert rows() == before
    # A platform closes an order whose money has left.
    Order.objects.update(status="closed")
    assert erp.post("/orders/O1/parcel-intercepted").content["result"] == "updated"


@pytest.mark.parametrize("status", ["awaiting_return", "returning"])
def test_goods_received(erp: Program, order: Order, owner: User, status: str) -> None:
    make_ticket(
        order,
        ticket_no="T1",
        type="return_refund",
        amount=1000,
        status=status,
        awaiting_evaluation=False,
    )
    found = erp.post("/tickets/T1/goods-received", key="k1").content
    assert (found["status"], found["refund"]["amount"]) == ("refunding", "10.00")
    assert found["refund"]["requested_by"] == owner.username
    assert found["goods_received_at"] is not None
    assert erp.post("/tickets/T1/goods-received", key="k1").content == found
    before = rows()
    assert erp.post("/tickets/T1/goods-received").content == found
    assert rows() == before


def test_goods_of_an_exchange_are_noted(erp: Program, order: Order) -> None:
    ticket = make_ticket(
        order, ticket_no="T1", type="exchange", status="returning", awaiting_evaluation=False
    )
    found = erp.post("/tickets/T1/goods-received").content
    assert (found["status"], found["refund"], len(notes(ticket))) == ("returning", None, 1)
    before = rows()
    assert erp.post("/tickets/T1/goods-received").status == 200
    assert rows() == before


def test_a_parcel_that_comes_back(erp: Program, order: Order) -> None:
    refunded(order, ticket_no="T1", amount=1000)
    report(erp)
    assert erp.post("/tickets/T1/goods-received").content["status"] == "refunding"
    assert alerts() == [("T1", "likely_loss", "returned")]


@pytest.mark.parametrize(
    "status", ["pending_review", "negotiating", "refunding", "refunded", "rejected", "closed"]
)
def test_a_ticket_that_waits_for_no_goods(erp: Program, order: Order, status: str) -> None:
    make_ticket(order, ticket_no="T1", status=status, awaiting_evaluation=False)
    before = rows()
    found = erp.post("/tickets/T1/goods-received")
    assert (found.status, found.content["from"], found.content["to"]) == (
        409,
        status,
        "refunding",
    )
    assert rows() == before


def test_goods_whose_refund_cannot_start_have_arrived_all_the_same(
    erp: Program, order: Order
) -> None:
    """The report is a fact, and is kept with the reason; so is the parcel that came back."""
    refunded(order, ticket_no="T1")
    ticket = make_ticket(
        order,
        ticket_no="T2",
        type="return_refund",
        status="returning",
        amount=1,
        awaiting_evaluation=False,
    )
    alert = ShippingAlert.objects.create(
        shop=order.shop, order=order, ticket=ticket, kind="shipped_after_refund",
        state="to_stop", raised_at=NOON, changed_at=NOON,
    )  # fmt: skip
    found = erp.post("/tickets/T2/goods-received").content
    assert (found["status"], found["refund"]) == ("returning", None)
    assert found["approved_amount"] == "0.00"
    assert found["goods_received_at"] is not None
    assert found["events"][-1]["note"].startswith("Goods received in the warehouse. · ")
    assert "¥0.00" in found["events"][-1]["note"]
    alert.refresh_from_db()
    assert alert.state == "returned"
    before = rows()
    assert erp.post("/tickets/T2/goods-received").status == 200
    assert rows() == before


def test_nothing_of_another_shop(erp: Program, owner: User, order: Order) -> None:
    other = make_shop()
    owner.memberships.create(shop=other, role="owner")
    make_ticket(
        make_order(other, order_no="O2"),
        ticket_no="T2",
        status="returning",
        awaiting_evaluation=False,
    )
    before = rows()
    for order_no in ("O2", "none", "a%00"):
        for signal in SIGNALS:
            assert erp.post(f"/orders/{order_no}/{signal}").status == 404
        assert erp.post(f"/orders/{order_no}/shipments", shipped()).status == 404
    assert erp.post("/tickets/T2/goods-received").status == 404
    assert rows() == before


def test_the_scope_that_it_takes(shop: Shop, owner: User, order: Order) -> None:
    others = program(shop, owner, "read", "tickets", "strategies", "windows")
    assert others.post("/orders/O1/shipments", shipped()).status == 403
    assert others.post("/orders/O1/shipping-cancelled").status == 403
    assert stored()[0] == "pending_shipment"
