"""The section of the settings that connects a shop: what it shows, what it never shows (P1)."""

import re
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from aftersale.models import AuditEntry, PlatformAccount
from aftersale.platforms.protocol import NotAuthorised
from aftersale.services.syncing import accounts
from tests import factories
from tests.admin.clients import client_of, english_client
from tests.platforms import double
from tests.platforms.double import Clock, Place

from .conftest import Connected

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def address(name: str, shop_pk: int, *more: str) -> str:
    return reverse(f"desk:shop-platform{name}", args=[shop_pk, *more])


def client_for(connected: Connected) -> Client:
    return english_client(connected.owner)


def text_of(client: Client, url: str) -> str:
    return client.get(url, **HTMX).content.decode()


def said(response) -> str:
    return response.headers["HX-Trigger"]


def test_connecting_replacing_and_disconnecting(offered: None, clock: Clock):
    shop = factories.make_shop(code="s1")
    double.places["s1"] = Place()
    owner = factories.make_user(shop)
    client = english_client(owner)
    assert "Connect to: The double" in text_of(client, address("", shop.pk))
    form = text_of(client, address("-connect", shop.pk, "double"))
    assert form.count('type="password"') == 3
    url = address("-connect", shop.pk, "double")
    refused = client.post(url, {"key": "key-Xq7"})
    assert refused.status_code == 422
    assert "key-Xq7" not in refused.content.decode()
    assert not PlatformAccount.objects.exists()
    answer = client.post(url, {**double.GIVEN, "pays_fast_refunds": "on"})
    assert answer.status_code == 204
    account = PlatformAccount.objects.get()
    assert (account.connected_by, account.pays_fast_refunds) == (owner, True)
    shop.refresh_from_db()
    assert (shop.platform, shop.connector) == ("double", "platform")
    assert client.post(url, double.GIVEN).status_code == 422

    page = text_of(client, address("", shop.pk))
    assert "Being read for the first time" in page
    facts = re.findall(r"<dt>(Key|Token|Remark)</dt><dd>(.*?)</dd>", page)
    words = [(label, re.sub("<.*?>", "", value)) for label, value in facts]
    assert words == [("Key", "set"), ("Token", "set"), ("Remark", "not set")]
    assert "http://testserver/platforms/double/s1/messages" in page
    replace = address("-replace", shop.pk)
    for secret in double.GIVEN.values():
        assert secret not in page + text_of(client, replace)
    new = {"key": "key-2", "token": "token-2"}
    assert client.post(replace, {**new, "address": "ftp://x"}).status_code == 422
    assert client.post(replace, {**new, "address": "http://127.0.0.1:9"}).status_code == 204
    account.refresh_from_db()
    assert (account.address, account.pays_fast_refunds) == ("http://127.0.0.1:9", False)
    assert client.post(address("-disconnect", shop.pk)).status_code == 204
    assert not PlatformAccount.objects.exists()
    shop.refresh_from_db()
    assert shop.connector == "manual"
    events = AuditEntry.objects.filter(kind="platform").order_by("pk")
    assert [event.note for event in events] == [
        "Connected to: The double",
        "The credentials were replaced.\nFast refunds are paid from here.",
        "Disconnected from: The double",
    ]
    assert {event.user for event in events} == {owner}


def test_the_connection_is_tested_with_one_button(connected: Connected):
    client = client_for(connected)
    url = address("-test", connected.shop.pk)
    answer = client.post(url, **HTMX)
    assert answer.status_code == 204
    assert "The connection works. The shop's name there: The shop there" in said(answer)
    assert client.get(url).status_code == 405

    def refuse(call: tuple) -> None:
        raise NotAuthorised("The token has run out.")

    connected.place.before = refuse
    answer = client.post(url, **HTMX)
    assert answer.status_code == 422
    assert "The test failed: The token has run out." in answer.content.decode()


def test_a_test_that_works_lets_reading_go_on(connected: Connected):
    def refuse(call: tuple) -> None:
        raise NotAuthorised("The token has run out.")

    connected.place.before = refuse
    connected.read()
    page = text_of(client_for(connected), address("", connected.shop.pk))
    assert "Stopped" in page
    assert "<strong>The token has run out.</strong><br>Nothing is read any more." in page
    connected.place.before = lambda call: None
    accounts.test(shop_id=connected.shop.pk, user=connected.owner, clock=connected.clock)
    account = connected.account
    assert (account.next_round_at, account.failing_since) == (connected.clock(), None)
    connected.read()
    assert "Connected" in text_of(client_for(connected), address("", connected.shop.pk))


def test_what_was_open_before_is_counted_and_its_evaluation_offered(connected: Connected):
    connected.order("O1", ago=60)
    connected.ticket("T1", ago=60)
    connected.place.put_unreadable("tickets", "T7", "It has no type.", at=connected.clock.now)
    connected.read_later(seconds=1)
    page = text_of(client_for(connected), address("", connected.shop.pk))
    assert "1 ticket was open when the shop was connected." in page
    assert reverse("desk:automation-evaluate", args=[connected.shop.pk]) in page
    assert f"{reverse('automation:trials')}?shop={connected.shop.pk}" in page
    assert "T7" in page and "It has no type." in page
    # Offered to roles that may change strategies; everything else to owners only.
    viewer = client_of(factories.make_user(connected.shop, "viewer"))
    page = text_of(viewer, address("", connected.shop.pk))
    assert "evaluate-old" not in page and "test-platform" not in page


@pytest.mark.parametrize("role", ["admin", "cs_manager", "cs_agent", "viewer", "stranger"])
def test_only_owners_change_the_connection(connected: Connected, role: str):
    other = factories.make_shop(code="s2") if role == "stranger" else connected.shop
    client = client_of(factories.make_user(other, "owner" if role == "stranger" else role))
    before = list(PlatformAccount.objects.values())
    refused = 404 if role == "stranger" else 403
    for name in ("-replace", "-disconnect", "-test"):
        answer = client.post(address(name, connected.shop.pk), double.GIVEN)
        assert answer.status_code == refused, name
    answer = client.post(address("-connect", connected.shop.pk, "double"), double.GIVEN)
    assert answer.status_code == refused
    assert list(PlatformAccount.objects.values()) == before
    assert connected.place.calls == []
    shown = client.get(address("", connected.shop.pk)).status_code
    assert shown == (404 if role == "stranger" else 200)


def test_a_forged_form_is_refused(connected: Connected):
    client = Client(enforce_csrf_checks=True)
    client.force_login(connected.owner)
    answer = client.post(address("-disconnect", connected.shop.pk))
    assert answer.status_code == 403
    assert PlatformAccount.objects.exists()


def test_no_platform_that_is_not_offered(connected: Connected):
    client = client_for(connected)
    url = address("-connect", connected.shop.pk, quote("no such"))
    assert client.get(url).status_code == 404
