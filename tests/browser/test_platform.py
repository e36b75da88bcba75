"""An owner connects a shop to its platform and tests the connection, in a browser (SPEC P1)."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from aftersale.models import PlatformAccount
from tests import factories
from tests.platforms import double
from tests.platforms.double import Place, offered

from .console import problems_of
from .signed_in import sign_in
from .test_shop_settings import WCAG

__all__ = ["offered"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_connecting_and_testing(page: Page, live_server: Any, offered: None) -> None:
    shop = factories.make_shop(code="s1")
    double.places["s1"] = Place()
    owner = factories.make_user(shop, username="mine-owner")
    owner.set_password("secret")
    owner.save()
    problems = problems_of(page)
    cookie = {"name": "django_language", "value": "en", "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    sign_in(page, live_server, "mine-owner")
    page.goto(f"{live_server.url}/admin/shops/{shop.pk}/settings/platform/")
    page.get_by_role("button", name="Connect to: The double").click()
    page.get_by_label("Key").fill(double.GIVEN["key"])
    page.get_by_label("Token").fill(double.GIVEN["token"])
    page.get_by_role("button", name="Connect the shop").click()
    expect(page.locator("#platform-title")).to_contain_text("Being read for the first time")
    assert PlatformAccount.objects.get().connected_by == owner
    page.get_by_role("button", name="Test the connection").click()
    toasts = page.locator("#desk-toasts")
    expect(toasts).to_contain_text("The connection works. The shop's name there: The shop there")
    violations = Axe().run(page, options=WCAG).response["violations"]
    assert [one["id"] for one in violations] == []
    assert problems == []
