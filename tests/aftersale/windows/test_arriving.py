"""Tickets on completed orders: through which window, or flagged (SPEC W2)."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from aftersale.models import AfterSaleWindow, Order, Shop, Ticket
from aftersale.services.ingest import windows
from tests.aftersale.ingest.record_factories import NOON, at, order, save_order, save_ticket, ticket
from tests.factories import make_shop

pytestmark = pytest.mark.django_db

FLAG_NOTE = "Filed on a completed order while no after-sale window was open: can't be approved."


@pytest.fixture
def shop() -> Shop:
    return make_shop(code="s1", platform="kuaishou")


def done(**fields: Any) -> dict[str, Any]:
    """The order, completed a day before noon."""
    return order(status="completed", completed_at=at(-24), **fields)


def window(opened: float, **fields: Any) -> AfterSaleWindow:
    """Opened so many hours after noon on the order that is there."""
    return AfterSaleWindow.objects.create(
        shop=Shop.objects.get(),
        order=Order.objects.get(),
        opened_at=NOON + timedelta(hours=opened),
        agreement="a",
        closes_at=NOON + timedelta(hours=opened + 72),
        **fields,
    )


def filed_through() -> tuple[AfterSaleWindow | None, list[str], list[str]]:
    """Window, flags and notes of flags of the one ticket."""
    found = Ticket.objects.get()
    notes = found.events.filter(kind="flag").values_list("note", flat=True)
    return found.window, found.flags, list(notes)


SECOND = 1 / 3600


@pytest.mark.parametrize(
    ("opened", "inside"),
    [(0, True), (SECOND, False), (-72, False), (-72 + SECOND, True)],
)
def test_a_window_is_open_from_its_second_to_before_its_last(
    shop: Shop, opened: float, inside: bool
) -> None:
    """Decided by its times; that nobody has written its end down does not matter."""
    save_order(done())
    found = window(opened)
    save_ticket(ticket())
    assert filed_through() == ((found, [], []) if inside else (None, ["no_window"], [FLAG_NOTE]))


def test_one_that_was_written_down_as_closed_counts_for_its_time(shop: Shop) -> None:
    save_order(done())
    found = window(-71, closed_at=NOON + timedelta(hours=1))
    window(24)
    save_ticket(ticket(updated_at=at(30)), hour=30)
    assert filed_through()[0] == found


@pytest.mark.parametrize(
    ("of_order", "flagged"),
    [
        ({"status": "completed", "completed_at": at(0)}, True),
        ({"status": "completed", "completed_at": at(SECOND)}, False),
        ({"status": "completed"}, True),
        ({"status": "closed", "completed_at": at(-1)}, True),
        ({"status": "closed"}, False),
        ({"status": "delivered"}, False),
    ],
)
def test_which_orders_need_a_window(shop: Shop, of_order: dict[str, Any], flagged: bool) -> None:
    """A ticket applied for before completion is an ordinary one."""
    save_order(order(**of_order))
    save_ticket(ticket())
    assert filed_through()[1] == (["no_window"] if flagged else [])


@pytest.mark.parametrize("open_", [True, False])
def test_worked_out_once_the_order_arrives(shop: Shop, open_: bool) -> None:
    """SPEC O6; a window can only be on an order that is there, so it is on an older version."""
    save_ticket(ticket())
    assert filed_through() == (None, [], [])
    save_order(order(status="delivered", updated_at=at(0)))
    if open_:
        window(-1)
    save_order(done(updated_at=at(1)))
    found, raised, _notes = filed_through()
    assert (found is not None, raised) == (open_, [] if open_ else ["no_window"])


def test_a_completed_order_arrives_after_its_ticket(shop: Shop) -> None:
    save_ticket(ticket())
    save_order(done())
    assert filed_through() == (None, ["no_window"], [FLAG_NOTE])
    save_order(done(updated_at=at(1)))
    assert filed_through() == (None, ["no_window"], [FLAG_NOTE])  # said once


def test_a_newer_version_of_an_undecided_ticket_is_placed_anew(shop: Shop) -> None:
    save_order(done())
    found = window(5)
    save_ticket(ticket())
    assert filed_through()[:2] == (None, ["no_window"])
    save_ticket(ticket(applied_at=at(5), updated_at=at(5)))
    assert filed_through()[:2] == (found, [])
    save_ticket(ticket(applied_at=at(-30), updated_at=at(6)))  # before completion
    assert filed_through()[:2] == (None, [])
    save_order(done(updated_at=at(7)) | {"completed_at": at(-40)})
    assert filed_through()[:2] == (None, ["no_window"])


def test_other_flags_stay(shop: Shop) -> None:
    save_order(done())
    save_ticket(ticket())
    Ticket.objects.update(flags=["platform_step", "no_window"])
    window(5)
    save_ticket(ticket(applied_at=at(5), updated_at=at(5)))
    assert Ticket.objects.get().flags == ["platform_step"]


def test_a_decided_ticket_stays_what_it_was(shop: Shop) -> None:
    save_order(order(status="delivered"))
    save_ticket(ticket())
    Ticket.objects.update(status="refunding", committed=5_990, awaiting_evaluation=False)
    Order.objects.update(committed=5_990)
    save_order(done(updated_at=at(1)))
    assert filed_through() == (None, [], [])


def test_a_rejected_ticket_that_is_filed_again_through_a_window(shop: Shop) -> None:
    """Rejected for want of a window; the merchant opens one, the buyer applies again."""
    save_order(done())
    save_ticket(ticket())
    Ticket.objects.update(status="rejected", awaiting_evaluation=False)
    found = window(5)
    save_ticket(ticket(applied_at=at(6), updated_at=at(6), status="pending_review"), hour=6)
    assert filed_through()[:2] == (found, [])
    assert Ticket.objects.get().applied_at == NOON + timedelta(hours=6)
    save_ticket(ticket(applied_at=at(6), updated_at=at(7)), hour=7)
    assert filed_through()[:2] == (found, [])


def test_what_arrives_refunded_through_a_window_is_charged(shop: Shop) -> None:
    """SPEC W3: the platform did it by itself; neither fund holds anything."""
    save_order(done())
    window(-1)
    save_ticket(ticket(status="refunded", refund_result={"status": "succeeded", "at": at(1)}))
    balances = dict(shop.funds.values_list("kind", "balance"))
    assert balances == {"wallet": 0, "deposit": -5_990}


def test_orders_that_are_not_completed_cost_no_statement(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "_PLACE", "no SQL")
    save_order(order(), order(order_no="O2", status="completed", completed_at=at(1)))
    results = save_ticket(ticket(), ticket(ticket_no="T2", order_no="O2"))
    results += save_ticket(ticket(updated_at=at(1)))
    assert [result.outcome.value for result in results] == ["new", "new", "changed"]
    with pytest.raises(psycopg.ProgrammingError):
        save_ticket(ticket(ticket_no="T3", order_no="O2", applied_at=at(1)))
