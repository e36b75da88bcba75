"""SPEC O3, O5, O6: tickets come in, and undecided ones follow the platform."""

from datetime import timedelta

import pytest
from django.utils import translation

from aftersale.models import Shop, Ticket, TicketEvent
from aftersale.records.schemas import TicketRecord
from aftersale.services.ingest.tickets import save_tickets
from aftersale.services.shared.outcomes import CHANGED, NEW, OLDER, UNCHANGED, Outcome
from aftersale.services.shops.shops import known
from tests.aftersale.ingest.record_factories import NOON, at, order, save_order, save_ticket, ticket

from .conftest import the_order, the_ticket

pytestmark = pytest.mark.django_db


def test_new_ticket_is_stored_waits_and_has_arrived(shop: Shop, woken: list[set[int]]) -> None:
    save_order(order())
    assert save_ticket(
        ticket(line_no=2, note="broken\n“yes”", evidence=["https://e/1.jpg"]), hour=3
    ) == [NEW]
    stored = the_ticket()
    assert (stored.shop, stored.order, stored.line_no) == (shop, the_order(), 2)
    assert (stored.type, stored.requested_type, stored.amount) == (
        "refund_only",
        "refund_only",
        5_990,
    )
    assert (stored.buyer, stored.products, stored.categories) == ("b1", ["p2"], ["c2"])
    assert (stored.note, stored.evidence) == ("broken\n“yes”", ["https://e/1.jpg"])
    assert (stored.status, stored.status_at, stored.awaiting_evaluation) == (
        "pending_review",
        NOON,
        True,
    )
    assert (stored.flags, stored.committed, stored.scenarios_hit) == ([], 0, 0)
    assert list(stored.events.values_list("kind", "actor", "to_status", "at")) == [
        ("arrived", "platform", "pending_review", NOON + timedelta(hours=3))
    ]
    assert woken == [{shop.pk}]


def test_the_flag_in_the_history_is_read_in_every_language(shop: Shop) -> None:
    """SPEC O4, O7: the worker's language is not the reader's."""
    record = TicketRecord.model_validate(
        {key: value for key, value in ticket().items() if key != "kind"}
    )
    assert save_tickets([record], shops=known(["s1"]), now=NOON, for_people=[record.ticket_no]) == [
        NEW
    ]
    for code, text in {"en": "Open before the shop was connected", "zh-hans": "对接前已有"}.items():
        with translation.override(code):
            assert the_ticket().events.get(kind="flag").note == text


def test_ticket_for_the_whole_order_is_about_all_its_products(shop: Shop) -> None:
    record = order()
    record["lines"][1] |= {"product": "p1", "category": ""}
    save_order(record)
    save_ticket(ticket())
    assert (the_ticket().products, the_ticket().categories) == (["p1", "p1"], ["", "c1"])


def test_same_ticket_again_changes_nothing(shop: Shop, woken: list[set[int]]) -> None:
    save_order(order())
    save_ticket(ticket())
    shop.tickets.update(awaiting_evaluation=False)
    before = Ticket.objects.values().get()
    woken.clear()
    assert save_ticket(ticket(), ticket()) == [UNCHANGED, UNCHANGED]
    assert Ticket.objects.values().get() == before
    assert the_ticket().events.count() == 1
    assert woken == []


def test_newer_version_of_an_undecided_ticket_is_taken_over_and_waits(
    shop: Shop, woken: list[set[int]]
) -> None:
    save_order(order(), order(order_no="O2", buyer="b2"))
    save_ticket(ticket(line_no=1))
    shop.tickets.update(awaiting_evaluation=False)
    woken.clear()
    newer = ticket(
        updated_at=at(1), type="return_refund", amount="10.00", order_no="O2", reason="wrong_item"
    )
    assert save_ticket(newer, ticket(updated_at=at(0.5), amount="1.00")) == [CHANGED, OLDER]
    stored = the_ticket()
    assert (stored.type, stored.requested_type, stored.amount) == (
        "return_refund",
        "return_refund",
        1_000,
    )
    assert (stored.order_no, stored.line_no, stored.buyer) == ("O2", None, "b2")
    assert (stored.products, stored.reason, stored.awaiting_evaluation) == (
        ["p1", "p2"],
        "wrong_item",
        True,
    )
    assert woken == [{shop.pk}]


def test_ticket_can_move_to_an_order_that_has_not_come_yet(shop: Shop) -> None:
    save_order(order())
    save_ticket(ticket())
    assert save_ticket(ticket(updated_at=at(1), order_no="O2")) == [CHANGED]
    assert (the_ticket().order, the_ticket().awaiting_evaluation, the_ticket().products) == (
        None,
        False,
        [],
    )
    save_order(order(order_no="O2", buyer="b2"))
    assert (the_ticket().buyer, the_ticket().awaiting_evaluation) == ("b2", True)


def test_line_that_the_order_lacks_is_refused_and_nothing_moves(shop: Shop) -> None:
    save_order(order())
    refused, taken = save_ticket(ticket(line_no=3), ticket(ticket_no="T2", line_no=1))
    assert (refused.outcome, taken) == (Outcome.REFUSED, NEW)
    assert str(refused.errors[0]) == "line_no: expected a line of order O1 (1, 2), not 3"
    assert Ticket.objects.count() == 1
    before = Ticket.objects.values().get()
    [again] = save_ticket(ticket(ticket_no="T2", line_no=3, updated_at=at(1)))
    assert again.outcome is Outcome.REFUSED
    assert Ticket.objects.values().get() == before


def test_deadline_is_the_platforms_or_the_tables_and_never_computed_again(shop: Shop) -> None:
    """SPEC O5."""
    save_order(order())
    save_ticket(ticket(), ticket(ticket_no="T2", due_at=at(5)))
    assert the_ticket().due_at == NOON + timedelta(hours=48)
    assert shop.tickets.get(ticket_no="T2").due_at == NOON + timedelta(hours=5)
    save_ticket(ticket(updated_at=at(1), type="exchange"), ticket(ticket_no="T2", updated_at=at(1)))
    assert the_ticket().due_at == NOON + timedelta(hours=48)
    assert shop.tickets.get(ticket_no="T2").due_at == NOON + timedelta(hours=5)
    save_ticket(ticket(updated_at=at(2), due_at=at(7)))
    assert the_ticket().due_at == NOON + timedelta(hours=7)


def test_no_deadline_where_none_is_known(shop: Shop) -> None:
    save_order(order())
    save_ticket(ticket(type="exchange"))
    assert the_ticket().due_at is None


def test_many_tickets_on_one_order_in_one_list(shop: Shop) -> None:
    save_order(order())
    results = save_ticket(*[ticket(ticket_no=f"T{n}", line_no=1 + n % 2) for n in range(50)])
    assert results == [NEW] * 50
    assert shop.tickets.filter(awaiting_evaluation=True, order=the_order()).count() == 50


def test_what_a_batch_writes_down_is_read_in_every_language(shop: Shop) -> None:
    """Its events are written without the models."""
    save_ticket(ticket())
    with translation.override("zh-hans"):
        save_order(order())
        assert TicketEvent.objects.get(kind="reported").note == "订单已同步。"
    with translation.override("en"):
        assert TicketEvent.objects.get(kind="reported").note == "The order arrived."
