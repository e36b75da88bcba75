"""The owner's pages of webhooks: the secret shown once, the log, sending again (SPEC P1)."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import AuditEntry, WebhookEndpoint, WebhookMessage
from aftersale.services.webhooks import endpoints
from config.secrets import unseal
from tests.factories import NOON

from .clients import english_client
from .scene import Scene
from .test_languages import english

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def client(own: Scene) -> Client:
    return english_client(own.people["owner"])


@pytest.fixture
def endpoint(own: Scene) -> WebhookEndpoint:
    """The scene's, switched on."""
    endpoint = own.row(WebhookEndpoint)
    return endpoints.switch_on(
        endpoint_id=endpoint.pk, user=own.people["owner"], now=timezone.now()
    )


def address(name: str, *args: object) -> str:
    return reverse(f"desk:{name}", args=args)


def test_the_secret_is_shown_once(own: Scene, client: Client) -> None:
    shop = own.shop
    asked = {"url": "https://erp.example.com/", "description": "ERP", "types": ["ticket.arrived"]}
    response = client.post(address("shop-webhook-add", shop.pk), asked, **HTMX)
    assert response.status_code == 200
    assert response["HX-Trigger"] == "desk:refresh" and "no-store" in response["Cache-Control"]
    found = re.search(r'value="(whsec_[^"]+)"', response.content.decode())
    endpoint = WebhookEndpoint.objects.get(description="ERP")
    assert found and found[1] == unseal(endpoint.secret)
    pages = [
        address("shop-webhooks", shop.pk),
        address("shop-webhook", shop.pk, endpoint.pk),
        address("shop-webhook-change", shop.pk, endpoint.pk),
        address("shop-webhook-rotate", shop.pk, endpoint.pk),
    ]
    for page in pages:
        shown = client.get(page)
        assert shown.status_code == 200 and "whsec_" not in shown.content.decode(), page
    rotated = client.post(address("shop-webhook-rotate", shop.pk, endpoint.pk), **HTMX)
    assert "whsec_" in rotated.content.decode() and found[1] not in rotated.content.decode()


def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(own: Scene, client: Client) -> None:
    asked = {"url": "https://10.0.0.1/", "description": "ERP"}
    response = client.post(address("shop-webhook-add", own.shop.pk), asked, **HTMX)
    assert response.status_code == 422
    page = response.content.decode()
    assert 'value="https://10.0.0.1/"' in page and "Choose what it is to be told of." in page
    response = client.post(
        address("shop-webhook-add", own.shop.pk), asked | {"types": "ticket.arrived"}, **HTMX
    )
    assert response.status_code == 422
    assert "This address is not public" in response.content.decode()
    assert WebhookEndpoint.objects.filter(shop=own.shop).count() == 1


def test_the_log_says_what_became_of_each_and_sends_again(
    own: Scene, client: Client, endpoint: WebhookEndpoint
) -> None:
    where = (own.shop.pk, endpoint.pk)
    message = own.row(WebhookMessage)
    page = client.get(address("shop-webhook", *where)).content.decode()
    assert "mine-ticket" in page and "No answer in time" in page and "11 tries" in page
    other = client.get(address("shop-webhook", *where), {"state": "delivered"}).content.decode()
    assert "mine-ticket" not in other
    again = client.post(address("shop-webhook-message-again", *where, message.pk), **HTMX)
    assert again.status_code == 204
    message.refresh_from_db()
    assert (message.state, message.attempts, message.finished_at) == ("waiting", 0, None)
    test = client.post(address("shop-webhook-test", *where), **HTMX)
    assert test.status_code == 204
    assert WebhookMessage.objects.filter(endpoint=endpoint, type="webhook.test").count() == 1
    notes = AuditEntry.objects.filter(shop=own.shop, kind="webhook").values_list("note", flat=True)
    assert any("sent again" in note for note in notes)
    WebhookMessage.objects.filter(pk=message.pk).update(state="failed", finished_at=timezone.now())
    failed = client.post(address("shop-webhook-again", *where), {"days": "1"}, **HTMX)
    assert "1 message is sent again." in failed["HX-Trigger"]
    message.refresh_from_db()
    assert message.state == "waiting"


def test_when_a_message_goes_out_again(
    own: Scene, client: Client, endpoint: WebhookEndpoint
) -> None:
    """Not before its address may be asked again, and never while that is switched off."""
    where = address("shop-webhook", own.shop.pk, endpoint.pk)
    own_time, later = (NOON + timedelta(minutes=minutes) for minutes in (1, 9))
    WebhookMessage.objects.filter(endpoint=endpoint).update(state="waiting", next_try_at=own_time)
    assert "again 2026-03-11 12:01" in client.get(where).content.decode()
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(next_try_at=later)
    assert "again 2026-03-11 12:09" in client.get(where).content.decode()
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(enabled=False, off_because="gone")
    assert "again 2026" not in client.get(where).content.decode()


def test_a_message_of_another_webhook_is_not_there(
    own: Scene, foreign: Scene, client: Client, endpoint: WebhookEndpoint
) -> None:
    theirs = foreign.row(WebhookMessage)
    where = address("shop-webhook-message-again", own.shop.pk, endpoint.pk, theirs.pk)
    assert client.post(where, **HTMX).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == "failed"


def test_while_it_is_off_nothing_is_sent(own: Scene, client: Client) -> None:
    endpoint = own.row(WebhookEndpoint)
    test = client.post(address("shop-webhook-test", own.shop.pk, endpoint.pk), **HTMX)
    assert "switched off" in test["HX-Trigger"] and "danger" in test["HX-Trigger"]
    assert not WebhookMessage.objects.filter(type="webhook.test").exists()


def test_the_log_is_chinese(own: Scene, client: Client, endpoint: WebhookEndpoint) -> None:
    client.cookies["django_language"] = "zh-hans"
    page = client.get(address("shop-webhook", own.shop.pk, endpoint.pk)).content.decode()
    assert english(re.sub(r"msg_[-0-9a-f]+", "", page)) == set()
