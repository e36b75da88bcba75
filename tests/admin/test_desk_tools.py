"""Tools of the desk: notes and flags among colleagues, handing over, filters, search, sorting."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from aftersale.models import Membership, Order, Role, Shipment, Ticket, TicketEvent
from aftersale.services.tickets.cases import seen_now
from tests.each import each
from tests.factories import NOON, make_order, make_ticket

from .clients import english_client, text_of
from .scene import AT, Scene, person


@pytest.fixture
def desk(own: Scene) -> Scene:
    Ticket.objects.update(status="pending_review", committed=0)
    Order.objects.update(committed=0)
    own.row(Ticket).refresh_from_db()
    return own


@pytest.fixture
def client(desk: Scene) -> Client:
    return english_client(desk.people["cs_agent"])


def post(client: Client, step: str, ticket: Ticket, **data: Any) -> Any:
    ticket.refresh_from_db()
    data = {"seen": seen_now(ticket, ticket.order), **data}
    return client.post(reverse(f"desk:{step}", args=[ticket.pk]), data)


def test_notes_and_flags_among_colleagues(desk: Scene, client: Client) -> None:
    """Kept with who and when, at the top of the case; told neither to platform nor buyer."""
    ticket = desk.row(Ticket)
    before = TicketEvent.objects.count()
    for wrong in ({"text": " "}, {"text": "x" * 501}, {"text": "x", "mark": "pink"}):
        assert post(client, "internal-note", ticket, **wrong).status_code == 422
    ticket.refresh_from_db()
    assert (ticket.mark, TicketEvent.objects.count()) == ("", before)
    kept = post(client, "internal-note", ticket, text="cup is\nchipped", mark="red")
    assert kept.status_code == 204 and "workbench:kept" in kept.headers["HX-Trigger"]
    event = TicketEvent.objects.latest("pk")
    assert (event.kind, event.actor, event.user) == (
        "internal", "person", desk.people["cs_agent"],
    )  # fmt: skip
    assert event.note == "Red flag: cup is\nchipped"
    ticket.refresh_from_db()
    assert (ticket.mark, ticket.status) == ("red", "pending_review")
    shown = client.get(reverse("desk:case", args=[ticket.pk])).content.decode()
    assert "wb-internal" in shown and "wb-mark--red" in shown
    rows = reverse("desk:workbench-rows")
    assert "wb-mark--red" in client.get(rows).content.decode()
    assert len(client.get(rows, {"mark": "red"}).context["rows"]) == 1
    assert len(client.get(rows, {"mark": "blue"}).context["rows"]) == 0
    # The flag alone is taken away.
    assert post(client, "internal-note", ticket, text="", mark="").status_code == 204
    assert TicketEvent.objects.latest("pk").note == "Flag taken away"


def test_a_case_is_handed_to_a_colleague(desk: Scene, client: Client) -> None:
    ticket = desk.row(Ticket)
    lin = person("lin", first_name="Lin")
    Membership.objects.create(shop=desk.shop, user=lin, role=Role.CS_AGENT)
    page = client.get(reverse("desk:hand-over", args=[ticket.pk])).content.decode()
    assert f'<option value="{lin.pk}">Lin</option>' in page
    # Neither oneself, nor somebody who handles no tickets there.
    nobody = (desk.people["cs_agent"].pk, desk.people["viewer"].pk, 10**9, "")
    for to in nobody:
        assert post(client, "hand-over", ticket, to=to).status_code == 422
    ticket.refresh_from_db()
    assert ticket.handler is None
    assert post(client, "hand-over", ticket, to=lin.pk, note="she speaks Hunanese").status_code == (
        204
    )
    ticket.refresh_from_db()
    assert ticket.handler == lin
    assert TicketEvent.objects.latest("pk").note == "Handed to Lin. she speaks Hunanese"
    # Out of her hands only by somebody who says so.
    to = desk.people["cs_manager"].pk
    refused = post(client, "hand-over", ticket, to=to)
    assert refused.status_code == 422 and "in the hands of Lin" in text_of(refused)
    assert post(client, "hand-over", ticket, to=to, from_colleague=lin.pk).status_code == 204


def found(client: Client, **query: Any) -> list[str]:
    rows = client.get(reverse("desk:workbench-rows"), query).context["rows"]
    return [row["ticket"].ticket_no for row in rows]


@pytest.fixture
def many(desk: Scene) -> Scene:
    Ticket.objects.all().update(status="closed")
    for number, amount, days, title, status in (
        ("AS900001", 3_000, 0, "blue cup", "shipped"),
        ("AS900002", 1_000, 1, "red cup", "pending_shipment"),
        ("AS900003", 2_000, 2, "lamp", "shipped"),
    ):
        order = make_order(
            desk.shop,
            order_no=f"O-7{number[2:]}",
            status=status,
            lines=[{"title": title, "product": f"sku-{amount}"}],
        )
        make_ticket(
            order,
            ticket_no=number,
            amount=amount,
            applied_at=NOON + timedelta(days=days),
            due_at=NOON + timedelta(days=9 - days),
            awaiting_evaluation=False,
        )
    Ticket.objects.filter(ticket_no="AS900002").update(handler=desk.people["owner"])
    return desk


# The filter or sort asked for -> the tickets, in their order.
ASKED: list[tuple[dict[str, str], list[str]]] = [
    ({}, ["AS900003", "AS900002", "AS900001"]),
    ({"sort": "dearest"}, ["AS900001", "AS900003", "AS900002"]),
    ({"sort": "cheapest"}, ["AS900002", "AS900003", "AS900001"]),
    ({"sort": "newest"}, ["AS900003", "AS900002", "AS900001"]),
    ({"sort": "oldest"}, ["AS900001", "AS900002", "AS900003"]),
    ({"since": "2026-03-12"}, ["AS900003", "AS900002"]),
    ({"since": "2026-03-12", "until": "2026-03-12"}, ["AS900002"]),
    ({"since": "12/03/2026"}, ["AS900003", "AS900002", "AS900001"]),
    ({"product": "CUP"}, ["AS900002", "AS900001"]),
    ({"product": "sku-2000"}, ["AS900003"]),
    ({"order": "shipped"}, ["AS900003", "AS900001"]),
    ({"handler": "0"}, ["AS900003", "AS900001"]),
    ({"q": "AS900001，O-7900003；nope"}, ["AS900001", "AS900003"]),
    ({"q": "0002"}, ["AS900002"]),
    ({"q": "002"}, []),
    ({"q": "0001", "product": "lamp"}, []),
]


@each("query, numbers", ASKED)
def test_what_is_asked_for_is_shown(
    many: Scene, client: Client, query: dict[str, str], numbers: list[str]
) -> None:
    assert found(client, **query) == numbers


def test_filters_name_what_was_not_found_and_people(many: Scene, client: Client) -> None:
    rows, owner = reverse("desk:workbench-rows"), many.people["owner"]
    page = client.get(rows, {"q": "AS900001,nope"}).content.decode()
    assert "Not found: nope" in page and "blue cup" in page
    assert found(client, handler=owner.pk) == ["AS900002"]
    people = client.get(reverse("desk:workbench-handlers")).content.decode()
    assert f'<option value="{owner.pk}">' in people
    assert client.get(reverse("desk:workbench-count")).json() == {"waiting": 3}


def test_others_neither_filter_by_it_nor_find_it(many: Scene, foreign: Scene) -> None:
    stranger = english_client(foreign.people["owner"])
    for query in (
        {"q": "0001"},
        {"q": "AS900001,AS900002"},
        {"product": "cup"},
        {"sort": "newest"},
    ):
        assert not [number for number in found(stranger, **query) if number.startswith("AS9")]
    assert "mine-owner" not in stranger.get(reverse("desk:workbench-handlers")).content.decode()


def test_the_parcel_to_the_buyer_leads_to_its_way(desk: Scene, client: Client) -> None:
    ticket = desk.row(Ticket)
    Shipment.objects.create(
        order=ticket.order, shipped_at=AT, carrier="SF", tracking_no="SF 12&3", reported_at=AT
    )
    Shipment.objects.create(
        order=ticket.order, shipped_at=AT, tracking_no="GONE", reported_at=AT, cancelled_at=AT
    )
    page = client.get(reverse("desk:case", args=[ticket.pk])).content.decode()
    assert 'href="https://www.kuaidi100.com/chaxun?nu=SF%2012%263"' in page
    assert "GONE" not in page


def test_pictures_of_the_buyer_are_thumbnails_of_their_page_alone(
    desk: Scene, client: Client
) -> None:
    """Only the case's own pages may show pictures from elsewhere."""
    Ticket.objects.update(evidence=["https://pics.test/1.jpg"])
    case = client.get(reverse("desk:case", args=[desk.row(Ticket).pk]))
    assert '<img src="https://pics.test/1.jpg"' in case.content.decode()
    assert 'referrerpolicy="no-referrer"' in case.content.decode()
    allowed = "img-src 'self' data: https:"
    assert allowed in case.headers["Content-Security-Policy"]
    other = client.get(reverse("desk:windows"))
    assert "https:" not in other.headers["Content-Security-Policy"]
