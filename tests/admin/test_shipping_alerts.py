"""SPEC H1, P1: the page of the parcels to be stopped, its dialog, and who sees what of it."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from aftersale.models import Order, Refund, ShippingAlert, Ticket, TicketEvent
from tests.queries import queries_of

from .clients import body, chinese_client, client_of, english_client, url
from .scene import AT, Scene, more_tickets
from .test_languages import english

PAGE = "/admin/shipping-alerts/"


def step(alert: ShippingAlert) -> str:
    return reverse("desk:shipping-alert-step", args=[alert.pk])


def test_the_page_says_what_is_at_risk(own: Scene, foreign: Scene) -> None:
    assert reverse("desk:shipping-alerts") == PAGE
    more_tickets(own, 3)
    for refund, state in zip(
        Refund.objects.filter(ticket__ticket_no__startswith="mine-").order_by("pk"),
        ["to_stop", "asked_carrier", "lost", "intercepted"],
        strict=True,
    ):
        ShippingAlert.objects.update_or_create(
            ticket=refund.ticket,
            defaults={
                "shop": own.shop,
                "order": refund.order,
                "kind": "likely_loss",
                "state": state,
                "raised_at": AT,
                "changed_at": AT,
            },
        )
    response = english_client(own.people["cs_agent"]).get(PAGE)
    assert [(tab.state, tab.count, tab.amount) for tab in response.context["tabs"]] == [
        ("to_stop", 1, 12_345),
        ("asked_carrier", 1, 12_345),
        ("intercepted", 1, 0),  # nobody asks what these were worth
        ("returned", 0, 0),
        ("lost", 1, 12_345),
    ]
    # To be stopped and asked for; only lost is lost.
    assert (response.context["open_amount"], response.context["lost_amount"]) == (
        "¥246.90",
        "¥123.45",
    )
    page = response.content.decode()
    assert "mine-ticket" in page and "mine-buyer" in page and "theirs" not in page
    assert '<span class="menu-badge">1</span>' in page
    assert "mine-0" in body(english_client(own.people["viewer"]), f"{PAGE}?state=asked_carrier")


@pytest.mark.parametrize("role", ["owner", "admin", "cs_manager", "cs_agent", "viewer"])
def test_roles(own: Scene, role: str) -> None:
    alert, client = own.row(ShippingAlert), english_client(own.people[role])
    assert "mine-order" in body(client, PAGE)
    may = role != "viewer"
    assert (step(alert) in body(client, PAGE)) is may
    assert client.get(step(alert)).status_code == (200 if may else 403)
    data = {"state": "asked_carrier", "note": "SF", "seen": "to_stop"}
    response = client.post(step(alert), data)
    alert.refresh_from_db()
    if not may:
        assert (response.status_code, alert.state) == (403, "to_stop")
        return
    assert (response.status_code, alert.state, alert.changed_by) == (
        204,
        "asked_carrier",
        own.people[role],
    )
    said = json.loads(response.headers["HX-Trigger"])["desk:done"]["message"]
    assert said == "Order mine-order: Carrier asked."


def test_nothing_of_another_shop(own: Scene, foreign: Scene) -> None:
    alert, client = foreign.row(ShippingAlert), client_of(own.people["owner"])
    for address in (PAGE, f"{PAGE}?shop={foreign.shop.pk}", f"{PAGE}?state=lost&shop=x"):
        assert "theirs" not in body(client, address)
    data = {"state": "lost", "seen": "to_stop"}
    assert client.get(step(alert)).status_code == 404
    assert client.post(step(alert), data).status_code == 404
    assert Client().post(step(alert), data).status_code == 302
    assert ShippingAlert.objects.get(pk=alert.pk).state == "to_stop"
    assert TicketEvent.objects.count() == 2  # the scenes' own


def test_what_is_refused_says_why(own: Scene) -> None:
    alert, client = own.row(ShippingAlert), english_client(own.people["cs_agent"])
    missing = client.post(step(alert), {"seen": "to_stop", "note": "kept as typed"})
    assert missing.status_code == 422
    assert "This field is required" in missing.content.decode()
    assert "kept as typed" in missing.content.decode()
    ShippingAlert.objects.update(state="lost", changed_by=own.people["admin"])
    late = client.post(step(alert), {"state": "asked_carrier", "seen": "to_stop"})
    assert late.status_code == 409
    assert "mine-admin has set this parcel to “Lost” meanwhile" in late.content.decode()
    unexplained = client.post(step(alert), {"state": "intercepted", "seen": "lost"})
    assert unexplained.status_code == 422
    assert ShippingAlert.objects.get().state == "lost"


def test_it_stands_on_the_pages_of_ticket_and_order(own: Scene) -> None:
    client = english_client(own.people["viewer"])
    for model in (Ticket, Order):
        page = body(client, url(model, "change", own.row(model).pk))
        assert "Shipped although refunded" in page and "mine-parcel" in page


def test_page_and_dialog_are_chinese(own: Scene) -> None:
    client = chinese_client(own.people["owner"])
    addresses = [step(own.row(ShippingAlert))]
    addresses += [f"{PAGE}?state={state}" for state in ("to_stop", "asked_carrier", "lost")]
    for address in addresses:
        assert english(body(client, address)) == set(), address


def test_queries_do_not_grow(own: Scene) -> None:
    client = client_of(own.people["owner"])
    before = queries_of(client, PAGE)
    more_tickets(own, 10)
    for refund in Refund.objects.filter(ticket__shipping_alert=None):
        ShippingAlert.objects.create(
            shop=own.shop, order=refund.order, ticket=refund.ticket,
            kind="likely_loss", raised_at=AT, changed_at=AT,
        )  # fmt: skip
    assert queries_of(client, PAGE) == before <= 8
