"""Alerts tell of work that stands still, and end when it goes on (SPEC M8)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import translation

from aftersale.models import PaymentStop, PlatformAccount, Refund, Shop, Ticket
from aftersale.services.outgoing import pay_refunds
from monitoring.models import Alert
from monitoring.services import alerts
from monitoring.services.alert_queries import STANDSTILL
from monitoring.services.alert_texts import alert_text
from strategies.models import EvaluatorLane, Heartbeat, StrategyUsage
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket

from .scene import DAY

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def late_ticket(shop: Shop, minutes: float) -> Callable[[], object]:
    ticket = make_ticket(make_order(shop))
    Ticket.objects.filter(pk=ticket.pk).update(awaiting_since=NOON - minutes * MINUTE)
    return lambda: Ticket.objects.update(awaiting_evaluation=False)


def late_refund(shop: Shop, minutes: float) -> Callable[[], object]:
    ticket = make_ticket(make_order(shop), awaiting_evaluation=False, status="refunding")
    refund = Refund.objects.create(
        shop=shop, order=ticket.order, ticket=ticket, amount=5_990, source="strategy",
        requested_at=NOON, next_step_at=NOON - minutes * MINUTE,
    )  # fmt: skip
    return lambda: Refund.objects.filter(pk=refund.pk).update(next_step_at=None, status="succeeded")


def late_reading(shop: Shop, minutes: float, **fields: object) -> Callable[[], object]:
    PlatformAccount.objects.create(
        shop=shop, platform="kuaishou", connected_at=NOON, orders_until=NOON, tickets_until=NOON,
        next_round_at=NOON, last_read_at=NOON - minutes * MINUTE, **fields,
    )  # fmt: skip
    return lambda: PlatformAccount.objects.update(last_read_at=NOON)


def lane_ahead(shop: Shop, minutes: float) -> Callable[[], object]:
    make_strategy(shop)
    EvaluatorLane.objects.update(decided_until=NOON + minutes * MINUTE)
    return lambda: EvaluatorLane.objects.update(decided_until=NOON)


def clock_of_pay(shop: Shop, seconds: float) -> Callable[[], object]:
    beat = Heartbeat.objects.create(worker="pay", host="two", at=NOON, clock_ahead=seconds)
    return lambda: Heartbeat.objects.filter(pk=beat.pk).update(clock_ahead=0.2)


def clock_of_platform(shop: Shop, seconds: float) -> Callable[[], object]:
    late_reading(shop, 0, clock_ahead=seconds)
    return lambda: PlatformAccount.objects.update(clock_ahead=None)


@pytest.mark.parametrize(
    ("cause", "kind", "too_little", "enough", "says"),
    [
        (late_ticket, "tickets_late", 4.9, 5.1, "1 ticket has waited for automation since 2026-"),
        (late_refund, "refunds_late", 4.9, 5.1, "1 refund of ¥59.90 should have been sent at 2026"),
        (late_reading, "reading_late", 14.9, 15.1, "was read from its platform at 2026-03-11 11:4"),
        (lane_ahead, "time_ahead", 9.9, 10.1, "has decided until 2026-03-11 12:10"),
        (clock_of_pay, "clocks", 29.9, 30, "The clock of pay@two is 30 s ahead of the"),
        (clock_of_pay, "clocks", -29.9, -31, "The clock of pay@two is 31 s behind the"),
        (clock_of_platform, "clocks", 29, 45, "The clock of Kuaishou is 45 s ahead of the"),
    ],
)
def test_it_is_told_once_and_ends_with_its_cause(cause, kind, too_little, enough, says) -> None:
    shop = make_shop(name="One")
    mended = cause(shop, too_little)
    assert alerts.raise_alerts(now=NOON) == 0
    mended()
    Heartbeat.objects.all().delete()
    PlatformAccount.objects.all().delete()
    mended = cause(shop, enough)
    assert alerts.raise_alerts(now=NOON, queries=STANDSTILL) == 1
    assert alerts.raise_alerts(now=NOON + SECOND) == 0
    alert = Alert.objects.select_related("shop").get()
    assert (alert.kind, alert.shop, alert.day, alert.facts["name"]) == (
        kind, shop, DAY, alert.facts["name"],
    )  # fmt: skip
    text = alert_text(alert)
    assert says in text.text
    assert text.url.startswith("/")
    with translation.override("zh-hans"):
        assert alert_text(alert).text != text.text
    alerts.end_alerts(now=NOON + SECOND)
    assert Alert.objects.get().ended_at is None
    mended()
    alerts.end_alerts(now=NOON + 2 * SECOND)
    assert Alert.objects.get().ended_at == NOON + 2 * SECOND


def test_a_cap_of_a_day_to_come_is_told_like_a_decision_ahead() -> None:
    shop = make_shop(name="One")
    StrategyUsage.objects.create(
        strategy=make_strategy(shop), day=DAY + timedelta(days=1), hits=1, used=1, cap=1
    )
    assert alerts.raise_alerts(now=NOON, queries=STANDSTILL) == 1
    alert = Alert.objects.select_related("shop").get()
    assert alert.kind == "time_ahead"
    assert "has decided until 2026-03-12, which is ahead" in alert_text(alert).text


@pytest.mark.parametrize("pause", [False, True])
@pytest.mark.parametrize("stop", [False, True])
@pytest.mark.parametrize("status", ["requested", "unknown"])
def test_refunds_are_late_where_the_payer_calls_them_due(pause, stop, status) -> None:
    shop = make_shop(automation_paused_at=NOON if pause else None)
    late_refund(shop, 6)
    Refund.objects.update(status=status)
    if stop:
        PaymentStop.objects.create(started_at=NOON)
    due = pay_refunds.due(NOON).count()
    assert due == (0 if status == "requested" and (pause or stop) else 1)
    assert alerts.raise_alerts(now=NOON, queries=STANDSTILL) == due


def test_a_failing_reading_has_an_alert_of_its_own() -> None:
    late_reading(make_shop(), 60, failing_since=NOON - 10 * MINUTE)
    late_reading(make_shop(), 60, failing_since=NOON - 10 * MINUTE)
    PlatformAccount.objects.filter(pk=PlatformAccount.objects.latest("pk").pk).update(
        next_round_at=None
    )
    alerts.raise_alerts(now=NOON)
    assert set(Alert.objects.values_list("kind", flat=True)) == {"platform"}


def test_a_clock_is_told_in_open_shops_and_a_platforms_in_its_own() -> None:
    one, two, closed = make_shop(), make_shop(), make_shop(status="closed")
    late_reading(one, 0, clock_ahead=31)
    alerts.raise_alerts(now=NOON)
    assert list(Alert.objects.values_list("shop", flat=True)) == [one.pk]
    clock_of_pay(closed, 40)
    alerts.raise_alerts(now=NOON)
    assert set(Alert.objects.values_list("shop", flat=True)) == {one.pk, two.pk}
