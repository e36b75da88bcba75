"""SPEC M2, P3: counted days equal their rows, in whatever order rows came and changed."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from aftersale.models import (
    Order,
    Refund,
    Rejection,
    ShippingAlert,
    Shop,
    Ticket,
    TicketEvent,
)
from monitoring.models import DeskCount, DeskDay, StaleMoment
from monitoring.services.figures import audit, day_span, read, roll_up, rollup
from monitoring.services.figures.days import day_spans, today
from monitoring.services.figures.sources import FigureSource, count, rows_behind
from strategies.models import Decision
from strategies.services.evaluator import Tally, decide_shop
from tests.concurrency.threads import at_once
from tests.factories import make_order, make_shop, make_strategy, make_ticket

pytestmark = pytest.mark.django_db
ZONES = ("Asia/Shanghai", "America/New_York", "Asia/Kathmandu")


def move(ticket: Ticket, before: str, after: str, at: datetime) -> None:
    TicketEvent.objects.create(
        ticket=ticket, at=at, kind="status", actor="platform", from_status=before, to_status=after
    )


def something(shop: Shop, rng: random.Random, now: datetime) -> None:
    """One event in a shop, at some moment of the last days."""
    at = now - timedelta(minutes=rng.randrange(6 * 24 * 60))
    order = make_order(shop, paid_at=at - timedelta(hours=rng.randrange(30)))
    ticket = make_ticket(
        order, awaiting_evaluation=False, status="refunded",
        applied_at=at - timedelta(minutes=rng.randrange(900)),
        type=rng.choice(["refund_only", "return_refund"]), amount=rng.randrange(1, 10_000),
    )  # fmt: skip
    kind = rng.randrange(4)
    if kind == 0:
        Refund.objects.create(
            shop=shop, order=order, ticket=ticket, amount=ticket.amount, requested_at=at,
            settled_at=at, status=rng.choice(["succeeded", "succeeded", "failed"]),
            source=rng.choice(["strategy", "person", "fast_refund", "platform"]),
        )  # fmt: skip
    elif kind == 1:
        Rejection.objects.create(
            ticket=ticket, reason=rng.choice(["a", "b"]), explanation="no",
            from_status="pending_review", at=at,
        )  # fmt: skip
        move(ticket, "pending_review", "rejected", at)
        fate = rng.randrange(4)
        later = min(now, at + timedelta(hours=rng.randrange(1, 40)))
        if fate:
            move(ticket, "rejected", "pending_review" if fate == 1 else "arbitration", later)
        if fate == 3:
            move(ticket, "arbitration", "refunding", later)
    elif kind == 2:
        ShippingAlert.objects.create(
            shop=shop, order=order, ticket=ticket, raised_at=at, changed_at=at,
            kind=rng.choice(["likely_loss", "shipped_after_refund"]),
            state=rng.choice(["to_stop", "intercepted", "lost"]),
        )  # fmt: skip
    else:
        move(ticket, "returning", "arbitration", at)


def brute(shop: Shop) -> Counter:
    """All figures of a shop, computed row by row without the sources' statements."""
    zone = ZoneInfo(shop.timezone)
    found: Counter = Counter()

    def add(at: datetime, *names: str) -> None:
        found[(at.astimezone(zone).date(), *names)] += 1

    for paid_at in Order.objects.filter(shop=shop).values_list("paid_at", flat=True):
        add(paid_at, "order", "", "")
    for refund in Refund.objects.filter(shop=shop, settled_at__isnull=False).select_related(
        "ticket"
    ):
        if refund.status == "succeeded":
            add(refund.settled_at, "refund", refund.source, refund.ticket.type)
        elif refund.status == "failed":
            add(refund.settled_at, "failed", refund.source, "")
    over = {"refunding", "awaiting_return", "refunded"}
    for event in TicketEvent.objects.filter(ticket__shop=shop):
        if event.to_status == "arbitration":
            add(event.at, "dispute", "", "")
        if event.from_status == "arbitration" and event.to_status in over:
            add(event.at, "lost", "", "")
    for rejection in Rejection.objects.filter(ticket__shop=shop):
        steps = {
            (event.from_status, event.to_status)
            for event in TicketEvent.objects.filter(
                ticket=rejection.ticket_id, at__gte=rejection.at
            )
        }
        fate = ""
        if ("rejected", "pending_review") in steps:
            fate = "again"
        if ("rejected", "arbitration") in steps:
            fate = "dispute"
        if any(before == "arbitration" and after in over for before, after in steps):
            fate = "overturned"
        add(rejection.at, "rejection", rejection.reason, fate)
    for alert in ShippingAlert.objects.filter(shop=shop):
        add(alert.raised_at, "loss", alert.kind, alert.state)
    for ticket in Ticket.objects.filter(shop=shop):
        add(ticket.applied_at, "request", ticket.reason, "")
        for product in set(ticket.products):
            add(ticket.applied_at, "product", product, ticket.reason)
    return found


def shown(shop: Shop, now: datetime, days: int = 12) -> Counter:
    last = today(shop, now)
    found: Counter = Counter()
    for figure in read(day_spans(shop, last - timedelta(days=days), last)):
        if figure.source != "regret":
            found[(figure.day, figure.source, figure.kind, figure.key)] += figure.number
    return found


@pytest.mark.parametrize("seed", range(4))
def test_counted_days_equal_the_rows(seed: int) -> None:
    """Generated history, half of it written after its days were counted (late arrivals)."""
    rng, now = random.Random(seed), timezone.now()
    shops = [make_shop(timezone=zone) for zone in ZONES]
    for _ in range(40):
        something(rng.choice(shops), rng, now)
    roll_up(now=now)
    assert DeskDay.objects.count() == rollup.DAYS_BACK * 3
    for _ in range(40):
        something(rng.choice(shops), rng, now)
    assert StaleMoment.objects.exists()
    for shop in shops:  # marked days are read from the rows until they are counted again
        assert shown(shop, now) == brute(shop)
    roll_up(now=now)
    assert not StaleMoment.objects.exists()
    for shop in shops:
        assert shown(shop, now) == brute(shop)
        assert not {row.day for row in DeskCount.objects.filter(shop=shop)} - {
            row.day for row in DeskDay.objects.filter(shop=shop)
        }
    assert list(audit.differences()) == []


def test_what_changes_later_marks_its_day() -> None:
    now = timezone.now()
    at = now - timedelta(days=3)
    shop = make_shop()
    ticket = make_ticket(
        make_order(shop, paid_at=at), awaiting_evaluation=False, status="refund_failed"
    )
    refund = Refund.objects.create(
        shop=shop, order=ticket.order, ticket=ticket, amount=100, requested_at=at,
        settled_at=at, status="failed", source="person",
    )  # fmt: skip
    parcel = ShippingAlert.objects.create(
        shop=shop, order=ticket.order, ticket=ticket, kind="likely_loss", raised_at=at,
        changed_at=at,
    )  # fmt: skip
    roll_up(now=now)
    day = today(shop, at)

    def figures() -> set[tuple[str, str, str]]:
        return {(f.source, f.kind, f.key) for f in read([day_span(shop, day)])}

    assert figures() == {
        ("order", "", ""), ("failed", "person", ""), ("loss", "likely_loss", "to_stop"),
    }  # fmt: skip
    refund.status, refund.settled_at = "succeeded", now
    refund.save()
    parcel.state = "intercepted"
    parcel.save()
    assert figures() == {("order", "", ""), ("loss", "likely_loss", "intercepted")}
    roll_up(now=now)
    assert figures() == {("order", "", ""), ("loss", "likely_loss", "intercepted")}
    Order.objects.filter(pk=ticket.order_id).update(paid_at=at - timedelta(days=1))
    assert figures() == {("loss", "likely_loss", "intercepted")}
    assert list(audit.differences()) == []


def test_the_day_that_runs_marks_nothing() -> None:
    """Rows that evaluator and payer write now get no mark, and today is not counted."""
    now = timezone.now()
    shop = make_shop()
    make_strategy(shop)
    ticket = make_ticket(make_order(shop, paid_at=now), applied_at=now)
    decide_shop(shop.pk, tally=Tally())
    Refund.objects.update(status="succeeded", settled_at=now, next_step_at=None)
    assert Refund.objects.get().ticket == ticket
    assert not StaleMoment.objects.exists()
    roll_up(now=now)
    assert not DeskDay.objects.filter(day=today(shop, now)).exists()
    figures = {(f.source, f.kind): f.number for f in read([day_span(shop, today(shop, now))])}
    assert figures == {
        ("order", ""): 1,
        ("refund", "strategy"): 1,
        ("request", "no_longer_wanted"): 1,
        ("product", "p1"): 1,
    }


def test_a_day_is_not_over_for_an_hour() -> None:
    shop = make_shop()
    midnight = datetime(2026, 3, 10, 16, tzinfo=UTC)  # in Shanghai
    for minutes, last in ((59, date(2026, 3, 9)), (60, date(2026, 3, 10))):
        roll_up(now=midnight + timedelta(minutes=minutes))
        assert DeskDay.objects.filter(shop=shop).latest("day").day == last


def test_another_time_zone_makes_other_days() -> None:
    now = timezone.now()
    shop = make_shop()
    for hours in range(30, 60):
        make_order(shop, paid_at=now - timedelta(hours=hours))
    roll_up(now=now)
    shop.timezone = "America/New_York"
    shop.save()
    assert shown(shop, now) == brute(shop)
    roll_up(now=now)
    assert shown(shop, now) == brute(shop)


def test_hits_that_became_losses() -> None:
    """Regret: of a strategy's hits, those with a likely loss or a dispute lost, each once."""
    shop = make_shop()
    strategy = make_strategy(shop)
    tickets = [make_ticket(make_order(shop)) for _ in range(4)]
    decide_shop(shop.pk, tally=Tally())
    now = timezone.now()
    for ticket, kind, state in zip(
        tickets,
        ("likely_loss", "likely_loss", "shipped_after_refund"),
        ("to_stop", "returned", "lost"),
        strict=False,
    ):
        ShippingAlert.objects.create(
            shop=shop, order=ticket.order, ticket=ticket, kind=kind, state=state, raised_at=now,
            changed_at=now,
        )  # fmt: skip
    for ticket in (tickets[0], tickets[3]):
        move(ticket, "arbitration", "refunding", now)
    span = day_span(shop, today(shop, now))
    found = [f for f in count([span]) if f.source == FigureSource.REGRET]
    assert [(f.kind, f.number, f.amount) for f in found] == [(str(strategy.pk), 3, 30_000)]
    total, rows = rows_behind(
        source=FigureSource.REGRET,
        spans=[span],
        kinds=[str(strategy.pk)],
        keys=None,
        limit=9,
        offset=0,
    )
    assert total == 3
    assert {row.ticket_id: row.note for row in rows} == {
        tickets[0].pk: "dispute,parcel", tickets[2].pk: "parcel", tickets[3].pk: "dispute",
    }  # fmt: skip
    # Of last week: a change now marks that day.
    Decision.objects.update(decided_at=now - timedelta(days=7))
    roll_up(now=now)
    ShippingAlert.objects.update(state="lost")
    moments = {at.date() for at in StaleMoment.objects.values_list("at", flat=True)}
    assert moments == {(now - timedelta(days=7)).date()}


def test_the_command_finds_a_wrong_day(capsys: pytest.CaptureFixture) -> None:
    now = timezone.now()
    shop = make_shop(code="mine")
    make_order(shop, paid_at=now - timedelta(days=2))
    roll_up(now=now)
    call_command("audit_figures")
    assert capsys.readouterr().out == "0 differences\n"
    DeskCount.objects.update(number=7)
    with pytest.raises(SystemExit):
        call_command("audit_figures")
    said = capsys.readouterr().out.splitlines()
    day = today(shop, now - timedelta(days=2))
    assert said == [
        f"mine in the rows: {day} order   1 0 0 0",
        f"mine shown: {day} order   7 0 0 0",
        "2 differences",
    ]


class Died(Exception):
    pass


@pytest.mark.django_db(transaction=True)
def test_a_change_that_commits_while_its_day_is_counted(monkeypatch) -> None:
    """A change made before the counting that commits after it keeps its mark."""
    now = timezone.now()
    shop = make_shop()
    order = make_order(shop, paid_at=now - timedelta(days=2))
    make_order(shop, paid_at=now - timedelta(days=3))
    roll_up(now=now)
    Order.objects.filter(pk=order.pk).update(paid_at=now - timedelta(days=4))  # marks, committed
    real = rollup.count

    def count_while_another_writes(spans: list, **given: bool) -> list:
        found = real(spans, **given)
        at_once(lambda: make_order(shop, paid_at=now - timedelta(days=2)))
        return found

    monkeypatch.setattr(rollup, "count", count_while_another_writes)
    rollup._roll_up_some(shop, now)
    monkeypatch.setattr(rollup, "count", real)
    assert StaleMoment.objects.count() == 1
    assert list(audit.differences()) == []
    roll_up(now=now)
    assert not StaleMoment.objects.exists()
    assert shown(shop, now) == brute(shop)


@pytest.mark.django_db(transaction=True)
def test_rounds_at_once_and_one_that_dies(monkeypatch) -> None:
    now = timezone.now()
    rng = random.Random(7)
    shop = make_shop()
    with transaction.atomic():
        for _ in range(20):
            something(shop, rng, now)
    real = rollup._write

    def dies(*args: object) -> None:
        real(*args)
        raise Died

    monkeypatch.setattr(rollup, "_write", dies)
    marks = StaleMoment.objects.count()
    with pytest.raises(Died):
        roll_up(now=now)
    assert (DeskDay.objects.count(), StaleMoment.objects.count()) == (0, marks)
    monkeypatch.setattr(rollup, "_write", real)
    done = at_once(*[lambda: roll_up(now=now) for _ in range(3)])
    assert all(isinstance(days, int) for days in done), done
    roll_up(now=now)
    assert DeskDay.objects.count() == rollup.DAYS_BACK
    assert shown(shop, now) == brute(shop)
    assert list(audit.differences()) == []


def test_the_evaluators_rows_fire_no_trigger() -> None:
    """Figures cost the evaluator nothing: the triggers' conditions are false for its rows."""
    shop = make_shop()
    make_strategy(shop)
    for _ in range(3):
        make_ticket(make_order(shop))
    with connection.cursor() as cursor:
        for name in ("order", "refund", "alert"):
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION monitoring_{name}_changed() RETURNS trigger"
                " LANGUAGE plpgsql AS $$ BEGIN RAISE 'fired'; END $$"
            )
        cursor.execute(
            "CREATE OR REPLACE FUNCTION monitoring_event_new() RETURNS trigger"
            " LANGUAGE plpgsql AS $$ BEGIN RAISE 'fired'; END $$"
        )
    decide_shop(shop.pk, tally=Tally())
    assert Refund.objects.count() == TicketEvent.objects.count() == 3
    with pytest.raises(ProgrammingError, match="fired"):
        Refund.objects.update(settled_at=timezone.now())
