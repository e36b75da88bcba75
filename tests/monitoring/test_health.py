"""/healthz, /readyz and /metrics, for machines."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from aftersale.models import Ticket, TicketEvent
from monitoring.probes import health, metrics
from strategies.models import Decision, Heartbeat
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import make_order, make_shop, make_strategy, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def beating() -> None:
    Heartbeat.objects.create(worker="decide", at=timezone.now())


def ready(client: Client) -> tuple[int, dict[str, bool]]:
    response = client.get("/readyz")
    found = response.json()
    assert found["ready"] == (response.status_code == 200)
    return response.status_code, {name: check["ok"] for name, check in found["checks"].items()}


WELL = {"database": True, "queue": True, "evaluator": True, "waiting_tickets": True, "clocks": True}


def test_the_web_process_answers_without_a_database(client: Client, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("asked the database")

    monkeypatch.setattr(connection, "cursor", refuse)
    assert client.get("/healthz").content == b"ok\n"


def test_all_is_well(client: Client, beating: None) -> None:
    assert ready(client) == (200, WELL)


def test_an_evaluator_that_never_beat_or_has_stopped(client: Client) -> None:
    assert ready(client) == (503, WELL | {"evaluator": False})
    Heartbeat.objects.create(worker="decide", at=timezone.now() - timedelta(seconds=181))
    assert ready(client) == (503, WELL | {"evaluator": False})


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
        status, found = ready(client)
    assert (status, found["clocks"]) == ((200, True) if well else (503, False))


def test_the_clocks_difference_is_a_metric() -> None:
    with time_machine.travel(timezone.now() - timedelta(seconds=90), tick=True):
        [metric] = [
            one
            for one in metrics.Rows(timezone.now()).collect()
            if one.name == "afterdesk_clock_ahead_seconds"
        ]
    assert -91 < metric.samples[0].value < -89


def test_a_check_that_cannot_be_made_has_failed(client: Client, beating: None, monkeypatch) -> None:
    def fail(_now: object) -> health.Check:
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
    assert 0 <= found["afterdesk_evaluator_heartbeat_age_seconds"] < 30
