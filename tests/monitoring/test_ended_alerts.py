"""SPEC O5: an alert ends with what it warned of, whatever its kind; and stands again with it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from aftersale.models import (
    PlatformAccount,
    Refund,
    ShippingAlert,
    Shop,
    Ticket,
    WebhookEndpoint,
)
from monitoring import tasks
from monitoring.models import Alert, AlertKind
from monitoring.services import alerts
from monitoring.services.alert_queries import STANDSTILL
from strategies.models import Strategy, StrategyUsage
from tests.concurrency.threads import at_once
from tests.factories import NOON, make_shop, make_user
from tests.queries import counted_queries

from .scene import DAY, due, failed, one_of_each, parcel, tripped, use, used_up

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(minutes=1)


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


def connection(shop: Shop, **fields: Any) -> PlatformAccount:
    """A platform that can't be read from since an hour before noon."""
    values = {
        "failing_since": NOON - timedelta(hours=1),
        "failure": "no answer",
        "next_round_at": NOON,
    }
    return PlatformAccount.objects.create(
        shop=shop,
        platform="kuaishou",
        sealed="",
        connected_at=NOON,
        orders_until=NOON,
        tickets_until=NOON,
        **(values | fields),
    )


def webhook(shop: Shop) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        shop=shop,
        url="https://example.com/hook",
        types=[],
        secret="",
        enabled=False,
        off_because="failing",
        off_at=NOON,
        created_at=NOON,
    )


def look(**step: float) -> None:
    now = NOON + timedelta(**step)
    alerts.raise_alerts(now=now)
    alerts.end_alerts(now=now)


def standing() -> set[tuple[str, int]]:
    rows = Alert.objects.filter(ended_at=None)
    return set(rows.values_list("kind", "threshold"))


Change = Callable[[], object]
# Kind, threshold, its subject, what ends it, and what does not.
ENDS: list[tuple[str, int, Callable[[Shop], object], Change, Change]] = [
    (
        "breaker", 0, tripped,
        lambda: Strategy.objects.update(enabled=True, breaker_opened_at=None),
        lambda: Strategy.objects.update(remark="looked at"),
    ),
    (
        "breaker", 0, tripped,
        lambda: Strategy.objects.update(deleted_at=NOON, priority=None),
        lambda: Strategy.objects.update(remark="looked at"),
    ),
    (
        "cap", 80, lambda shop: used_up(shop, 9_000),
        lambda: Strategy.objects.update(daily_cap=20_000),
        lambda: Strategy.objects.update(daily_cap=11_000),
    ),
    (
        "refund_failed", 0, failed,
        lambda: Refund.objects.update(status="sending", settled_at=None),
        lambda: Ticket.objects.update(status="arbitration"),
    ),
    (
        "refund_failed", 0, failed,
        lambda: Ticket.objects.update(status="closed"),
        lambda: Refund.objects.update(failure="the reason in other words"),
    ),
    (
        "deadline", 6, due,
        lambda: Ticket.objects.update(status="refunding", awaiting_evaluation=False),
        lambda: Ticket.objects.update(status="negotiating", awaiting_evaluation=False),
    ),
    (
        "deadline", 6, due,
        lambda: Ticket.objects.update(due_at=None),
        lambda: Ticket.objects.update(due_at=NOON - timedelta(hours=5)),
    ),
    (
        "deadline", 6, due,
        lambda: Ticket.objects.update(due_at=NOON + timedelta(days=1)),
        lambda: Ticket.objects.update(due_at=NOON + timedelta(hours=5)),
    ),
    *(
        (
            "shipping", 0, parcel,
            lambda end=end: ShippingAlert.objects.update(state=end),
            lambda: ShippingAlert.objects.update(state="asked_carrier"),
        )
        for end in ("intercepted", "returned", "lost")
    ),
    (
        "platform", 1, connection,
        lambda: PlatformAccount.objects.update(failing_since=None),
        lambda: PlatformAccount.objects.update(failure="no answer again"),
    ),
    (
        "platform", 0, lambda shop: connection(shop, next_round_at=None),
        lambda: PlatformAccount.objects.update(failing_since=None, next_round_at=NOON),
        lambda: PlatformAccount.objects.update(failure="refused again"),
    ),
    (
        "webhook", 0, webhook,
        lambda: WebhookEndpoint.objects.update(enabled=True, off_because="", off_at=None),
        lambda: WebhookEndpoint.objects.update(description="ERP"),
    ),
    (
        "webhook", 0, webhook,
        lambda: WebhookEndpoint.objects.update(off_because="by_hand"),
        lambda: WebhookEndpoint.objects.update(description="ERP"),
    ),
    (
        "to_pay", 0, lambda shop: failed(shop, status="requested", settled_at=None),
        lambda: Refund.objects.update(status="succeeded", settled_at=NOON),
        lambda: Refund.objects.update(amount=1_000),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "threshold", "make", "end", "other"), ENDS)
def test_an_alert_ends_with_what_it_warned_of(
    shop: Shop,
    kind: str,
    threshold: int,
    make: Callable[[Shop], object],
    end: Change,
    other: Change,
) -> None:
    make(shop)
    look()
    assert standing() == {(kind, threshold)}
    other()
    look(seconds=30)
    assert standing() == {(kind, threshold)}
    end()
    look(minutes=1)
    alert = Alert.objects.get()
    assert (alert.kind, alert.ended_at, alert.acknowledged_at) == (kind, SOON, None)
    look(minutes=2)
    alert.refresh_from_db()
    assert alert.ended_at == SOON


def test_every_kind_ends() -> None:
    # A token that was made was made; a note ends after its week (test_weekly_note.py).
    lasts = {AlertKind.TOKEN, AlertKind.WEEKLY}
    assert {kind for kind, *_rest in ENDS} | set(STANDSTILL) | lasts == set(alerts.QUERIES)


def test_a_cap_ends_with_its_day(shop: Shop) -> None:
    """On the shop's clock: NOON is 12:00 in Shanghai."""
    used_up(shop)
    look()
    look(hours=11, minutes=59)
    assert standing() == {("cap", 80), ("cap", 100)}
    look(hours=12)
    assert standing() == set()


def test_a_cap_of_yesterday_is_told_late_and_over(shop: Shop) -> None:
    used_up(shop)
    look(days=1)
    assert Alert.objects.count() == 2 and standing() == set()


def test_old_alerts_stand_as_long_as_their_subject(shop: Shop) -> None:
    """Longer than a look goes back."""
    for make in (tripped, failed, due, parcel, connection, webhook):
        make(shop)
    look()
    before = standing()
    assert len(before) == 6
    look(days=30)
    assert standing() == before and Alert.objects.count() == 6


def test_what_is_back_on_the_same_day_stands_again(shop: Shop) -> None:
    """With the figures of now; it is the same alert, told once (SPEC M4)."""
    refund = failed(shop)
    look()
    Refund.objects.update(status="sending", settled_at=None)
    look(minutes=1)
    assert standing() == set()
    Refund.objects.update(status="failed", settled_at=NOON + timedelta(hours=1), amount=700)
    look(hours=1)
    alert = Alert.objects.get()
    assert (alert.ended_at, alert.subject, alert.facts["amount"]) == (None, refund.pk, 700)
    assert alert.raised_at == NOON


def test_a_deadline_follows_its_ticket(shop: Shop) -> None:
    """Another status with another deadline on the same day: the words are of that one."""
    due(shop)
    look()
    later = NOON + timedelta(hours=3)
    Ticket.objects.update(status="awaiting_return", awaiting_evaluation=False, due_at=later)
    look(minutes=1)
    facts = Alert.objects.get().facts
    assert facts["status"] == "awaiting_return" and facts["due_at"].startswith("2026-03-11T07:00")
    # The figures of another kind stay as they were.
    strategy = used_up(shop, 8_000)
    look(minutes=2)
    use(strategy, 9_000)
    look(minutes=3)
    assert Alert.objects.get(kind="cap").facts["used"] == 8_000


def test_an_acknowledged_alert_stays_as_it_is(shop: Shop) -> None:
    failed(shop)
    look()
    alert = Alert.objects.get()
    alerts.acknowledge(alert_id=alert.pk, user=make_user(shop), now=NOON)
    Refund.objects.update(status="succeeded")
    look(minutes=1)
    alert.refresh_from_db()
    assert (alert.ended_at, alert.acknowledged_at) == (None, NOON)


def test_an_ended_alert_can_be_acknowledged(shop: Shop) -> None:
    failed(shop)
    look()
    Refund.objects.update(status="succeeded")
    look(minutes=1)
    alert = Alert.objects.get()
    alerts.acknowledge(alert_id=alert.pk, user=make_user(shop), now=SOON)
    alert.refresh_from_db()
    assert (alert.ended_at, alert.acknowledged_at) == (SOON, SOON)


def test_a_look_of_one_shop_ends_none_of_another(shop: Shop) -> None:
    other = make_shop()
    for one in (shop, other):
        failed(one)
    look()
    Refund.objects.update(status="succeeded")
    assert alerts.end_alerts(now=SOON, shop_ids=[shop.pk]) == 1
    assert alerts.end_alerts(now=SOON, shop_ids=[]) == 0
    assert Alert.objects.get(ended_at=None).shop == other


def test_the_task_ends_alerts_too(shop: Shop) -> None:
    """NOON lies in the past, so the cap's day is over."""
    used_up(shop)
    look()
    tasks.look(shop.pk)
    assert Alert.objects.count() == 2 and standing() == set()


def test_a_look_takes_one_query_a_kind(shop: Shop) -> None:
    one_of_each(shop)
    alerts.raise_alerts(now=NOON)
    StrategyUsage.objects.update(day=DAY - timedelta(days=1))
    with counted_queries() as asked:
        assert alerts.end_alerts(now=NOON) == 2
    assert len(asked) == len(alerts.QUERIES)


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_pass_each_other_by() -> None:
    """The second leaves to the first what it has at hand, and ends the rest."""
    shop = make_shop()
    with transaction.atomic():
        for _ in range(5):
            failed(shop)
        look()
        Refund.objects.update(status="succeeded")
    looked, ended = threading.Event(), threading.Event()

    def first() -> int:
        with transaction.atomic():
            number = alerts.end_alerts(now=SOON, shop_ids=[shop.pk])
            looked.set()
            assert ended.wait(10)
            return number

    def second() -> int:
        assert looked.wait(10)
        number = alerts.end_alerts(now=SOON)
        ended.set()
        return number

    assert at_once(first, second) == [5, 0]
    assert standing() == set()
