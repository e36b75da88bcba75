"""SPEC M1, E8 in a browser: search, explanation, export."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.admin.scene import Scene, make

from .axe import found_by_axe

pytestmark = pytest.mark.django_db(transaction=True)


def scene() -> Scene:
    with transaction.atomic():
        return make("mine", "cs_agent")


def test_from_the_search_to_the_explanation_and_the_file(page: Page, live_server: Any) -> None:
    own = scene()
    client = Client()
    client.force_login(own.people["cs_agent"])
    page.context.add_cookies(
        [
            {"name": name, "value": value, "url": live_server.url}
            for name, value in (
                ("sessionid", client.cookies["sessionid"].value),
                ("django_language", "en"),
            )
        ]
    )
    listed = reverse("admin:strategies_decision_changelist")
    page.goto(f"{live_server.url}{listed}?from=2026-11-20T10:00&to=2026-11-20T10:01")
    expect(page.get_by_text("mine-ticket")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == (
        "afterdesk-decisions-mine-code-20261120-20261120.csv"
    )
    page.get_by_role("link", name="2026-11-20 10:00:00").click()
    expect(page.get_by_text("No strategy took it: the closest was")).to_be_visible()
    card = page.locator("details.x-card")
    expect(card.get_by_text("¥73.45 over the cap of ¥50.00")).to_be_visible()
    card.locator("summary").press("Enter")
    expect(card.get_by_text("¥73.45 over the cap of ¥50.00")).to_be_hidden()
    card.locator("summary").click()
    assert found_by_axe(page) == []
