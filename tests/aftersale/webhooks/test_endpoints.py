"""Endpoints are the owner's (SPEC P1): each change is checked and written down."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from aftersale import tasks
from aftersale.models import (
    AuditEntry,
    Role,
    TicketEvent,
    WebhookEndpoint,
    WebhookMessage,
    WebhookType,
)
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from aftersale.services.webhooks import delivery, endpoints, log
from config.secrets import unseal
from monitoring.models import Alert
from monitoring.services.alerts import raise_alerts
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import make_order, make_shop, make_ticket, make_user

pytestmark = pytest.mark.django_db
URL = "https://erp.example.com/hook?key=abc"
NOW = timezone.now()


@pytest.fixture
def shop():
    return make_shop(code="ks-1")


@pytest.fixture
def owner(shop):
    return make_user(shop, username="olga")


def create(shop, owner, **fields):
    asked = {"url": URL, "description": "ERP", "types": ["ticket.arrived"]} | fields
    return endpoints.create(shop_id=shop.pk, user=owner, now=NOW, **asked)


def test_the_secret_is_kept_sealed_and_each_change_written_down(shop, owner):
    endpoint, secret = create(shop, owner)
    endpoint.refresh_from_db()
    assert secret.startswith("whsec_") and unseal(endpoint.secret) == secret
    again = {"url": URL + "&x=1", "description": "", "types": ["ticket.updated", "alert.raised"]}
    endpoints.change(endpoint_id=endpoint.pk, user=owner, now=NOW, **again)
    endpoints.change(endpoint_id=endpoint.pk, user=owner, now=NOW, **again)  # nothing new
    _, second = endpoints.rotate(endpoint_id=endpoint.pk, user=owner, now=NOW)
    endpoint.refresh_from_db()
    assert (unseal(endpoint.secret), unseal(endpoint.old_secret)) == (second, secret)
    assert endpoint.old_secret_until == NOW + timedelta(hours=24)
    for _n in range(2):
        endpoints.switch_off(endpoint_id=endpoint.pk, user=owner, now=NOW)
    for _n in range(2):
        endpoints.switch_on(endpoint_id=endpoint.pk, user=owner, now=NOW)
    endpoints.remove(endpoint_id=endpoint.pk, user=owner, now=NOW)
    events = AuditEntry.objects.filter(shop=shop).order_by("pk")
    assert list(events.values_list("kind", "user__username", "note")) == [
        ("webhook", "olga", f"erp.example.com: {note}")
        for note in [
            "made, told of: ticket.arrived",
            "changed, told of: ticket.updated, alert.raised",
            "secret rotated",
            "switched off",
            "switched on",
            "removed",
        ]
    ]
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"url": "http://192.168.0.1/"}, "url"),
        ({"url": "nonsense"}, "url"),
        ({"url": "https://user:word@erp.example.com/"}, "url"),
        ({"description": "x" * 201}, "description"),
        ({"description": "a\0b"}, "description"),
        ({"types": []}, "types"),
        ({"types": ["ticket.arrived", "webhook.test"]}, "types"),
        ({"types": ["ticket.arrived", "ticket.arrived\0"]}, "types"),
    ],
)
def test_what_is_refused_changes_nothing(shop, owner, fields, pointer):
    with pytest.raises(Refused) as refused:
        create(shop, owner, **fields)
    assert refused.value.pointer == pointer
    assert not WebhookEndpoint.objects.exists() and not AuditEntry.objects.exists()
    endpoint, _ = create(shop, owner)
    asked = {"url": URL, "description": "ERP", "types": ["ticket.arrived"]} | fields
    with pytest.raises(Refused):
        endpoints.change(endpoint_id=endpoint.pk, user=owner, now=NOW, **asked)
    assert AuditEntry.objects.count() == 1


def test_at_most_ten_a_shop(shop, owner):
    for _n in range(endpoints.MOST):
        create(shop, owner)
    with pytest.raises(Refused):
        create(shop, owner)
    assert WebhookEndpoint.objects.count() == endpoints.MOST


@pytest.mark.parametrize("role", [role for role in Role.values if role != "owner"] + ["stranger"])
def test_nobody_but_owners(shop, owner, role):
    """SPEC P1: to strangers there is no such webhook."""
    endpoint, _ = create(shop, owner)
    message = log.send_test(endpoint_id=endpoint.pk, user=owner, now=NOW)
    other = make_shop()
    user = make_user(other) if role == "stranger" else make_user(shop, role)
    error = NotFound if role == "stranger" else NotAllowed
    who = {"user": user, "now": NOW}
    one = {"endpoint_id": endpoint.pk, **who}
    asked = {"url": URL, "description": "", "types": ["ticket.updated"]}
    before = list(WebhookEndpoint.objects.values()), list(WebhookMessage.objects.values())
    for call in (endpoints.rotate, endpoints.switch_off, endpoints.switch_on, endpoints.remove):
        with pytest.raises(error):
            call(**one)
    with pytest.raises(error):
        endpoints.change(**asked, **one)
    with pytest.raises(error):
        log.send_test(**one)
    with pytest.raises(error):
        log.send_again(message_id=message.pk, **who)
    with pytest.raises(error):
        log.send_failed_again(since=NOW, **one)
    with pytest.raises(NotAllowed):
        endpoints.create(shop_id=shop.pk, **asked, **who)
    assert before == (list(WebhookEndpoint.objects.values()), list(WebhookMessage.objects.values()))


def test_nothing_is_sent_again_while_it_is_off(shop, owner):
    endpoint, _ = create(shop, owner)
    message = log.send_test(endpoint_id=endpoint.pk, user=owner, now=NOW)
    endpoints.switch_off(endpoint_id=endpoint.pk, user=owner, now=NOW)
    for call in (
        lambda: log.send_test(endpoint_id=endpoint.pk, user=owner, now=NOW),
        lambda: log.send_again(message_id=message.pk, user=owner, now=NOW),
        lambda: log.send_failed_again(endpoint_id=endpoint.pk, since=NOW, user=owner, now=NOW),
    ):
        with pytest.raises(Refused):
            call()
    assert WebhookMessage.objects.count() == 1


def woken() -> int:
    found = OrmQ.objects.filter(key="tell")
    count = sum(task.task["func"] == "aftersale.tasks.tell" for task in found)
    found.delete()
    return count


@pytest.mark.usefixtures("wakes_at_once")
def test_the_cluster_is_woken_where_somebody_is_to_be_told(shop, owner):
    """With the transaction of the change; where nobody listens the queue hears nothing."""
    order = make_order(shop)

    def event():
        ticket = make_ticket(order)
        TicketEvent.objects.create(ticket=ticket, at=NOW, kind="arrived", actor="platform")

    event()
    decide_shop(shop.pk, tally=Tally())
    assert woken() == 0
    create(shop, owner)
    event()
    assert woken() == 1
    decide_shop(shop.pk, tally=Tally())
    assert woken() == 1


@pytest.mark.usefixtures("wakes_at_once")
def test_the_task_goes_on_while_more_is_due(monkeypatch):
    monkeypatch.setattr(delivery, "run", lambda clock: True)
    tasks.tell()
    assert woken() == 1
    monkeypatch.setattr(delivery, "run", lambda clock: False)
    tasks.tell()
    assert woken() == 0
    wanted = {
        "tell": ("aftersale.tasks.tell", 1),
        "clear-webhooks": ("aftersale.tasks.clear_webhooks", 1440),
    }
    for name, (func, minutes) in wanted.items():
        schedule = Schedule.objects.get(name=name)
        assert (schedule.func, schedule.minutes, schedule.cluster) == (func, minutes, "tell")


def test_one_that_was_switched_off_for_failing_raises_an_alert_once(shop, owner):
    """SPEC M4's way of telling people; what a person switched off is no news."""
    endpoint, _ = create(shop, owner)
    others, _ = create(shop, owner, types=["alert.raised"], description="bot")
    by_hand, _ = create(shop, owner)
    endpoints.switch_off(endpoint_id=by_hand.pk, user=owner, now=NOW)
    since = NOW - timedelta(days=3)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        enabled=False, off_because="failing", off_at=NOW, failing_since=since
    )
    assert (raise_alerts(now=NOW), raise_alerts(now=NOW)) == (1, 0)
    alert = Alert.objects.get()
    assert (alert.kind, alert.subject, alert.facts["name"]) == ("webhook", endpoint.pk, "ERP")
    message = WebhookMessage.objects.get()
    assert message.endpoint == others
    assert (message.data["about"], message.data["because"]) == ("ERP", "failing")


def test_all_types_have_a_place_in_the_choice():
    assert len(WebhookType.values) == len({kind.label for kind in WebhookType}) == 11
