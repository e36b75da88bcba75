"""The owner's page for a buyer's data (SPEC P7, P5)."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.admin.accounts import session
from aftersale.admin.shop_settings.frame import seal
from aftersale.models import AuditEntry, ErasedBuyer, Order, Role, Shop, Ticket
from tests.admin.clients import english_client, text_of
from tests.factories import make_order, make_shop, make_ticket, make_user

from .scene import BUYER, NOTE

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    shop = make_shop(code="s1")
    make_ticket(make_order(shop, buyer=BUYER), note=NOTE)
    return shop


@pytest.fixture
def owner(shop: Shop) -> Client:
    return confirmed(english_client(make_user(shop)))


def confirmed(client: Client) -> Client:
    kept = client.session
    session.confirm(kept, now=timezone.now())
    kept.save()
    return client


def send(client: Client, shop: Shop, name: str, **sent: Any) -> Any:
    headers = {} if name == "shop-buyer-give" else {"HX-Request": "true"}
    return client.post(reverse(f"desk:{name}", args=[shop.pk]), sent, headers=headers)


def test_a_buyer_is_looked_for_and_the_number_stays_out_of_addresses(
    owner: Client, shop: Shop
) -> None:
    page = send(owner, shop, "shop-personal-data", buyer=f" {BUYER} ")
    text = text_of(page)
    assert page.status_code == 200 and BUYER in text
    assert "Orders 1 Tickets 1 (1 open)" in text
    assert "With a note or pictures of the buyer 1 Pictures of the desk 0" in text
    assert f"{BUYER}/" not in page.content.decode() and f"={BUYER}" not in page.content.decode()
    nobody = send(owner, shop, "shop-personal-data", buyer="b-1")
    assert nobody.status_code == 422 and "Nothing is held of such a buyer" in text_of(nobody)
    empty = send(owner, shop, "shop-personal-data", buyer="")
    assert empty.status_code == 422 and "This field is required." in text_of(empty)


def test_given_out(owner: Client, shop: Shop) -> None:
    answer = send(owner, shop, "shop-buyer-give", buyer=BUYER)
    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"].startswith('attachment; filename="afterdesk-buyer-s1-')
    assert BUYER not in answer["Content-Disposition"]
    assert json.loads(answer.content)["tickets"][0]["note"] == NOTE
    assert send(owner, shop, "shop-buyer-give", buyer="b-1").status_code == 422


def test_erased_after_it_was_said_what_goes(owner: Client, shop: Shop) -> None:
    asked = send(owner, shop, "shop-buyer-erase", buyer=BUYER)
    text = text_of(asked)
    assert asked.status_code == 200 and not ErasedBuyer.objects.exists()
    assert "What goes" in text and "What stays" in text and "Erase for good" in text
    assert "1 ticket is still open, and will have to be decided without note and pictures." in text
    gone = send(owner, shop, "shop-buyer-erase", buyer=BUYER, sure="1")
    stand_in = ErasedBuyer.objects.get().stand_in
    assert gone.status_code == 204 and stand_in in gone["HX-Trigger"]
    assert Order.objects.get().buyer == stand_in and Ticket.objects.get().note == ""
    again = text_of(send(owner, shop, "shop-personal-data", buyer=BUYER))
    assert "This buyer was erased before" in again and stand_in in again
    nobody = send(owner, shop, "shop-buyer-erase", buyer="b-1", sure="1")
    assert nobody.status_code == 422 and "Nothing is held" in text_of(nobody)


@pytest.mark.parametrize("name", ["shop-buyer-give", "shop-buyer-erase"])
def test_both_are_confirmed_first(shop: Shop, name: str) -> None:
    """SPEC P5: with password or code; what was sent is carried along."""
    user = make_user(shop)
    client = english_client(user)
    kept = client.session
    kept.pop(session._CONFIRMED, None)
    kept.save()
    asked = send(client, shop, name, buyer=BUYER, sure="1")
    assert asked.status_code == 422 and "Confirm that it is you" in text_of(asked)
    assert f'name="buyer" value="{BUYER}"' in asked.content.decode()
    assert not AuditEntry.objects.filter(kind__in=["buyer_erased", "buyer_exported"]).exists()


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CS_MANAGER, Role.CS_AGENT, Role.VIEWER, None])
def test_owners_alone(shop: Shop, role: str | None) -> None:
    user = make_user(shop, role) if role else make_user(make_shop())
    client = confirmed(english_client(user))
    refused = 403 if role else 404
    sent = {"buyer": BUYER, "sure": "1", "months": "3", "seen": seal({"months": 24})}
    for name in ("shop-personal-data", "shop-retention", "shop-buyer-give", "shop-buyer-erase"):
        assert send(client, shop, name, **sent).status_code == refused, name
    assert client.get(reverse("desk:shop-personal-data", args=[shop.pk])).status_code == refused
    assert Order.objects.get(shop=shop).buyer == BUYER and Shop.objects.get(pk=shop.pk)
    assert Shop.objects.get(pk=shop.pk).retention_months == 24
    assert not AuditEntry.objects.filter(kind__in=["buyer_erased", "buyer_exported"]).exists()


def test_the_time_is_set(owner: Client, shop: Shop) -> None:
    seen = seal({"months": 24})
    assert send(owner, shop, "shop-retention", months="12", seen=seen).status_code == 204
    assert Shop.objects.get().retention_months == 12
    stale = send(owner, shop, "shop-retention", months="13", seen=seen)
    assert stale.status_code == 409 and "24 → 12" in text_of(stale)
    for months in ("2", "121", "", "x"):
        assert send(owner, shop, "shop-retention", months=months, seen=seen).status_code == 422
    assert Shop.objects.get().retention_months == 12
