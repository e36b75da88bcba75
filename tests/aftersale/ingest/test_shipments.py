"""SPEC H1, H2: a shipment after a refund is a fact, and raises an alert; once a ticket."""

from datetime import timedelta
from typing import Any

import pytest

from aftersale.models import Refund, ShippingAlert, Shop, Ticket, TicketEvent
from aftersale.services.shared.outcomes import CHANGED, UNCHANGED
from tests.aftersale.ingest.record_factories import NOON, at, order, save_order, save_ticket, ticket

from .conftest import the_order, the_ticket

pytestmark = pytest.mark.django_db


def refund(ticket_no: str = "T1", hour: float = 1, **fields: Any) -> Refund:
    row = Ticket.objects.get(ticket_no=ticket_no)
    assert row.order is not None
    return Refund.objects.create(
        shop_id=row.shop_id, order=row.order, ticket=row, amount=5_990, source="strategy",
        requested_at=NOON + timedelta(hours=hour), **fields,
    )  # fmt: skip


def alerts() -> list[tuple[str, str, str]]:
    rows = ShippingAlert.objects.order_by("ticket__ticket_no")
    return list(rows.values_list("ticket__ticket_no", "kind", "state"))


def shipped(hour: float, **fields: Any) -> dict[str, Any]:
    """Reported two hours after noon, or later, as shipped at that hour."""
    return order(updated_at=at(2), status="shipped", shipped_at=at(hour)) | fields


@pytest.fixture
def refunded(shop: Shop) -> Shop:
    """One ticket of the order, decided an hour after noon."""
    save_order(order())
    save_ticket(ticket())
    refund()
    return shop


@pytest.mark.parametrize("status", ["requested", "sending", "unknown", "succeeded"])
def test_shipped_after_the_refund(refunded: Shop, status: str) -> None:
    """H1: the fact is taken over; people are told, with the money still where it was."""
    Refund.objects.update(status=status)
    assert save_order(shipped(1.01), hour=3) == [CHANGED]
    assert (the_order().status, the_order().shipped_at) == ("shipped", NOON + timedelta(hours=1.01))
    assert alerts() == [("T1", "shipped_after_refund", "to_stop")]
    alert = ShippingAlert.objects.get()
    assert (alert.shop, alert.order, alert.note) == (refunded, the_order(), "")
    assert alert.raised_at == alert.changed_at == NOON + timedelta(hours=3)
    assert alert.changed_by is None
    assert the_ticket().flags == []
    event = TicketEvent.objects.get(kind="flag")
    assert (event.ticket, event.actor) == (the_ticket(), "platform")
    assert Refund.objects.get().status == status


def test_shipped_before_the_decision_and_reported_late(refunded: Shop) -> None:
    """H2: flagged, and listed for interception."""
    save_order(shipped(1))
    assert alerts() == [("T1", "likely_loss", "to_stop")]
    assert the_ticket().flags == ["likely_loss"]
    assert TicketEvent.objects.filter(kind="flag").count() == 1


def test_a_shipment_is_told_once(refunded: Shop) -> None:
    save_order(shipped(1))
    assert save_order(shipped(1)) == [UNCHANGED]
    ShippingAlert.objects.update(state="intercepted")
    save_order(shipped(1, updated_at=at(3), status="delivered"))
    # The platform takes it back and reports it anew.
    save_order(order(updated_at=at(4)))
    save_order(shipped(4.5, updated_at=at(5)))
    assert alerts() == [("T1", "likely_loss", "intercepted")]
    assert TicketEvent.objects.filter(kind="flag").count() == 1


def test_every_ticket_of_the_order_counts(shop: Shop) -> None:
    """Also one on a single line; what was taken back, or waits, does not; nor do other orders."""
    save_order(order(), order(order_no="O2"))
    numbers = ["T1", "T2", "T3", "T4"]
    save_ticket(
        *[ticket(ticket_no=no, line_no=2 if no == "T2" else None, amount="10") for no in numbers],
        ticket(ticket_no="T5", order_no="O2"),
    )
    refund("T1", 1.5)
    refund("T2", 0.5)
    refund("T3", status="taken_back")
    refund("T5")
    save_order(shipped(1))
    assert alerts() == [
        ("T1", "likely_loss", "to_stop"),
        ("T2", "shipped_after_refund", "to_stop"),
    ]


def test_a_failed_refund(refunded: Shop) -> None:
    """The money is here and nothing is under way: whoever tries again sees the shipment. Decided
    as not shipped, it is listed all the same."""
    Refund.objects.update(status="failed")
    save_order(shipped(1.5))
    assert alerts() == []
    save_order(order(updated_at=at(3)))
    save_order(shipped(0.5, updated_at=at(4)))
    assert alerts() == [("T1", "likely_loss", "to_stop")]


def test_a_refund_of_shipped_goods_is_none(shop: Shop) -> None:
    """Decided after the shipment was known: later reports of it raise nothing."""
    save_order(order(status="shipped", shipped_at=at(-1)))
    save_ticket(ticket())
    refund()
    save_order(shipped(-1, status="delivered", delivered_at=at(1.5)))
    save_order(shipped(-2, updated_at=at(3), status="delivered", delivered_at=at(1.5)))
    assert (alerts(), the_ticket().flags) == ([], [])


def test_an_order_that_arrives_shipped_is_none(shop: Shop) -> None:
    """Tickets that the platform settled before the order came were not decided as unshipped."""
    save_ticket(ticket(status="refunded"))
    save_order(order(status="shipped", shipped_at=at(-1)))
    assert Refund.objects.get().status == "succeeded"
    assert (alerts(), the_ticket().flags) == ([], [])


def test_a_refund_of_the_platform_counts(shop: Shop) -> None:
    """Under way at the platform it has no row of ours."""
    save_order(order())
    save_ticket(ticket(status="refunding"), hour=1)
    assert not Refund.objects.exists()
    save_order(shipped(1.5))
    assert alerts() == [("T1", "shipped_after_refund", "to_stop")]


def test_a_time_that_comes_later_shows_the_likely_loss(refunded: Shop) -> None:
    save_order(order(updated_at=at(2), status="shipped"))
    assert alerts() == [("T1", "shipped_after_refund", "to_stop")]
    save_ticket(ticket(ticket_no="T2", amount="10"))
    refund("T2", 2.5)
    ShippingAlert.objects.update(state="asked_carrier")
    save_order(shipped(1, updated_at=at(3)))
    assert alerts() == [("T1", "likely_loss", "asked_carrier")]
    assert the_ticket().flags == ["likely_loss"]


def test_the_rest_of_an_order_is_shipped(shop: Shop) -> None:
    """A part shipment raises no alert for refunds decided after it; the rest does, unless the goods
    came back."""
    save_order(order(status="partially_shipped", shipped_at=at(-1)))
    save_ticket(
        ticket(amount="20"),
        ticket(ticket_no="T2", type="return_refund", amount="20", status="refunding"),
    )
    refund()
    save_order(
        order(
            updated_at=at(1.5), status="partially_shipped", shipped_at=at(-1), refunded_amount="1"
        )
    )
    assert alerts() == []
    save_order(shipped(-1))
    assert alerts() == [("T1", "shipped_after_refund", "to_stop")]
    assert the_ticket().flags == []


def adjusted(amount: int, **fields: Any) -> None:
    """The first ticket with a refund of so much, of a line of quantity 1 for 60.00."""
    save_order(order())
    save_ticket(ticket(line_no=1, amount=f"{amount / 100:.2f}") | fields)
    refund()
    Refund.objects.update(amount=amount)


@pytest.mark.parametrize("hour", [0.5, 1.5])
def test_a_price_adjustment_raises_nothing(shop: Shop, hour: float) -> None:
    """SPEC H1, H2: whether the shipment was reported in time or late."""
    adjusted(5_999)
    save_order(shipped(hour))
    assert (alerts(), the_ticket().flags) == ([], [])
    assert not TicketEvent.objects.filter(kind="flag").exists()


@pytest.mark.parametrize(
    ("amount", "line_no", "other"),
    [
        (6_000, 1, None),
        # Of two pieces one may be meant.
        (100, 2, None),
        # Of two lines it may be either.
        (100, None, None),
        # Together with what is asked for besides.
        (5_000, 1, "10.00"),
    ],
)
def test_what_is_no_price_adjustment(
    shop: Shop, amount: int, line_no: int | None, other: str | None
) -> None:
    adjusted(amount, line_no=line_no)
    if other:
        save_ticket(ticket(ticket_no="T2", line_no=1, amount=other))
    save_order(shipped(1.5))
    assert alerts() == [("T1", "shipped_after_refund", "to_stop")]


def test_an_adjustment_of_an_order_of_one_line(shop: Shop) -> None:
    """Gifts aside; freight counts as not given back."""
    lines = [
        {"line_no": 1, "product": "p1", "quantity": 1, "paid_amount": "60"},
        {"line_no": 2, "product": "p2", "quantity": 2, "paid_amount": "0"},
    ]
    record = {"paid_amount": "66", "lines": lines}
    for order_no, amount in (("O1", 5_999), ("O2", 6_000)):
        save_order(order(order_no=order_no, **record))
        save_ticket(ticket(ticket_no=f"T-{order_no}", order_no=order_no))
        refund(f"T-{order_no}")
        Refund.objects.filter(ticket__ticket_no=f"T-{order_no}").update(amount=amount)
        save_order(shipped(1.5, order_no=order_no, **record))
    assert alerts() == [("T-O2", "shipped_after_refund", "to_stop")]


def test_adjustments_that_add_up_to_the_price_are_none(shop: Shop) -> None:
    adjusted(500)
    save_ticket(ticket(ticket_no="T2", line_no=1, amount="55"))
    refund("T2")
    Refund.objects.filter(ticket__ticket_no="T2").update(amount=5_500)
    save_order(shipped(1.5))
    assert alerts() == [
        ("T1", "shipped_after_refund", "to_stop"),
        ("T2", "shipped_after_refund", "to_stop"),
    ]
