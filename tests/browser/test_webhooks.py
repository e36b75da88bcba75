"""A webhook from its making to the answer of a receiver, in a browser and over real HTTP."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from aftersale.models import WebhookEndpoint
from aftersale.services.webhooks import delivery
from tests.admin.scene import make
from tests.admin.shop_pages import address
from tests.aftersale.webhooks.receiver import receiving

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_made_tried_rotated_and_removed(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        scene = make("mine", "owner")
    cookie = {"name": "django_language", "value": "en", "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, live_server, "mine-owner")
    problems = problems_of(page)
    dialog = page.locator("#desk-dialog")
    with receiving() as receiver:
        page.goto(live_server.url + address("shop-webhooks", scene.shop))
        page.get_by_role("button", name="Add a webhook").click()
        page.get_by_label("Address").fill(receiver.url)
        page.get_by_label("What it is for").fill("Warehouse")
        assert found_by_axe(page) == []
        dialog.get_by_role("button", name="Add the webhook").click()
        secret = page.get_by_label("Secret").input_value()
        dialog.get_by_role("button", name="Copy").click()
        expect(dialog).to_contain_text("Copied.")
        dialog.get_by_role("button", name="I have kept it").click()

        page.get_by_role("link", name="Warehouse").click()
        page.get_by_role("button", name="Send a test event").click()
        expect(page.locator("#desk-toasts")).to_contain_text("A test event is on its way")
        delivery.run(clock=timezone.now, seconds=5)
        headers, body = receiver.calls[0]
        assert Webhook(secret).verify(body, headers)["data"]["sent_by"] == "mine-owner"
        log = page.get_by_role("row", name="webhook.test")
        expect(log).to_contain_text("Delivered")  # by itself
        expect(log).to_contain_text("204")
        assert found_by_axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        log.get_by_role("button", name="Send msg_").click()
        expect(log).to_contain_text("Waiting")
        # Until then the page looks again each second, and would find no webhook any more.
        delivery.run(clock=timezone.now, seconds=5)
        expect(log).to_contain_text("Delivered")

        page.get_by_role("button", name="Remove").click()
        dialog.get_by_role("button", name="Remove the webhook").click()
        expect(page.get_by_role("link", name="mine-webhook")).to_be_visible()
        expect(page.get_by_role("link", name="Warehouse")).to_have_count(0)
    assert not WebhookEndpoint.objects.filter(description="Warehouse").exists()
    assert problems == []
