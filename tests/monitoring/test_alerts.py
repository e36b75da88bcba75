"""SPEC M4: an alert once per subject, threshold and day; none is missed."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from aftersale.models import Membership, Refund, ShippingAlert, Shop, Ticket
from aftersale.services.refunds import approvals, refund_results
from aftersale.services.shared.errors import NotAllowed, NotFound
from monitoring import tasks, wiring
from monitoring.models import Alert, AlertKind, AlertNotice
from monitoring.services import alerts
from strategies.models import Strategy
from strategies.services.evaluator import Tally, decide_shop
from tests.aftersale.ingest.record_factories import NOON as REPORTED
from tests.aftersale.ingest.record_factories import at, order, save_order, save_ticket, ticket
from tests.concurrency.threads import at_once, somebody_waits, without_constraint
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user
from tests.queries import counted_queries

from .scene import DAY, due, failed, one_of_each, parcel, told, tripped, use, used_up

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes_at_once")]


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


def look(**step: float) -> int:
    return alerts.raise_alerts(now=NOON + timedelta(**step))


@pytest.mark.parametrize(
    ("used", "thresholds"), [(7_999, []), (8_000, [80]), (9_999, [80]), (10_000, [80, 100])]
)
def test_a_cap_is_told_at_80_and_100_percent(shop: Shop, used: int, thresholds: list[int]) -> None:
    strategy = used_up(shop, used, name="small")
    assert look() == len(thresholds)
    assert told() == [("cap", strategy.pk, threshold) for threshold in thresholds]
    for alert in Alert.objects.all():
        assert (alert.shop, alert.day, alert.raised_at) == (shop, DAY, NOON)
        assert alert.facts == {"name": "small", "used": used, "cap": 10_000, "hits": 3}


def test_each_threshold_once_a_day_and_again_the_next(shop: Shop) -> None:
    strategy = used_up(shop, 8_000)
    assert (look(), look(minutes=1)) == (1, 0)
    use(strategy, 9_500)
    assert look(minutes=2) == 0
    use(strategy, 10_000)
    assert (look(minutes=3), look(minutes=4)) == (1, 0)
    use(strategy, 8_500, day=DAY + timedelta(days=1))
    assert (look(days=1), look(days=1, minutes=1)) == (1, 0)
    days = Alert.objects.order_by("pk").values_list("threshold", "day")
    assert list(days) == [(80, DAY), (100, DAY), (80, DAY + timedelta(days=1))]


def test_a_breaker_says_what_tripped_it(shop: Shop) -> None:
    """SPEC G3."""
    strategy = tripped(shop)
    assert (look(), look(minutes=1)) == (1, 0)
    assert told() == [("breaker", strategy.pk, 0)]
    facts = Alert.objects.get().facts
    assert (facts["name"], facts["hits"], facts["amount"], facts["minutes"]) == (
        "tripped", 21, 123_400, 10,
    )  # fmt: skip
    Strategy.objects.update(breaker_opened_at=NOON + timedelta(hours=1))
    assert look(hours=2) == 0  # the same day
    Strategy.objects.update(breaker_opened_at=NOON + timedelta(days=1))
    assert look(days=1) == 1


def test_a_failed_refund(shop: Shop) -> None:
    refund = failed(shop)
    assert (look(), look(minutes=1)) == (1, 0)
    assert told() == [("refund_failed", refund.pk, 0)]
    facts = {"name": refund.ticket.ticket_no, "ticket": refund.ticket_id, "amount": 5_990}
    assert Alert.objects.get().facts == facts
    for status in ("succeeded", "taken_back", "unknown", "requested"):
        Refund.objects.update(status=status, settled_at=NOON + timedelta(days=1))
        look(days=1)
        assert Alert.objects.filter(kind="refund_failed").count() == 1
    Refund.objects.update(status="failed")
    assert look(days=1) == 1


def test_a_deadline_within_six_hours(shop: Shop) -> None:
    """SPEC O5: for merchant's and buyer's deadlines alike, while the ticket is on the desk."""
    wanted = [due(shop), due(shop, 6, status="awaiting_return"), due(shop, -1)]
    due(shop, 6.001)
    for status in ("refunding", "refunded", "rejected", "cancelled", "closed"):
        due(shop, 1, status=status)
    make_ticket(make_order(shop))  # without a deadline
    assert (look(), look(minutes=0.01)) == (3, 0)
    assert told() == [("deadline", one.pk, 6) for one in wanted]
    assert look(hours=1) == 1
    # A deadline that was moved to another day is a new one.
    assert look(hours=6.5) == 0
    Ticket.objects.filter(pk=wanted[0].pk).update(due_at=NOON + timedelta(days=1))
    assert look(hours=18) == 1


def test_a_shipping_alert(shop: Shop) -> None:
    """SPEC H1."""
    row = parcel(shop)
    assert (look(), look(days=1)) == (1, 0)
    assert told() == [("shipping", row.pk, 0)]
    assert Alert.objects.get().facts == {
        "name": row.order.order_no,
        "ticket": row.ticket_id,
        "kind": "shipped_after_refund",
        "amount": 10_000,
    }


def to_pay(shop: Shop, amount: int = 5_990, **fields: Any) -> Refund:
    """A refund that waits to be paid by hand since noon."""
    row = make_ticket(make_order(shop), awaiting_evaluation=False, status="refunding")
    return Refund.objects.create(
        shop=shop, order=row.order, ticket=row, amount=amount,
        **({"source": "person", "requested_at": NOON} | fields),
    )  # fmt: skip


def test_refunds_to_be_paid_by_hand(shop: Shop) -> None:
    """SPEC M4: one a shop and day, with all of them; again on each day on which some wait."""
    to_pay(shop)
    later = NOON + timedelta(hours=1)
    to_pay(shop, 1_000, requested_at=later)
    to_pay(shop, next_step_at=NOON + timedelta(days=2))  # is sent
    to_pay(shop, status="succeeded", settled_at=NOON)
    held = to_pay(shop, source="strategy")
    Shop.objects.update(automation_paused_at=NOON)
    assert (look(), look(hours=1)) == (1, 0)
    assert told() == [("to_pay", shop.pk, 0)]
    facts = Alert.objects.get().facts
    assert (facts["name"], facts["refunds"], facts["amount"]) == (shop.name, 2, 6_990)
    assert facts["since"].startswith("2026-03-11T04:00")
    Refund.objects.filter(pk=held.pk).update(released=True)
    alerts.end_alerts(now=later)
    assert Alert.objects.get().facts["refunds"] == 3
    assert look(days=1) == 1
    alerts.end_alerts(now=NOON + timedelta(days=1))
    assert Alert.objects.get(ended_at=None).day == DAY + timedelta(days=1)


def test_days_are_the_shops(shop: Shop) -> None:
    """00:30 in Shanghai is the day before in UTC, and in New York."""
    at = NOON.replace(hour=16, minute=30)
    other = make_shop(timezone="America/New_York")
    for one in (shop, other):
        failed(one, settled_at=at)
    assert alerts.raise_alerts(now=at) == 2
    assert dict(Alert.objects.values_list("shop", "day")) == {
        shop.pk: date(2026, 3, 12),
        other.pk: date(2026, 3, 11),
    }


def test_what_happened_long_ago_is_no_news(shop: Shop) -> None:
    one_of_each(shop)
    assert look(days=5) == 0


def test_a_late_look_tells_what_happened_meanwhile_once(shop: Shop) -> None:
    """No run for two days: nothing is lost, and the day is still that of the event."""
    one_of_each(shop)
    assert (look(days=2), look(days=2, minutes=1)) == (6, 0)
    assert set(Alert.objects.values_list("day", flat=True)) == {DAY}


def test_a_look_of_one_shop_tells_of_that_one(shop: Shop) -> None:
    other = make_shop()
    for one in (shop, other):
        one_of_each(one)
    assert alerts.raise_alerts(now=NOON, shop_ids=[shop.pk]) == 6
    assert set(Alert.objects.values_list("shop", flat=True)) == {shop.pk}
    assert alerts.raise_alerts(now=NOON, shop_ids=[]) == 0
    assert look() == 6


def test_a_crash_loses_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a run dies at any kind, the next one raises the rest, and nothing twice."""
    one_of_each(shop)
    kinds = dict(alerts.QUERIES)
    for place, there in enumerate([0, 2, 3, 4, 5]):
        until = dict(list(kinds.items())[:place])
        monkeypatch.setattr(alerts, "QUERIES", until | {"dies here": ""})
        with pytest.raises(KeyError, match="dies here"):
            look()
        assert Alert.objects.count() == there
    monkeypatch.setattr(alerts, "QUERIES", kinds)
    assert (look(), Alert.objects.count()) == (1, 6)
    Alert.objects.all().delete()
    with pytest.raises(RuntimeError), transaction.atomic():
        look()
        raise RuntimeError
    assert look() == 6


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_tell_once() -> None:
    """The constraint prevents duplicates; without it the same alert is raised twice."""

    def race() -> int:
        looked, through = threading.Event(), threading.Event()

        def first() -> None:
            with transaction.atomic():
                look()
                looked.set()
                # The other run meets uncommitted rows: it waits for them or gets through.
                while not (somebody_waits() or through.wait(0.02)):
                    pass

        def second() -> None:
            assert looked.wait(10)
            try:
                look()
            finally:
                through.set()

        assert at_once(first, second) == [None, None]
        return Alert.objects.count()

    one_of_each(make_shop())
    with without_constraint("monitoring_alert", "alert_once"):
        assert race() == 12
    assert race() == 6


@pytest.mark.django_db(transaction=True)
def test_many_looks_at_once_never_in_a_circle() -> None:
    shop = make_shop()
    with transaction.atomic():
        for _ in range(10):
            due(shop)
            failed(shop)
    raised = at_once(*[look] * 6)
    assert sum(raised) == Alert.objects.count() == 20


def queued() -> list[tuple[str, tuple]]:
    return [(one.task["func"], one.task["args"]) for one in OrmQ.objects.order_by("pk")]


def looks(shop_id: int) -> int:
    return queued().count(("monitoring.tasks.look", (shop_id,)))


def test_a_breaker_that_opens_is_told_at_once(shop: Shop) -> None:
    strategy = make_strategy(shop, breaker={"hits": 1, "minutes": 60})
    for _ in range(3):
        make_ticket(make_order(shop))
    decide_shop(shop.pk, tally=Tally())
    assert looks(shop.pk) == 1
    tasks.look(shop.pk)
    assert ("breaker", strategy.pk, 0) in told()
    assert Alert.objects.get(kind="breaker").facts["hits"] == 2


def test_a_refund_that_fails_is_told_at_once(shop: Shop) -> None:
    owner = make_user(shop)
    row = make_ticket(make_order(shop))
    approvals.approve(ticket_id=row.pk, user=owner, now=timezone.now())
    refund = Refund.objects.get(ticket=row)
    refund_results.record_result(
        refund_id=refund.pk, succeeded=False, reason="no", user=owner, now=timezone.now()
    )
    assert looks(shop.pk) == 1
    tasks.look(shop.pk)
    assert ("refund_failed", refund.pk, 0) in told()


def test_a_parcel_to_stop_is_told_at_once() -> None:
    shop = make_shop(code="s1", platform="kuaishou")
    save_order(order())
    save_ticket(ticket())
    row = Ticket.objects.get()
    Refund.objects.create(
        shop=shop, order=row.order, ticket=row, amount=5_990, source="strategy",
        requested_at=REPORTED + timedelta(hours=1),
    )  # fmt: skip
    shipped = order(updated_at=at(2), status="shipped", shipped_at=at(1.5))
    save_order(shipped, hour=3)
    assert looks(shop.pk) == 1
    save_order(shipped, hour=3)
    assert looks(shop.pk) == 1
    alerts.raise_alerts(now=REPORTED + timedelta(hours=3), shop_ids=[shop.pk])
    assert ("shipping", ShippingAlert.objects.get().pk, 0) in told()


def test_the_look_is_scheduled_every_minute() -> None:
    Schedule.objects.all().delete()
    wiring.on_migrated()
    made = Schedule.objects.get(name="alerts")
    assert (made.func, made.cluster, made.minutes) == ("monitoring.tasks.look", "decide", 1)


def test_a_look_reads_few_rows_in_few_queries(shop: Shop) -> None:
    one_of_each(shop)
    with counted_queries() as asked:
        look()
    assert len(asked) == 16  # one a kind, and whether a webhook is to be told


def raised(shop: Shop) -> Alert:
    failed(shop)
    look()
    return Alert.objects.get(shop=shop)


def at_hand(alert: Alert) -> tuple[Any, Any]:
    alert.refresh_from_db()
    return alert.acknowledged_at, alert.acknowledged_by


ROLES = ["owner", "admin", "cs_manager", "cs_agent", "viewer"]
# SPEC M4, P1: the roles that can do something about it.
ACTED_ON_BY = {
    "cap": ROLES[:2],
    "breaker": ROLES[:2],
    "refund_failed": ROLES[:4],
    "deadline": ROLES[:4],
    "shipping": ROLES[:4],
    "platform": ROLES[:1],
    "webhook": ROLES[:1],
    "to_pay": ROLES[:4],
    "time_ahead": ROLES[:2],
    "tickets_late": ROLES[:4],
    "refunds_late": ROLES[:4],
    "reading_late": ROLES[:1],
    "clocks": ROLES[:1],
    "token": ROLES[:1],
    "weekly": ROLES[:2],
}


def of_kind(shop: Shop, kind: str) -> Alert:
    return Alert.objects.create(
        shop=shop, kind=kind, subject=1, day=DAY, raised_at=NOON, facts={"name": "x"}
    )


def test_every_kind_has_roles_that_see_to_it() -> None:
    assert list(ACTED_ON_BY) == AlertKind.values


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ACTED_ON_BY)
def test_roles_that_can_do_something_acknowledge(shop: Shop, kind: str, role: str) -> None:
    alert, user = of_kind(shop, kind), make_user(shop, role)
    if role not in ACTED_ON_BY[kind]:
        with pytest.raises(NotAllowed):
            alerts.acknowledge(alert_id=alert.pk, user=user, now=NOON)
        with pytest.raises(NotAllowed):
            alerts.acknowledge_shown(alert_ids=[alert.pk], user=user, now=NOON)
        assert at_hand(alert) == (None, None)
        return
    acknowledged = alerts.acknowledge(alert_id=alert.pk, user=user, now=NOON)
    assert (acknowledged.acknowledged_at, acknowledged.acknowledged_by) == (NOON, user)


def test_all_shown_but_those_for_other_roles(shop: Shop) -> None:
    """The role counts in the alert's own shop."""
    other = make_shop()
    agent = make_user(shop, "cs_agent")
    Membership.objects.create(shop=other, user=agent, role="owner")
    shown = [of_kind(one, kind) for one in (shop, other) for kind in ("cap", "deadline")]
    keys = [alert.pk for alert in shown]
    assert alerts.acknowledge_shown(alert_ids=keys, user=agent, now=NOON) == 3
    assert [at_hand(alert)[1] for alert in shown] == [None, agent, agent, agent]


def test_who_was_first_stays(shop: Shop) -> None:
    alert, user = raised(shop), make_user(shop, "cs_agent")
    alerts.acknowledge(alert_id=alert.pk, user=user, now=NOON)
    later = NOON + timedelta(hours=1)
    alerts.acknowledge(alert_id=alert.pk, user=make_user(shop), now=later)
    assert alerts.acknowledge_shown(alert_ids=[alert.pk], user=make_user(shop), now=later) == 0
    assert at_hand(alert) == (NOON, user)


def test_to_strangers_there_is_no_such_alert(shop: Shop) -> None:
    """SPEC P1."""
    alert = raised(shop)
    stranger, nobody = make_user(make_shop()), make_user()
    for missing, user in ((alert.pk, stranger), (alert.pk + 1, make_user(shop))):
        with pytest.raises(NotFound):
            alerts.acknowledge(alert_id=missing, user=user, now=NOON)
    for user in (stranger, nobody):
        assert alerts.acknowledge_shown(alert_ids=[alert.pk], user=user, now=NOON) == 0
    assert at_hand(alert) == (None, None)


def test_all_shown_are_acknowledged_and_no_others(shop: Shop) -> None:
    one_of_each(shop)
    look()
    seen = list(Alert.objects.values_list("pk", flat=True)[:4])
    other = raised(make_shop())
    user = make_user(shop)
    shown = [*seen, other.pk]
    assert alerts.acknowledge_shown(alert_ids=shown, user=user, now=NOON) == 4
    open_ones = Alert.objects.filter(acknowledged_at=None)
    assert open_ones.count() == 3 and other in open_ones
    operator = User.objects.create(username="root", is_superuser=True)
    assert alerts.acknowledge_shown(alert_ids=shown, user=operator, now=NOON) == 1


def test_an_acknowledged_alert_is_not_raised_again(shop: Shop) -> None:
    alerts.acknowledge(alert_id=raised(shop).pk, user=make_user(shop), now=NOON)
    assert look(minutes=5) == 0


def test_without_subscriptions_nobody_is_mailed(shop: Shop) -> None:
    make_user(shop, email="a@example.com")
    one_of_each(shop)
    look()
    assert not AlertNotice.objects.exists()
