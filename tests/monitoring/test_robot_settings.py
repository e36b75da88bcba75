"""A shop's group robots: which addresses are taken, who manages them, what is written (SPEC M4)."""

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django_q.models import OrmQ

from aftersale.models import AuditEntry, Shop
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from aftersale.services.webhooks.http_post import Answer as Heard
from config.secrets import unseal
from monitoring.models import AlertKind, Refusal, Robot, Service
from monitoring.services import alerts
from monitoring.services.robots import sending, settings
from monitoring.services.robots.addresses import read_address
from tests.factories import NOON, make_shop, make_user

from .platforms import ADDRESSES, KEYS, Platforms, listening, make_robot, taken
from .scene import failed

pytestmark = pytest.mark.django_db
ASKED: dict[str, Any] = {
    "name": " Night shift ",
    "address": ADDRESSES[Service.DINGTALK],
    "secret": "SEC0aB",
    "kinds": ["to_pay", "deadline"],
    "told_from": time(9),
    "told_until": time(21),
    "language": "en",
}


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


@pytest.fixture
def owner(shop: Shop) -> User:
    return make_user(shop, username="olga")


@pytest.fixture
def platforms() -> Iterator[Platforms]:
    with listening() as platforms:
        yield platforms


def create(shop: Shop, user: User, **changed: Any) -> Robot:
    return settings.create(shop_id=shop.pk, user=user, now=NOON, **ASKED | changed)


def change(robot: Robot, user: User, **changed: Any) -> Robot:
    same = ASKED | {"address": "", "secret": ""}
    return settings.change(robot_id=robot.pk, user=user, now=NOON, **same | changed)


def notes() -> list[str]:
    return [str(entry.note) for entry in AuditEntry.objects.filter(kind="changed").order_by("pk")]


@pytest.mark.parametrize("service", list(Service))
def test_an_address_says_its_service(service: Service) -> None:
    assert read_address(f" {ADDRESSES[service]}\n") == (service, KEYS[service])


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1a",
        "https://qyapi.weixin.qq.com.example.com/cgi-bin/webhook/send?key=1a",
        "https://qyapi.weixin.qq.com@10.0.0.1/cgi-bin/webhook/send?key=1a",
        "https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key=1a",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1a&debug=1",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1a#x",
        "https://qyapi.weixin.qq.com/cgi-bin/gettoken?key=1a",
        "https://oapi.dingtalk.com/robot/send?access_token=../x",
        "https://open.feishu.cn/open-apis/bot/v2/hook/a/../b",
        "https://hooks.slack.com/services/T/B/X",
        "https://10.0.0.1/",
        "https://localhost/cgi-bin/webhook/send?key=1a",
        "dingtalk://4d5e6f",
        "mailto://x@example.com",
    ],
)
def test_nothing_else_is_an_address(shop: Shop, owner: User, address: str) -> None:
    with pytest.raises(Refused) as refused:
        create(shop, owner, address=address)
    assert refused.value.pointer == "address" and not Robot.objects.exists()


def test_it_is_made_with_its_key_sealed_and_an_entry(shop: Shop, owner: User) -> None:
    robot = create(shop, owner)
    with connection.cursor() as cursor:
        cursor.execute("SELECT r::text FROM monitoring_robot r")
        stored = cursor.fetchone()[0]
    assert KEYS[Service.DINGTALK] not in stored and "SEC0aB" not in stored
    assert (unseal(robot.key), unseal(robot.secret)) == ("4d5e6f", "SEC0aB")
    robot.refresh_from_db()
    assert (robot.name, robot.service, robot.enabled) == ("Night shift", "dingtalk", True)
    assert robot.kinds == ["deadline", "to_pay"]
    (entry,) = AuditEntry.objects.all()
    assert (entry.kind, entry.shop, entry.user, entry.at) == ("changed", shop, owner, NOON)
    assert entry.note == (
        "Group robot Night shift (DingTalk): made, tells of: Deadline, To pay by hand"
    )


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["deadline", "nonsense"]}, "kinds"),
        ({"told_from": None}, "told_from"),
        ({"told_until": None}, "told_until"),
        ({"language": "tlh"}, "language"),
        ({"secret": "abc"}, "secret"),
        ({"secret": "SECa b"}, "secret"),
        ({"address": ADDRESSES[Service.FEISHU]}, "secret"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    shop: Shop, owner: User, wrong: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Refused) as refused:
        create(shop, owner, **wrong)
    assert refused.value.pointer == pointer
    assert not Robot.objects.exists() and not AuditEntry.objects.exists()


def test_a_shop_has_ten_at_most(shop: Shop, owner: User) -> None:
    for _ in range(settings.MOST):
        make_robot(shop)
    with pytest.raises(Refused, match="at most 10"):
        create(shop, owner)
    assert Robot.objects.count() == settings.MOST


@pytest.mark.usefixtures("wakes_at_once")
def test_a_change_keeps_the_address_that_is_not_entered(shop: Shop, owner: User) -> None:
    robot = create(shop, owner)
    Robot.objects.update(
        failing_since=NOON, failures=3, failure="gone", answer="1", next_try_at=NOON
    )
    changed = change(robot, owner, kinds=["breaker"])
    assert (changed.key, changed.secret) == (robot.key, robot.secret)
    assert (changed.failures, changed.failure) == (3, "gone")
    assert OrmQ.objects.get().key == "tell"
    # Of another service, without its old secret; failures of before say nothing about it.
    changed = change(robot, owner, kinds=["breaker"], address=ADDRESSES[Service.WECOM])
    assert (changed.service, unseal(changed.key), changed.secret) == ("wecom", "1a2b-3c", "")
    assert (changed.failures, changed.failure, changed.failing_since) == (0, "", None)
    change(robot, owner, kinds=["breaker"])
    assert notes()[1:] == [
        "Group robot Night shift (DingTalk): changed, tells of: Circuit breaker",
        "Group robot Night shift (WeCom): new address",
    ]


def test_a_secret_alone_is_changed(shop: Shop, owner: User) -> None:
    robot = create(shop, owner)
    assert unseal(change(robot, owner, secret="SECnew").secret) == "SECnew"
    assert notes()[-1].endswith("new secret")
    with pytest.raises(Refused):
        change(make_robot(shop), owner, secret="SECnew")


def test_while_it_is_off_nothing_is_told(shop: Shop, owner: User, platforms: Platforms) -> None:
    robot = make_robot(shop)
    failed(shop)
    alerts.raise_alerts(now=NOON)
    settings.switch_off(robot_id=robot.pk, user=owner, now=NOON)
    assert not sending.run(clock=lambda: NOON, seconds=0.05) and not platforms.calls
    with pytest.raises(Refused, match="switched off"):
        settings.ask_for_test(robot_id=robot.pk, user=owner, now=NOON)
    settings.switch_off(robot_id=robot.pk, user=owner, now=NOON)
    settings.switch_on(robot_id=robot.pk, user=owner, now=NOON)
    settings.switch_on(robot_id=robot.pk, user=owner, now=NOON)
    sending.run(clock=lambda: NOON, seconds=0.05)
    assert len(platforms.calls) == 1
    assert [note.rpartition(": ")[2] for note in notes()] == ["switched off", "switched on"]


def test_a_removed_one_leaves_nothing(shop: Shop, owner: User) -> None:
    robot = make_robot(shop)
    failed(shop)
    alerts.raise_alerts(now=NOON)
    settings.remove(robot_id=robot.pk, user=owner, now=NOON)
    assert not Robot.objects.exists() and not sending.due(by=NOON)
    assert notes() == ["Group robot wecom group (WeCom): removed"]


def test_a_test_is_sent_at_any_hour_and_says_what_came_of_it(
    shop: Shop, owner: User, platforms: Platforms
) -> None:
    robot = make_robot(shop, told_from=time(22), told_until=time(23), next_try_at=NOON)
    Robot.objects.update(next_try_at=NOON + timedelta(hours=1), failures=1, failing_since=NOON)
    failed(shop)
    alerts.raise_alerts(now=NOON)
    platforms.answer = lambda host: Heard(200, b'{"errcode": 93000, "errmsg": "invalid"}')
    settings.ask_for_test(robot_id=robot.pk, user=owner, now=NOON)
    sending.run(clock=lambda: NOON, seconds=0.05)
    robot.refresh_from_db()
    assert (robot.failure, robot.answer, robot.test_asked_at) == (
        Refusal.GONE,
        "93000 invalid",
        None,
    )
    platforms.answer = taken
    settings.ask_for_test(robot_id=robot.pk, user=owner, now=NOON)
    sending.run(clock=lambda: NOON, seconds=0.05)
    robot.refresh_from_db()
    assert (robot.failure, robot.failures, robot.last_success_at) == ("", 0, NOON)
    test = f"Afterdesk · {shop.name}: a test\n\nAlerts of this shop arrive here."
    assert platforms.texts == [test, test]
    # The alert still waits for its hour.
    assert sending.due(by=NOON + timedelta(hours=10))
    assert notes() == ["Group robot wecom group (WeCom): tested"] * 2


@pytest.mark.parametrize("role", ["owner", "admin", "cs_manager", "cs_agent", "viewer", None])
def test_who_manages_them(shop: Shop, role: str | None) -> None:
    """SPEC P1: owners and admins; to strangers there is none."""
    robot = make_robot(shop)
    user = make_user(shop, role) if role else make_user(make_shop())
    calls = [
        lambda: create(shop, user),
        lambda: change(robot, user, name="other"),
        *(
            lambda call=call: call(robot_id=robot.pk, user=user, now=NOON)
            for call in (
                settings.ask_for_test,
                settings.switch_off,
                settings.switch_on,
                settings.remove,
            )
        ),
    ]
    for number, call in enumerate(calls):
        if role in ("owner", "admin"):
            call()
        else:
            error = NotAllowed if role or number == 0 else NotFound
            with pytest.raises(error):
                call()
    assert len(notes()) == (6 if role in ("owner", "admin") else 0)
    assert list(Robot.objects.values_list("name", flat=True)) == (
        ["Night shift"] if role in ("owner", "admin") else ["wecom group"]
    )


def test_every_kind_may_be_told(shop: Shop, owner: User) -> None:
    assert create(shop, owner, kinds=AlertKind.values).kinds == AlertKind.values
