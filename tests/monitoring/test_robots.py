"""SPEC M4 by robot: chosen kinds and hours, gathered, 20 a minute, never lost, with links."""

import threading
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from aftersale.models import Shop
from aftersale.services.webhooks.http_post import Answer as Heard
from monitoring import tasks
from monitoring.models import Alert, AlertNotice, Refusal, Robot, Service
from monitoring.services import alerts
from monitoring.services.robots import sending, wording
from tests.concurrency.threads import at_once
from tests.factories import NOON, make_shop

from .platforms import Platforms, listening, make_robot, taken
from .scene import due, failed, one_of_each, parcel

pytestmark = pytest.mark.django_db
REFUSED = Heard(200, b'{"errcode": 93000, "errmsg": "invalid webhook url", "code": 19001}')


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop(name="Silk Road")


@pytest.fixture
def platforms() -> Iterator[Platforms]:
    with listening() as platforms:
        yield platforms


def look(**step: float) -> None:
    alerts.raise_alerts(now=NOON + timedelta(**step))


def tell(**step: float) -> bool:
    """Once through what is due at the moment."""
    return sending.run(clock=lambda: NOON + timedelta(**step), seconds=0.05)


def test_all_that_is_new_in_one_message_with_links(
    shop: Shop, platforms: Platforms, settings: Any
) -> None:
    settings.SITE_URL = "https://desk.example.com"
    make_robot(shop)
    refund = failed(shop)
    one_of_each(shop)
    look()
    tell()
    (text,) = platforms.texts
    head, *told = text.split("\n\n")
    assert head == "Afterdesk · Silk Road: 7 alerts" and len(told) == 7
    sentence = f"The refund of ¥59.90 for ticket {refund.ticket.ticket_no} has failed."
    link = f"https://desk.example.com/admin/aftersale/refund/{refund.pk}/change/"
    assert f"2026-03-11 12:00  {sentence}\n{link}" in told
    buyers = [ticket.buyer for ticket in shop.tickets.all()]
    assert buyers and not any(buyer in text.split() for buyer in buyers)
    assert not AlertNotice.objects.filter(told_at=None).exists()
    tell(minutes=1)
    assert len(platforms.calls) == 1


def test_only_its_kinds_and_its_shop(shop: Shop, platforms: Platforms) -> None:
    make_robot(shop, kinds=["breaker"], language="zh-hans")
    make_robot(shop, kinds=["to_pay"])
    make_robot(shop, enabled=False)
    make_robot(make_shop())
    one_of_each(shop)
    look()
    tell()
    (text,) = platforms.texts
    assert text.startswith("Afterdesk · Silk Road：1 条提醒\n\n2026-03-11 12:00  策略“tripped”")
    assert "http" not in text  # the installation does not know its address


def test_outside_its_hours_it_waits_and_gathers_what_stands(
    shop: Shop, platforms: Platforms
) -> None:
    """By the shop's clock: NOON is 12:00 there."""
    make_robot(shop, told_from=time(13), told_until=time(18))
    make_robot(shop, Service.DINGTALK, told_from=time(22), told_until=time(8))
    over, stays = due(shop), failed(shop)
    look()
    assert not tell() and not sending.due(by=NOON + timedelta(minutes=59))
    type(over).objects.filter(pk=over.pk).update(due_at=None)
    alerts.end_alerts(now=NOON)
    parcel(shop)
    look(minutes=30)
    tell(minutes=60)
    (text,) = platforms.texts
    assert text.startswith("Afterdesk · Silk Road: 2 alerts") and over.ticket_no not in text
    assert stays.ticket.ticket_no in text
    # The one past midnight: from 22:00 to 08:00, 20 hours after NOON it is 08:00.
    assert not sending.due(by=NOON + timedelta(hours=9, minutes=59))
    assert sending.due(by=NOON + timedelta(hours=10))
    assert sending.due(by=NOON + timedelta(hours=19, minutes=59))
    assert not sending.due(by=NOON + timedelta(hours=20))


def test_what_is_over_by_then_is_no_message(shop: Shop, platforms: Platforms) -> None:
    make_robot(shop)
    over = due(shop)
    look()
    type(over).objects.filter(pk=over.pk).update(due_at=None)
    alerts.end_alerts(now=NOON)
    assert not tell() and not platforms.calls
    assert not sending.due(by=NOON) and Robot.objects.get().sent_at == []


def test_twenty_a_minute_and_the_rest_in_one(shop: Shop, platforms: Platforms) -> None:
    make_robot(shop, kinds=["shipping"])
    for second in range(25):
        parcel(shop)
        look(seconds=second)
        tell(seconds=second)
    assert len(platforms.calls) == 20
    assert not sending.due(by=NOON + timedelta(seconds=59))
    tell(seconds=60)
    assert len(platforms.calls) == 21
    assert platforms.texts[-1].startswith("Afterdesk · Silk Road: 5 alerts")


@pytest.mark.parametrize("service", list(Service))
def test_a_long_message_counts_what_it_does_not_list(
    shop: Shop, platforms: Platforms, service: Service, settings: Any
) -> None:
    settings.SITE_URL = "https://desk.example.com"
    make_robot(shop, service, language="zh-hans")
    for _ in range(60):
        parcel(shop)
    look()
    tell()
    (text,) = platforms.texts
    assert len(text.encode()) <= wording.LONGEST[service]
    assert text.startswith("Afterdesk · Silk Road：60 条提醒")
    listed = text.count("2026-03-11 12:00")
    assert 5 < listed <= wording.MOST_LISTED
    assert text.endswith(f"另有 {60 - listed} 条\nhttps://desk.example.com/admin/alerts/")


def test_one_alert_longer_than_a_message_is_cut(
    shop: Shop, platforms: Platforms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(wording.LONGEST, Service.WECOM, 150)
    make_robot(shop, language="zh-hans")
    parcel(shop)
    look()
    tell()
    (text,) = platforms.texts
    assert len(text.encode()) <= 150 and text.endswith("…")


def test_a_robot_that_refuses_says_why_and_loses_nothing(shop: Shop, platforms: Platforms) -> None:
    robot = make_robot(shop)
    other = make_robot(shop, Service.FEISHU, kinds=["refund_failed"])
    platforms.answer = lambda host: REFUSED if "weixin" in host else taken(host)
    failed(shop)
    look()
    tell()
    robot.refresh_from_db()
    assert (robot.failure, robot.answer) == (Refusal.GONE, "93000 invalid webhook url")
    assert (robot.failures, robot.failing_since, robot.last_success_at) == (1, NOON, None)
    assert robot.next_try_at == NOON + timedelta(minutes=1)
    other.refresh_from_db()
    assert (other.failure, other.last_success_at) == ("", NOON)
    # Together with what is new by then; pauses grow.
    parcel(shop)
    look(seconds=30)
    assert not sending.due(by=NOON + timedelta(seconds=29))
    tell(minutes=1)
    robot.refresh_from_db()
    assert (robot.failures, robot.failing_since) == (2, NOON)
    assert robot.next_try_at == NOON + timedelta(minutes=6)
    platforms.answer = taken
    tell(minutes=6)
    assert platforms.texts[-1].startswith("Afterdesk · Silk Road: 2 alerts")
    robot.refresh_from_db()
    assert (robot.failure, robot.answer, robot.failures, robot.failing_since) == ("", "", 0, None)
    assert not AlertNotice.objects.filter(told_at=None).exists()


def test_after_a_week_it_is_told_no_more(shop: Shop, platforms: Platforms) -> None:
    make_robot(shop)
    failed(shop)
    look()
    assert sending.due(by=NOON + timedelta(days=7))
    assert not sending.due(by=NOON + timedelta(days=7, seconds=1))


def test_a_key_that_cannot_be_read_is_said(shop: Shop, platforms: Platforms) -> None:
    robot = make_robot(shop, key="of another installation")
    failed(shop)
    look()
    tell()
    robot.refresh_from_db()
    assert robot.failure == Refusal.UNREADABLE and not platforms.calls


def test_a_robot_that_hangs_holds_up_nobody(shop: Shop, platforms: Platforms) -> None:
    make_robot(shop)
    make_robot(make_shop(), Service.DINGTALK)
    told = threading.Event()

    def answer(host: str) -> Heard:
        if "weixin" in host:
            assert told.wait(10)  # the other is told while this one hangs
        else:
            told.set()
        return taken(host)

    platforms.answer = answer
    for one in Shop.objects.all():
        failed(one)
    look()
    tell()
    assert len(platforms.calls) == 2
    assert Robot.objects.filter(last_success_at=NOON).count() == 2


def test_a_run_that_died_is_made_good(shop: Shop, platforms: Platforms) -> None:
    """At least once: nobody knows whether the message arrived."""
    robot = make_robot(shop)
    failed(shop)
    look()
    (lost,) = sending.take(limit=9, now=NOON)
    assert sending.take(limit=9, now=NOON + timedelta(seconds=59)) == []
    tell(seconds=60)
    assert len(platforms.calls) == 1
    # What the dead one would have written counts no more.
    sending.settle(lost, sending.Answer(Refusal.GONE), now=NOON + timedelta(seconds=61))
    robot.refresh_from_db()
    assert robot.failure == "" and robot.last_success_at == NOON + timedelta(seconds=60)


@pytest.mark.django_db(transaction=True)
def test_many_runs_tell_once(platforms: Platforms) -> None:
    shop = make_shop()
    for service in Service:
        make_robot(shop, service)
    failed(shop)
    look()
    at_once(*[tell] * 4)
    assert len(platforms.calls) == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [False, True])
def test_an_alert_is_raised_while_a_robot_is_removed(
    guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its lock on the robot the statement would fail, and the alert with it."""
    robot = make_robot(make_shop())
    failed(robot.shop)
    if not guarded:
        bare = alerts._RAISE.replace("FOR KEY SHARE OF b", "")
        monkeypatch.setattr(alerts, "_RAISE", bare)
    removed = threading.Event()

    def remove() -> None:
        with transaction.atomic():
            robot.delete()
            removed.set()
            _until_somebody_waits()

    def raise_them() -> None:
        assert removed.wait(10)
        look()

    removal, error = at_once(remove, raise_them)
    assert removal is None and not Robot.objects.exists()
    assert (error is None, Alert.objects.exists()) == (guarded, guarded), error
    assert guarded or isinstance(error, IntegrityError)


def _until_somebody_waits() -> None:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    pause = threading.Event()
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
            pause.wait(0.01)
    raise AssertionError("nobody waited")


@pytest.mark.usefixtures("wakes_at_once")
def test_the_look_wakes_the_robots_in_another_cluster(shop: Shop, platforms: Platforms) -> None:
    now: datetime = timezone.now()
    make_robot(shop)
    failed(shop, settled_at=now)
    tasks.look()
    (task,) = OrmQ.objects.all()
    assert (task.key, task.task["func"]) == ("tell", "monitoring.tasks.tell_by_robots")
    tasks.tell_by_robots()
    assert len(platforms.calls) == 1
    OrmQ.objects.all().delete()
    tasks.look()
    assert not OrmQ.objects.exists()
