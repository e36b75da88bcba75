"""The admin in a browser: in, both languages, a decision with its trace, a step with its dialog."""

import re
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from aftersale.models import Shop
from strategies.models import Decision
from tests.admin.scene import make

from .console import problems_of

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(page: Page, server: Any, name: str) -> None:
    page.goto(f"{server.url}/admin/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", "secret")
    page.click("[type=submit]")
    expect(page).to_have_url(f"{server.url}/admin/")


def test_from_login_to_the_trace(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        scene = make("mine", "admin")
    problems = problems_of(page)

    log_in(page, live_server, "mine-admin")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.get_by_role("heading", name="今日额度")).to_be_visible()

    page.get_by_text("mine-admin").first.click()
    page.get_by_role("button", name=re.compile("English")).click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", name="Today's caps")).to_be_visible()

    page.locator("#nav-sidebar-apps a[href='/admin/strategies/decision/']").click()
    page.locator("#result_list a[href*='/change/']").first.click()
    expect(page.get_by_text("No strategy took it: the closest was")).to_be_visible()
    expect(page.get_by_text("¥73.45 over the cap of ¥50.00").first).to_be_visible()
    assert Decision.objects.count() == 1

    page.goto(f"{live_server.url}/admin/aftersale/shop/{scene.shop.pk}/change/")
    page.get_by_role("button", name="Pause automatic refunds…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Fast refund goes on")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert not Shop.objects.get().automation_paused
    page.get_by_role("button", name="Pause automatic refunds…").click()
    dialog.locator("button[type=submit]").click()
    expect(page.get_by_role("status").filter(has_text="paused since")).to_contain_text("mine-admin")
    assert Shop.objects.get().automation_paused
    assert problems == []
