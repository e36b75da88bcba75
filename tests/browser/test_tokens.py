"""An API token in a browser: made, shown once, copied, revoked (SPEC P1)."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from aftersale.models import ApiToken
from aftersale.services.access import tokens
from tests.admin.scene import make
from tests.admin.shop_pages import address

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_made_copied_and_revoked(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        scene = make("mine", "owner")
    cookie = {"name": "django_language", "value": "en", "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, live_server, "mine-owner")
    problems = problems_of(page)
    page.goto(live_server.url + address("shop-tokens", scene.shop))
    page.get_by_role("button", name="Make a token").click()
    page.get_by_label("What it is for").fill("Warehouse")
    page.get_by_label("Read orders, tickets, decisions and figures").check()
    page.get_by_role("button", name="Make the token").click()

    field = page.get_by_label("Token for Warehouse")
    expect(field).to_be_focused()
    text = field.input_value()
    use = tokens.use(text=text, address=None, now=timezone.now())
    assert use is not None and use.token.scopes == ["read"]
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#desk-dialog output")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == text
    assert found_by_axe(page) == []
    page.get_by_role("button", name="I have kept it").click()

    row = page.get_by_role("row", name="Warehouse")
    expect(row).to_be_visible()
    expect(page.locator("#token-text")).to_have_count(0)
    assert text not in page.content()
    row.get_by_role("button").click()
    expect(page.locator("#desk-dialog")).to_contain_text("refused from their next call on")
    page.get_by_role("button", name="Revoke Warehouse", exact=True).click()
    expect(row).to_contain_text("revoked")
    assert tokens.use(text=text, address=None, now=timezone.now()) is None
    assert ApiToken.objects.get(name="Warehouse").revoked_by == scene.people["owner"]
    assert problems == []


def test_the_documents_of_the_api(page: Page, live_server: Any, transactional_db: Any) -> None:
    """The page of all calls works under the content security policy."""
    problems = problems_of(page)
    page.goto(f"{live_server.url}/api/v1/docs/")
    expect(page.locator(".opblock-summary").first).to_be_visible(timeout=15_000)
    page.locator(".opblock-summary-get").first.click()
    expect(page.locator(".opblock-body").first).to_be_visible()
    assert problems == []
