"""A buyer's data in a browser: looked for, given out, erased after it was confirmed (SPEC P7)."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from aftersale.models import ErasedBuyer, Order
from tests.admin.scene import make
from tests.admin.shop_pages import address

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_looked_for_given_out_and_erased(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        scene = make("mine", "owner")
    cookie = {"name": "django_language", "value": "en", "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    sign_in(page, live_server, "mine-owner")
    problems = problems_of(page)
    page.goto(live_server.url + address("shop-personal-data", scene.shop))
    page.get_by_label("Buyer's number").fill("mine-buyer")
    page.get_by_role("button", name="Look for the buyer").click()
    expect(page.locator("#settings-section")).to_contain_text("Pictures of the desk")
    assert found_by_axe(page) == []
    with page.expect_download() as given:
        page.get_by_role("button", name="Give out as a file").click()
    held = json.loads(Path(given.value.path()).read_text())
    assert held["buyer"] == "mine-buyer" and "mine-buyer" not in given.value.suggested_filename
    page.get_by_role("button", name="Erase…").click()
    expect(page.locator("#desk-dialog")).to_contain_text("What stays")
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Erase for good").click()
    expect(page.locator("#settings-section")).not_to_contain_text("mine-buyer")
    stand_in = ErasedBuyer.objects.get().stand_in
    expect(page.locator("body")).to_contain_text(f"The buyer is {stand_in} from now on.")
    assert Order.objects.get(shop=scene.shop).buyer == stand_in
    assert "mine-buyer" not in page.url and problems == []
