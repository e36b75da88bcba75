"""An archived ticket or order that comes again is never a fresh one (SPEC O12, promise 1)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from aftersale.models import (
    ArchivedOrder,
    ArchivedTicket,
    Order,
    PlatformAccount,
    Refund,
    Shop,
    Ticket,
    TicketEvent,
)
from aftersale.platforms.protocol import SeenTicket
from aftersale.records.schemas import OrderRecord, TicketRecord
from aftersale.services.ingest import save_orders, save_tickets
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.outcomes import Outcome, Result
from aftersale.services.shops.shops import KnownShop
from aftersale.services.syncing.saving import Saver
from tests.factories import NOON, make_shop, make_ticket, make_user

from .past import NOW, differences, old, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop(archive_months=14, platform="kuaishou")


def said(fields: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in fields.items()}


def ticket_sent(ticket: Ticket, **fields: Any) -> Result:
    record = {
        "shop": ticket.shop.code, "ticket_no": ticket.ticket_no, "order_no": ticket.order_no,
        "type": "refund_only", "amount": "60.00", "applied_at": NOON, "updated_at": NOON,
    }  # fmt: skip
    known = {ticket.shop.code: KnownShop.of(ticket.shop)}
    (result,) = save_tickets(
        [TicketRecord.model_validate(said(record | fields))], shops=known, now=NOW
    )
    return result


def order_sent(order: Order, **fields: Any) -> Result:
    record = {
        "shop": order.shop.code, "order_no": order.order_no, "status": "completed", "buyer": "b",
        "paid_amount": "100.00", "updated_at": order.updated_at,
        "lines": [{"line_no": 1, "product": "p1", "quantity": 1, "paid_amount": "100.00"}],
    }  # fmt: skip
    known = {order.shop.code: KnownShop.of(order.shop)}
    (result,) = save_orders(
        [OrderRecord.model_validate(said(record | fields))], shops=known, now=NOW
    )
    return result


def nothing_came() -> bool:
    return not (Order.objects.exists() or Ticket.objects.exists() or Refund.objects.exists())


@pytest.mark.parametrize(
    ("later", "outcome"),
    [(-1, Outcome.OLDER), (0, Outcome.UNCHANGED), (1, Outcome.REFUSED)],
)
def test_a_ticket_that_comes_again_is_recognised(shop: Shop, later: int, outcome: Outcome) -> None:
    ticket = old(shop)
    assert run(shop).tickets == 1 and nothing_came()
    result = ticket_sent(ticket, updated_at=NOON + timedelta(seconds=later))
    assert result.outcome == outcome and nothing_came()
    if outcome == Outcome.REFUSED:
        (error,) = result.errors
        assert error.pointer == "ticket_no"
        assert "no money leaves for it any more" in error.message


@pytest.mark.parametrize(
    ("later", "outcome"),
    [(-1, Outcome.OLDER), (0, Outcome.UNCHANGED), (1, Outcome.REFUSED)],
)
def test_an_order_that_comes_again_is_recognised(shop: Shop, later: int, outcome: Outcome) -> None:
    """Fresh, it would have given nothing yet: another ticket could take all of it once more."""
    order = old(shop).order
    run(shop)
    result = order_sent(order, updated_at=order.updated_at + timedelta(seconds=later))
    assert result.outcome == outcome and nothing_came()


def test_a_new_ticket_on_an_archived_order_gets_no_money(shop: Shop) -> None:
    """It is kept for people to see, and says why nothing can be approved."""
    ticket = old(shop)
    run(shop)
    assert ticket_sent(ticket, ticket_no="another").outcome == Outcome.NEW
    assert order_sent(ticket.order, updated_at=NOON + timedelta(1)).outcome == Outcome.REFUSED
    new = Ticket.objects.get()
    assert (new.order, new.status, new.awaiting_evaluation) == (None, "pending_review", False)
    assert "Its order is in an archive" in str(TicketEvent.objects.filter(kind="flag").get().note)
    with pytest.raises(Refused):
        approvals.approve(ticket_id=new.pk, user=make_user(shop), now=NOW)
    assert not Refund.objects.exists() and differences() == []


def test_the_database_refuses_what_a_service_would_overlook(shop: Shop) -> None:
    """The trigger of migration 0060, for whoever inserts by another way."""
    ticket = old(shop)
    order = ticket.order
    run(shop)
    for wrong in (
        lambda: Order.objects.create(
            shop=shop, order_no=order.order_no, status="completed", buyer="b", paid_amount=1,
            updated_at=NOON,
        ),
        lambda: Ticket.objects.bulk_create(
            Ticket(shop=shop, ticket_no=number, order_no="o", type="refund_only", amount=1,
                   applied_at=NOON, updated_at=NOON, status_at=NOON)
            for number in ("fresh", ticket.ticket_no)
        ),
    ):  # fmt: skip
        with pytest.raises(IntegrityError, match="is in an archive"), transaction.atomic():
            wrong()
    assert nothing_came()


def test_a_connector_does_not_fetch_an_archived_order_for_ever(shop: Shop) -> None:
    ticket = old(shop)
    run(shop)
    account = PlatformAccount(shop=shop, platform="kuaishou")
    numbers = (ticket.order_no, "unheard-of")
    seen = [
        SeenTicket(
            TicketRecord.model_validate(
                said(
                    {"shop": shop.code, "ticket_no": f"t-{number}", "order_no": number,
                     "type": "refund_only", "amount": "1.00", "applied_at": NOON,
                     "updated_at": NOON}
                )
            )
        )
        for number in numbers
    ]  # fmt: skip
    assert Saver(account).missing_orders(seen) == ["unheard-of"]


def test_numbers_of_another_shop_are_its_own(shop: Shop) -> None:
    ticket = old(shop)
    run(shop)
    other = make_shop()
    mine = Ticket(shop=other, ticket_no=ticket.ticket_no, order_no=ticket.order_no)
    assert ticket_sent(mine).outcome == Outcome.NEW
    assert order_sent(Order(shop=other, order_no=ticket.order_no, updated_at=NOON)).outcome == (
        Outcome.NEW
    )


def test_a_batch_takes_the_fresh_ones_among_archived_ones(shop: Shop) -> None:
    ticket = old(shop)
    run(shop)
    known = {shop.code: KnownShop.of(shop)}
    records = [
        TicketRecord.model_validate(
            {"shop": shop.code, "ticket_no": number, "order_no": "o-new", "type": "refund_only",
             "amount": "1.00", "applied_at": NOON.isoformat(), "updated_at": NOON.isoformat()}
        )
        for number in ("fresh-1", ticket.ticket_no, "fresh-2")
    ]  # fmt: skip
    results = save_tickets(records, shops=known, now=NOW)
    assert [one.outcome for one in results] == [Outcome.NEW, Outcome.UNCHANGED, Outcome.NEW]


def test_all_tickets_of_an_order_go_together_or_none(shop: Shop) -> None:
    """A part of an order's refunds would leave it with money that was given back."""
    ticket = old(shop)
    make_ticket(ticket.order, amount=4_000, status="awaiting_return", awaiting_evaluation=False)
    assert run(shop).orders == 0
    assert Ticket.objects.count() == 2 and not ArchivedOrder.objects.exists()
    Ticket.objects.filter(status="awaiting_return").update(status="cancelled")
    assert run(shop)[:2] == (1, 2)
    assert ArchivedTicket.objects.count() == 2 and nothing_came()
