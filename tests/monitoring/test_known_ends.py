"""SPEC M6, M2: known ends of tickets, counted on the day on which each is known."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from aftersale.models import Actor, Refund, Shop, Ticket, TicketEvent, TicketFlag
from monitoring.models import StaleMoment
from monitoring.services.figures import FigureSource, day_span, known_ends, read, roll_up
from monitoring.services.figures.days import day_spans, today
from monitoring.services.figures.sources import rows_behind
from strategies.models import Decision
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import make_order, make_shop, make_strategy, make_ticket, make_user

pytestmark = pytest.mark.django_db

# Noon, in every zone a day of shops: a day is over an hour after its midnight at the earliest.
NOON_BEFORE = (timezone.now() - timedelta(days=1)).replace(
    hour=4, minute=0, second=0, microsecond=0
)
LATELY = timedelta(days=3)


def ended(shop: Shop, status: str, at: datetime, **fields: Any) -> Ticket:
    order = fields.pop("order", None) or make_order(shop)
    return make_ticket(
        order, awaiting_evaluation=False, status=status, status_at=at,
        applied_at=at - timedelta(hours=5), **fields,
    )  # fmt: skip


def refunded(shop: Shop, at: datetime, paid: int = 10_000, **fields: Any) -> Ticket:
    ticket = ended(shop, "refunded", at, **fields)
    Refund.objects.create(
        shop=shop, order=ticket.order, ticket=ticket, amount=paid, requested_at=at, settled_at=at,
        status="succeeded", source="person",
    )  # fmt: skip
    return ticket


def rejected(shop: Shop, at: datetime, **fields: Any) -> Ticket:
    ticket = ended(shop, fields.pop("status", "rejected"), at, rejected_before=True, **fields)
    moved(ticket, at, "pending_review", "rejected")
    return ticket


def moved(ticket: Ticket, at: datetime, before: str, after: str) -> None:
    TicketEvent.objects.create(
        ticket=ticket, at=at, kind="status", actor="platform", from_status=before, to_status=after
    )


def found(shop: Shop, now: datetime, source: str = FigureSource.END) -> dict[tuple, tuple]:
    """By days ago, end and approver: number and amount."""
    last = today(shop, now)
    spans = day_spans(shop, last - timedelta(days=30), last)
    return {
        ((last - figure.day).days, figure.kind, figure.key): (figure.number, figure.amount)
        for figure in known_ends(spans)
        if figure.source == source
    }


def test_each_on_the_day_on_which_it_is_known() -> None:
    shop, now = make_shop(), NOON_BEFORE
    at = now - LATELY
    refunded(shop, at)
    refunded(shop, at)
    refunded(shop, at, 6_000)
    refunded(shop, at, goods_received_at=at)
    rejected(shop, now - timedelta(days=12))
    rejected(shop, now - timedelta(days=3))  # not upheld yet
    rejected(shop, now - timedelta(days=12), status="cancelled")
    won = rejected(shop, now - timedelta(days=20), status="closed", arbitration_result="merchant")
    moved(won, at, "arbitration", "closed")
    ended(shop, "cancelled", at)
    ended(shop, "pending_review", at)
    roll_up(now=now)
    assert found(shop, now) == {
        (3, "refunded", ""): (2, 0),
        (3, "reduced", ""): (1, 4_000),
        (3, "goods_back", ""): (1, 10_000),
        (5, "rejected", ""): (2, 20_000),
        (3, "won", ""): (1, 10_000),
    }
    # A figure lists its rows by the query that counted it.
    span = day_span(shop, today(shop, at))
    total, rows = rows_behind(
        source=FigureSource.END, spans=[span], kinds=["won"], keys=[""], limit=9, offset=0
    )
    assert (total, [row.ticket_id for row in rows]) == (1, [won.pk])


def test_what_strategies_approved_names_them() -> None:
    shop, now = make_shop(), NOON_BEFORE
    strategy = make_strategy(shop)
    tickets = [make_ticket(make_order(shop)) for _ in range(2)]
    decide_shop(shop.pk, tally=Tally())
    Decision.objects.update(decided_at=now - LATELY)
    Refund.objects.update(status="succeeded", settled_at=now - LATELY, next_step_at=None)
    Ticket.objects.update(status="refunded", status_at=now - LATELY)
    Ticket.objects.filter(pk=tickets[0].pk).update(flags=[TicketFlag.LIKELY_LOSS])
    roll_up(now=now)
    key = str(strategy.pk)
    assert found(shop, now) == {
        (3, "likely_loss", key): (1, 10_000),
        (3, "automatic", key): (1, 0),
    }


def test_what_becomes_known_later_is_counted_anew() -> None:
    shop, now = make_shop(), NOON_BEFORE
    order = make_order(shop)
    first = rejected(shop, now - timedelta(days=12), order=order)
    paid = refunded(shop, now - LATELY)
    roll_up(now=now)
    assert found(shop, now) == {(5, "rejected", ""): (1, 10_000), (3, "refunded", ""): (1, 0)}
    # A later request about the same order is refunded in part, and the other ticket's parcel goes.
    refunded(shop, now - timedelta(days=1), 3_000, order=order)
    Ticket.objects.filter(pk=paid.pk).update(flags=[TicketFlag.LIKELY_LOSS])
    paid.order.shipping_alerts.create(
        shop=shop, ticket=paid, kind="likely_loss", raised_at=now, changed_at=now
    )
    roll_up(now=now)
    assert found(shop, now) == {
        (5, "rejected_then_refunded", ""): (1, 7_000),
        (3, "likely_loss", ""): (1, 10_000),
        (1, "reduced", ""): (1, 7_000),
    }
    # The buyer objects, and arbitration has not ended.
    Ticket.objects.filter(pk=first.pk).update(status="arbitration", status_at=now)
    moved(first, now, "rejected", "arbitration")
    roll_up(now=now)
    assert (5, "rejected_then_refunded", "") not in found(shop, now)
    assert not StaleMoment.objects.exists()


def test_what_a_ticket_that_is_over_learns_later_is_counted_anew() -> None:
    """Arbitration's result after its end, goods after the refund, and a refund after all."""
    shop, now = make_shop(), timezone.now()
    paid = refunded(shop, now - LATELY)
    won, given_up = (rejected(shop, now - timedelta(days=20), status="closed") for _ in range(2))
    moved(won, now - LATELY, "arbitration", "closed")
    roll_up(now=now)
    assert found(shop, now) == {(3, "refunded", ""): (1, 0), (13, "rejected", ""): (2, 20_000)}
    Ticket.objects.filter(pk=won.pk).update(arbitration_result="merchant")
    Ticket.objects.filter(pk=paid.pk).update(goods_received_at=now)
    Ticket.objects.filter(pk=given_up.pk).update(status="refunded", status_at=now)
    roll_up(now=now)
    assert found(shop, now) == {(3, "goods_back", ""): (1, 10_000), (3, "won", ""): (1, 10_000)}
    # Refunded in spite of it.
    Ticket.objects.filter(pk=won.pk).update(status="refunded", status_at=now)
    roll_up(now=now)
    assert found(shop, now) == {(3, "goods_back", ""): (1, 10_000)}
    assert not StaleMoment.objects.exists()


def test_the_work_of_people_by_type() -> None:
    """Four minutes from step to step; after a break nothing is known of a step."""
    shop, now = make_shop(), NOON_BEFORE
    person, at = make_user(shop), now - LATELY
    tickets = [refunded(shop, at), refunded(shop, at), refunded(shop, at, type="return_refund")]
    for number, ticket in enumerate((*tickets, tickets[0])):
        TicketEvent.objects.create(
            ticket=ticket, at=at + timedelta(minutes=4 * number), kind="note", actor=Actor.PERSON,
            user=person,
        )  # fmt: skip
    roll_up(now=now)
    span = day_span(shop, today(shop, at))
    work = {
        figure.kind: (figure.number, figure.seconds)
        for figure in known_ends([span])
        if figure.source == FigureSource.HANDLING
    }
    assert work == {"refund_only": (2, 480), "return_refund": (1, 240)}
    assert {figure.source for figure in read([span])} == {"product", "refund", "request"}


def test_of_days_that_are_not_over_nothing_is_known() -> None:
    shop, now = make_shop(), NOON_BEFORE
    refunded(shop, now)
    roll_up(now=now)
    assert found(shop, now) == {}
