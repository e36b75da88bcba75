"""Lists as files: what their filters find, for those who do more than look (SPEC P1, P6)."""

import csv
import io
from typing import Any

from django.test import Client
from django.urls import reverse

from aftersale.models import AuditEntry, AuditKind, FundEntry, Refund, Ticket
from tests.each import each
from tests.factories import make_order, make_ticket

from .clients import client_of, english_client, url
from .scene import Scene


def rows_of(client: Client, what: str, **query: Any) -> list[list[str]]:
    answer = client.get(reverse("desk:list-export", args=[what, "csv"]), query)
    assert answer.status_code == 200, what
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_tickets_as_their_list_shows_them(own: Scene, foreign: Scene) -> None:
    client = english_client(own.people["cs_agent"])
    make_ticket(make_order(own.shop), ticket_no="=T9", status="closed", awaiting_evaluation=False)
    head, *rows = rows_of(client, "tickets", status__exact="refunding")
    assert head[:9] == [
        "Shop", "Ticket", "Order", "Buyer", "Type", "Application reason", "Status",
        "Amount (yuan)", "Approved (yuan)",
    ]  # fmt: skip
    assert [row[:9] for row in rows] == [
        ["mine-shop", "mine-ticket", "mine-order", "mine-buyer", "Refund only", "", "Refunding",
         "123.45", "123.45"],
    ]  # fmt: skip
    assert rows[0][11] == "2026-11-20 10:00:00"
    # A sheet would take this for a formula: it is written as a text.
    assert "'=T9" in [row[1] for row in rows_of(client, "tickets")]
    entry = AuditEntry.objects.filter(kind=AuditKind.EXPORTED).earliest("pk")
    assert (entry.user, entry.rows) == (own.people["cs_agent"], 1)
    assert entry.filters == {"status__exact": "refunding"}


def test_refunds_and_ledgers(own: Scene, foreign: Scene) -> None:
    client = english_client(own.people["cs_manager"])
    refund, entry = own.row(Refund), own.row(FundEntry)
    _head, *refunds = rows_of(client, "refunds")
    assert [row[1] for row in refunds] == [refund.ticket.ticket_no]
    _head, *entries = rows_of(client, "fund-entries")
    assert [row[2] for row in entries] == [entry.entry_no]


def test_viewers_and_strangers_get_nothing(own: Scene, foreign: Scene) -> None:
    viewer, stranger = client_of(own.people["viewer"]), client_of(foreign.people["owner"])
    for what in ("tickets", "refunds", "fund-entries"):
        assert viewer.get(reverse("desk:list-export", args=[what, "csv"])).status_code == 403
        assert not [row for row in rows_of(stranger, what) if "mine-shop" in row]
    assert not AuditEntry.objects.filter(
        kind=AuditKind.EXPORTED, user=own.people["viewer"]
    ).exists()


@each("what, form", [("nothing", "csv"), ("tickets", "pdf")])
def test_what_there_is_not(own: Scene, what: str, form: str) -> None:
    client = client_of(own.people["owner"])
    assert client.get(reverse("desk:list-export", args=[what, form])).status_code == 404


def test_the_lists_lead_there_with_their_filters(own: Scene) -> None:
    client = client_of(own.people["cs_agent"])
    page = client.get(url(Ticket, "changelist"), {"status__exact": "refunding"}).content.decode()
    address = reverse("desk:list-export", args=["tickets", "xlsx"])
    assert f'href="{address}?status__exact=refunding"' in page
    whole = client.get(address)
    assert b"".join(whole.streaming_content)[:2] == b"PK"
