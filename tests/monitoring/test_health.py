"""/healthz, /readyz and /metrics, for machines."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from aftersale.models import PaymentStop, PlatformAccount, Refund, Shop, Ticket, TicketEvent
from monitoring.probes import metrics
from monitoring.services import health, heartbeats
from strategies.models import Decision, Heartbeat
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import make_order, make_shop, make_strategy, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def beating() -> None:
    for cluster in CLUSTERS:
        beats(cluster, 0)


def beats(worker: str, ago: float, host: str = "one", clock_ahead: float = 0) -> None:
    Heartbeat.objects.update_or_create(
        worker=worker,
        host=host,
        defaults={
            "at": timezone.now() - timedelta(seconds=ago),
            "clock_ahead": clock_ahead,
        },
    )


def ready(client: Client) -> tuple[int, dict[str, bool]]:
    response = client.get("/readyz")
    found = response.json()
    assert found["ready"] == (response.status_code == 200)
    return response.status_code, {name: check["ok"] for name, check in found["checks"].items()}


CLUSTERS = ["decide", "pay", "slow", "pull", "tell"]
WELL = dict.fromkeys(
    ["database", *CLUSTERS, "queue", "waiting_tickets", "due_refunds", "reading", "clocks"], True
)


def test_the_web_process_answers_without_a_database(client: Client, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("asked the database")

    monkeypatch.setattr(connection, "cursor", refuse)
    assert client.get("/healthz").content == b"ok\n"


def test_all_is_well(client: Client, beating: None) -> None:
    assert ready(client) == (200, WELL)


@pytest.mark.parametrize(
    ("cluster", "seconds"),
    [("decide", 120), ("pay", 120), ("pull", 180), ("tell", 120), ("slow", 860)],
)
def test_a_cluster_that_never_worked_or_has_stopped(
    client: Client, beating: None, cluster: str, seconds: int
) -> None:
    """SPEC E1: each shows by itself, whatever the others do; one machine of several is enough."""
    beats(cluster, seconds - 5)
    assert ready(client) == (200, WELL)
    beats(cluster, seconds + 1)
    assert ready(client) == (503, WELL | {cluster: False})
    beats(cluster, 0, host="two")
    assert ready(client) == (200, WELL)
    Heartbeat.objects.filter(worker=cluster).delete()
    assert ready(client) == (503, WELL | {cluster: False})


def test_a_refund_that_nobody_sends(client: Client, beating: None) -> None:
    order = make_order(make_shop(connector="sandbox", is_demo=True))
    refund = Refund.objects.create(
        shop=order.shop,
        order=order,
        ticket=make_ticket(order, awaiting_evaluation=False),
        amount=100,
        source="strategy",
        requested_at=timezone.now(),
        next_step_at=timezone.now() - timedelta(seconds=290),
    )
    assert ready(client) == (200, WELL)
    Refund.objects.update(next_step_at=timezone.now() - timedelta(seconds=301))
    assert ready(client) == (503, WELL | {"due_refunds": False})
    # Refunds that a pause holds back are not due.
    Shop.objects.update(automation_paused_at=timezone.now())
    assert ready(client) == (200, WELL)
    Refund.objects.filter(pk=refund.pk).update(released=True)
    assert ready(client) == (503, WELL | {"due_refunds": False})
    PaymentStop.objects.create(started_at=timezone.now())
    assert ready(client) == (200, WELL)


def account(shop: Shop, **fields: Any) -> PlatformAccount:
    now = timezone.now()
    marks = {"connected_at": now, "orders_until": now, "tickets_until": now, "next_round_at": now}
    return PlatformAccount.objects.create(shop=shop, platform="kuaishou", **(marks | fields))


def test_a_shop_that_nobody_reads(client: Client, beating: None) -> None:
    ago = timezone.now() - timedelta(minutes=16)
    one = account(make_shop(), last_read_at=ago, failing_since=timezone.now())
    assert ready(client) == (200, WELL)  # it has an alert of its own
    PlatformAccount.objects.update(failing_since=None)
    assert ready(client) == (503, WELL | {"reading": False})
    PlatformAccount.objects.filter(pk=one.pk).update(last_read_at=ago + timedelta(minutes=2))
    assert ready(client) == (200, WELL)


def test_a_ticket_that_nobody_decides(client: Client, beating: None) -> None:
    """Counted from when it began to wait, not from its status: an old ticket may wait anew."""
    ticket = make_ticket(make_order(make_shop()), status_at=timezone.now() - timedelta(days=2))
    assert ready(client) == (200, WELL)
    Ticket.objects.filter(pk=ticket.pk).update(
        awaiting_since=timezone.now() - timedelta(seconds=301)
    )
    assert ready(client) == (503, WELL | {"waiting_tickets": False})
    Ticket.objects.filter(pk=ticket.pk).update(awaiting_evaluation=False)
    Ticket.objects.filter(pk=ticket.pk).update(awaiting_evaluation=True)
    assert ready(client) == (200, WELL)


def test_a_queue_that_nobody_works_off(client: Client, beating: None) -> None:
    from django_q.models import OrmQ

    task = OrmQ.objects.create(key="decide", payload="", lock=timezone.now() + timedelta(hours=1))
    assert ready(client) == (200, WELL)  # being worked on
    OrmQ.objects.filter(pk=task.pk).update(lock=timezone.now() - timedelta(seconds=301))
    assert ready(client) == (503, WELL | {"queue": False})


@pytest.mark.parametrize(("seconds", "well"), [(28, True), (-28, True), (31, False), (-31, False)])
def test_a_web_process_whose_clock_is_not_the_databases(
    client: Client, beating: None, seconds: int, well: bool
) -> None:
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=True):
        assert ready(client) == ((200, WELL) if well else (503, WELL | {"clocks": False}))


@pytest.mark.parametrize(
    ("of_pay", "of_platform", "well"),
    [(29, -29, True), (31, 0, False), (-31, 0, False), (0, 31, False), (0, -31, False)],
)
def test_a_machine_or_a_platform_whose_clock_is_not_the_databases(
    client: Client, beating: None, of_pay: float, of_platform: float, well: bool
) -> None:
    beats("pay", 0, clock_ahead=of_pay)
    account(make_shop(), last_read_at=timezone.now(), clock_ahead=of_platform)
    # Seen long ago: it says nothing about now.
    beats("watch", 16 * 60, clock_ahead=900)
    assert ready(client) == ((200, WELL) if well else (503, WELL | {"clocks": False}))


def test_the_clocks_differences_are_metrics() -> None:
    Heartbeat.objects.all().delete()
    beats("pay", 0, clock_ahead=31)
    account(make_shop(), last_read_at=timezone.now(), clock_ahead=-2)
    with time_machine.travel(timezone.now() - timedelta(seconds=90), tick=True):
        [metric] = [
            one for one in metrics.Rows().collect() if one.name == "afterdesk_clock_ahead_seconds"
        ]
    found = {sample.labels["of"]: sample.value for sample in metric.samples}
    assert -91 < found.pop("web") < -89
    assert found == {"pay@one": 31, "kuaishou": -2}


def test_readyz_writes_what_the_web_machines_clock_says(client: Client, monkeypatch) -> None:
    monkeypatch.setattr(heartbeats, "_written", {})
    with time_machine.travel(timezone.now() + timedelta(seconds=50), tick=True):
        client.get("/readyz")
        client.get("/readyz")  # not more often than every few seconds
    web = Heartbeat.objects.get(worker="web")
    assert 49 < web.clock_ahead < 51


def test_a_check_that_cannot_be_made_has_failed(client: Client, beating: None, monkeypatch) -> None:
    def fail() -> health.Check:
        raise DatabaseError("gone")

    monkeypatch.setitem(health.CHECKS, "database", fail)
    assert ready(client) == (503, WELL | {"database": False})


@pytest.mark.parametrize("given", [None, "Bearer wrong", "secret"])
def test_metrics_want_their_token(client: Client, settings, given: str | None) -> None:
    headers = {"Authorization": given} if given else {}
    assert client.get("/metrics", headers=headers).status_code == 404
    settings.METRICS_TOKEN = "secret"
    response = client.get("/metrics", headers=headers)
    assert (response.status_code, response.content) == (401, b"")


def read(client: Client, settings) -> dict[str, float]:
    settings.METRICS_TOKEN = "secret"
    response = client.get("/metrics", headers={"Authorization": "Bearer secret"})
    assert response.status_code == 200
    lines = response.content.decode().splitlines()
    assert lines[-1] == "# EOF"
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    }


def test_figures(client: Client, settings, beating: None) -> None:
    shop = make_shop()
    make_strategy(shop, single_amount_cap="50.00")
    refunded, _for_people = (make_ticket(make_order(shop, paid_amount=a)) for a in (100, 9_000))
    decide_shop(shop.pk, tally=Tally(), seconds=5)
    decided_at = Decision.objects.get(ticket=refunded).decided_at
    first = refunded.events.order_by("pk").first()
    TicketEvent.objects.filter(pk=first.pk).update(
        kind="arrived", at=decided_at - timedelta(milliseconds=80)
    )
    waiting = make_ticket(make_order(shop))
    Ticket.objects.filter(pk=waiting.pk).update(
        awaiting_since=timezone.now() - timedelta(seconds=10)
    )
    found = read(client, settings)
    assert found["afterdesk_tickets_waiting"] == 1
    assert 10 <= found["afterdesk_oldest_waiting_ticket_seconds"] < 30
    assert found['afterdesk_decisions_total{outcome="refund",source="strategy"}'] == 1
    assert found['afterdesk_decisions_total{outcome="manual",source="none"}'] == 1
    assert found['afterdesk_decision_latency_seconds_bucket{le="0.05"}'] == 0
    assert found['afterdesk_decision_latency_seconds_bucket{le="0.1"}'] == 1
    assert found["afterdesk_decision_latency_seconds_gcount"] == 1
    assert found['afterdesk_refunds{state="requested"}'] == 1
    assert found['afterdesk_refunds{state="failed"}'] == 0
    assert 0 <= found['afterdesk_heartbeat_age_seconds{cluster="pay"}'] < 30
    assert found["afterdesk_oldest_due_refund_seconds"] == 0
    assert found["afterdesk_oldest_reading_seconds"] == 0


def test_a_database_that_takes_no_changes_is_not_ready() -> None:
    assert health.CHECKS["database"]() == health.Check(ok=True)
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    assert health.CHECKS["database"]() == health.Check(ok=False)
