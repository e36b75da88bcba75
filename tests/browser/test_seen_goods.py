"""Products seen in orders, put into a strategy's list by keyboard; typed without JavaScript."""

from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.admin.scene import make
from tests.factories import make_order

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_found_and_added_by_keyboard(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        scene = make("mine", "owner")
        order = make_order(scene.shop, created_at=timezone.now())
        order.lines.update(product="p-77", title="羊毛围巾", category="scarves")
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, live_server, "mine-owner")
    problems = problems_of(page)
    add = reverse("automation:strategy-add", args=["pre_ship_refund"])
    page.goto(f"{live_server.url}{add}?shop={scene.shop.pk}")
    page.locator("[name=product_condition][value=include]").check()
    products = page.locator("[name=products]")
    products.fill("p-1")
    page.get_by_label("在订单中找商品").press_sequentially("围巾")
    found = page.get_by_role("button", name="p-77")
    expect(found).to_contain_text("羊毛围巾")
    page.keyboard.press("Tab")
    expect(found).to_be_focused()
    page.keyboard.press("Enter")
    expect(products).to_have_value("p-1\np-77")
    expect(found).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    expect(products).to_have_value("p-1\np-77")
    assert found_by_axe(page) == []
    page.get_by_label("在订单中找类目").press("Enter")
    page.get_by_role("button", name="scarves").click()
    expect(page.locator("[name=categories]")).to_have_value("scarves")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert problems == []
