"""Traces: what ran, for how long and how it ended, and nothing of buyers' data (SPEC P7)."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from aftersale.models import Ticket
from aftersale.platforms.connection import Connection
from aftersale.platforms.payments import TimedOut
from aftersale.services.webhooks import http_post
from config import traces
from config.version import VERSION
from tests.admin.clients import client_of
from tests.config.conftest import command
from tests.config.test_settings import PRODUCTION
from tests.factories import make_order, make_shop, make_ticket, make_user

BUYER, NUMBER = "buyer-4711-secret", "AS-4711-secret"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.begin(lambda: SimpleSpanProcessor(exporter))
    yield exporter
    traces.end()


@pytest.fixture
def traced(settings: Any, spans: InMemorySpanExporter) -> InMemorySpanExporter:
    """Requests of the test client, too."""
    settings.MIDDLEWARE = ["config.traces.Traced", *settings.MIDDLEWARE]
    return spans


def told(spans: InMemorySpanExporter) -> list[dict[str, Any]]:
    return [json.loads(span.to_json()) for span in spans.get_finished_spans()]


def test_nothing_is_done_without_an_endpoint() -> None:
    with traces.call("platform.example.com", "GET") as begun:
        assert begun is None
    traces.task_begins({"func": "aftersale.tasks.pay", "id": "1"})
    traces.task_ends({"func": "aftersale.tasks.pay", "id": "1"})


@pytest.mark.django_db
def test_requests_are_named_by_the_pattern_of_their_address(
    traced: InMemorySpanExporter,
) -> None:
    """Numbers and buyers in addresses, query strings, forms, answers and headers stay out."""
    shop = make_shop(name=BUYER)
    ticket = make_ticket(make_order(shop, buyer=BUYER), ticket_no=NUMBER)
    client = client_of(make_user(shop, "owner", username="person-4711-secret"))
    for address in (
        reverse("desk:case", args=[ticket.pk]),
        f"{reverse('admin:aftersale_ticket_changelist')}?q={NUMBER}",
        f"/{BUYER}/{NUMBER}",
        f"/api/v1/tickets/{NUMBER}",
    ):
        client.get(address, headers={"User-Agent": BUYER, "Authorization": f"Bearer {NUMBER}"})
    client.post("/admin/login/", {"username": BUYER, "password": NUMBER})
    client.generic(BUYER.upper(), "/healthz")
    found = told(traced)
    named = [(span["name"], span["attributes"]["http.response.status_code"]) for span in found]
    assert named == [
        ("GET admin/workbench/case/<int:ticket_id>/", 200),
        ("GET admin/aftersale/ticket/", 200),
        ("GET", 404),
        ("GET api/v1/tickets/<number:ticket_no>", 401),
        ("POST admin/login/", 302),
        ("_OTHER healthz", 405),
    ]
    for span in found:
        attributes = span["attributes"]
        assert attributes.keys() <= {
            "http.request.method", "http.route", "http.response.status_code",
            "afterdesk.request_id", "error.type",
        }  # fmt: skip
        assert len(attributes["afterdesk.request_id"]) == 32
        assert span["resource"]["attributes"]["service.name"] == "afterdesk"
        assert span["resource"]["attributes"]["service.version"] == VERSION
        assert span["events"] == []
    assert "secret" not in json.dumps(found).lower()
    assert Ticket.objects.get().ticket_no == NUMBER


def test_an_error_is_told_by_its_type_alone(spans: InMemorySpanExporter) -> None:
    def fails(_request: HttpRequest) -> HttpResponse:
        raise ValueError(BUYER)

    request = HttpRequest()
    request.method = "GET"
    with pytest.raises(ValueError, match=BUYER):
        traces.Traced(fails)(request)
    traces.Traced(lambda _request: HttpResponse(BUYER, status=500))(request)
    found = told(spans)
    assert [span["attributes"]["error.type"] for span in found] == ["ValueError", "500"]
    assert {span["status"]["status_code"] for span in found} == {"ERROR"}
    assert BUYER not in json.dumps(found)


def test_calls_are_parts_of_their_task(spans: InMemorySpanExporter) -> None:
    """The task's arguments and result, and the call's path and body, stay out."""
    task: dict[str, Any] = {
        "id": "a" * 32, "func": "aftersale.tasks.pay", "name": BUYER,
        "args": (BUYER,), "kwargs": {"ticket": NUMBER},
    }  # fmt: skip
    answers = httpx.MockTransport(lambda _request: httpx.Response(200, text=BUYER))
    account: Any = SimpleNamespace(count=lambda: None)
    traces.task_begins(task)
    Connection(account, "Platform", transport=answers).exchange(  # type: ignore[arg-type]
        "POST", f"https://platform.example.com/refund/{NUMBER}?buyer={BUYER}", content=BUYER
    )
    traces.task_ends(task | {"success": True, "result": BUYER})
    call, of_task = told(spans)
    assert (call["name"], call["kind"]) == ("POST platform.example.com", "SpanKind.CLIENT")
    assert call["parent_id"] == of_task["context"]["span_id"]
    assert of_task["attributes"] == {
        "afterdesk.task": "aftersale.tasks.pay",
        "afterdesk.request_id": "a" * 32,
    }
    assert "secret" not in json.dumps([call, of_task])
    # The next one is no part of it.
    traces.task_begins(task | {"id": "b" * 32})
    traces.task_ends(task | {"success": False})
    last = told(spans)[-1]
    assert (last["parent_id"], last["attributes"]["error.type"]) == (None, "task")


def test_a_call_that_fails(spans: InMemorySpanExporter) -> None:
    def fails(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout(BUYER)

    account: Any = SimpleNamespace(count=lambda: None)
    connection = Connection(account, "Platform", transport=httpx.MockTransport(fails))  # type: ignore[arg-type]
    with pytest.raises(TimedOut):
        connection.exchange("GET", f"https://platform.example.com/{NUMBER}")
    with pytest.raises(http_post.Unanswered):
        http_post.post(f"https://localhost:1/{NUMBER}", body=BUYER.encode(), headers={})
    first, second = told(spans)
    assert (first["name"], first["attributes"]["error.type"]) == (
        "GET platform.example.com",
        "ReadTimeout",
    )
    assert (second["name"], second["attributes"]["error.type"]) == (
        "POST localhost",
        "ConnectError",
    )
    assert "secret" not in json.dumps([first, second])


def test_a_forked_process_sends_by_itself(spans: InMemorySpanExporter, monkeypatch: Any) -> None:
    made: list[int] = []
    traces.begin(lambda: made.append(1) or SimpleSpanProcessor(spans))  # type: ignore[func-returns-value]
    traces._tracer = None
    for pid in (1, 1, 2):
        monkeypatch.setattr("os.getpid", lambda pid=pid: pid)
        with traces.call("platform.example.com", "GET"):
            pass
    assert len(made) == 2


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT must be an address that begins with"),
        ("http://127.0.0.1:9", ""),
    ],
)
def test_settings_say_what_is_wrong(checkout: Any, endpoint: str, said: str) -> None:
    """An endpoint that answers nothing is no reason not to start."""
    done = command(
        checkout, "manage.py", "check", **PRODUCTION, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint
    )
    assert (done.returncode, done.stderr.strip()[: len(said)]) == (int(bool(said)), said)
    assert "Traceback" not in done.stderr


def test_the_packages_may_be_missing(checkout: Any) -> None:
    """They are an extra: without them a start with an endpoint says what to install."""
    code = (
        "import importlib.util as u; found = u.find_spec;"
        "u.find_spec = lambda name, *a: None if name == 'opentelemetry' else found(name, *a);"
        "import config.settings"
    )
    done = command(
        checkout, "-c", code, **PRODUCTION, OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:4318"
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "the packages for traces are missing: install constraints-traces.txt" in last


def test_not_installed_by_default(client: Client) -> None:
    import tomllib

    from config.postgres import BASE_DIR

    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
    assert not [name for name in project["dependencies"] if "opentelemetry" in name]
    assert set(project["optional-dependencies"]["traces"]) <= set(
        project["optional-dependencies"]["dev"]
    )
