"""A client generated from the OpenAPI document does what docs/integration.md leads through."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from aftersale.models import ConnectorKind, Ticket
from tests.factories import make_shop, make_user

from .feed import settle
from .program import program

pytestmark = pytest.mark.django_db(transaction=True)

PACKAGE = "afterdesk_client"
ORDER = {
    "order_no": "E-1001", "status": "pending_shipment", "buyer": "b-77",
    "paid_at": "2026-11-20T20:05:00+08:00", "updated_at": "2026-11-20T20:05:00+08:00",
    "paid_amount": "120.00",
    "lines": [
        {"line_no": 1, "product": "p-9", "category": "shoes", "quantity": 1,
         "paid_amount": "80.00"},
        {"line_no": 2, "product": "p-3", "quantity": 2, "paid_amount": "40.00"},
    ],
}  # fmt: skip
TICKET = {
    "ticket_no": "AS-1", "order_no": "E-1001", "line_no": 2, "type": "refund_only",
    "reason": "no_longer_wanted", "amount": "20.00",
    "applied_at": "2026-11-20T20:30:00+08:00", "updated_at": "2026-11-20T20:30:00+08:00",
}  # fmt: skip


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The package, importable; made by openapi-python-client."""
    folder: Path = tmp_path_factory.mktemp("client")
    document, package = folder / "schema.json", folder / "made"
    call_command("spectacular", file=str(document), format="openapi-json")
    command = [sys.executable, "-m", "openapi_python_client", "generate"]
    command += ["--path", str(document), "--output-path", str(package), "--meta", "setup"]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    # It leaves out what it does not understand, and says so.
    assert "ERROR" not in made.stdout and "unsupported" not in made.stdout.lower(), made.stdout
    sys.path.insert(0, str(package))
    yield
    sys.path.remove(str(package))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def part(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.{name}")


def test_from_the_order_to_the_refunds_result(generated: None) -> None:
    shop = make_shop(is_demo=False, connector=ConnectorKind.MANUAL)
    token = program(shop, make_user(shop)).token
    transport = httpx.WSGITransport(app=get_wsgi_application())
    with httpx.Client(
        base_url="http://testserver",
        transport=transport,
        headers={"Authorization": f"Bearer {token}"},
    ) as http:
        client = part("client").AuthenticatedClient(base_url="http://testserver", token=token)
        client.set_httpx_client(http)
        models = part("models")
        sent = part("api.orders.send_orders").sync(
            client=client, body=[models.SentOrder.from_dict(ORDER)]
        )
        assert [result.result for result in sent.results] == ["created"]
        sent = part("api.tickets.send_tickets").sync(
            client=client, body=models.SentTicket.from_dict(TICKET)
        )
        assert sent.to_dict()["result"] == "created"
        wrong = part("api.tickets.send_tickets").sync(
            client=client, body=[models.SentTicket.from_dict(TICKET | {"amount": "1.005"})]
        )
        (refused,) = wrong.to_dict()["results"]
        assert refused["result"] == "refused" and refused["errors"][0]["pointer"] == "#/amount"
        check = part("api.orders.check_shipping").sync(client=client, order_no="E-1001")
        assert (check.ship, check.to_dict()["reason"]) == (False, "refund_requested")
        approved = part("api.tickets.approve_ticket").sync_detailed(
            client=client, ticket_no="AS-1", idempotency_key="approve-1"
        )
        assert approved.status_code == 200
        again = part("api.tickets.approve_ticket").sync_detailed(
            client=client, ticket_no="AS-1", idempotency_key="approve-1"
        )
        assert again.content == approved.content
        ticket = part("api.tickets.get_ticket").sync(client=client, ticket_no="AS-1").to_dict()
        refund = ticket["refund"]
        done = part("api.tickets.report_refund_result").sync_detailed(
            client=client,
            number=refund["id"],
            body=models.RefundOutcome.from_dict(
                {"status": "succeeded", "attempt": refund["attempt"], "amount": refund["amount"]}
            ),
        )
        assert done.status_code == 200
        settle()
        events = part("api.events.list_events").sync(client=client).to_dict()
        assert "refund.succeeded" in [event["type"] for event in events["results"]]
    assert Ticket.objects.get().status == "refunded"
