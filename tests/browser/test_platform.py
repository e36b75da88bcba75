"""An owner connects a shop by its platform's own page, and tests it, in a browser (SPEC P1)."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from aftersale.models import PlatformAccount
from tests import factories
from tests.platforms.kuaishou.fake import SIGN_SECRET, KuaishouFake

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_there_and_back(page: Page, live_server: Any) -> None:
    fake = KuaishouFake(timezone.now())
    fake.start()
    shop = factories.make_shop(code="s1", name="Knitwear")
    owner = factories.make_user(shop, username="mine-owner")
    owner.set_password("secret")
    owner.save()
    problems = problems_of(page)
    cookie = {"name": "django_language", "value": "en", "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    sign_in(page, live_server, "mine-owner")
    page.goto(f"{live_server.url}/admin/shops/{shop.pk}/settings/platform/")
    page.get_by_role("button", name="Connect to: Kuaishou shop").click()
    page.get_by_label("App key").fill("ks-app-key")
    page.get_by_label("App secret").fill("ks-app-secret")
    page.get_by_label("Signature secret").fill(SIGN_SECRET)
    page.get_by_label("Address").fill(fake.account().address)
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Go to Kuaishou shop").click()
    # The platform's own page.
    page.get_by_role("link", name="同意授权").click()
    expect(page.locator("#granted-title")).to_contain_text("this shop?")
    assert not PlatformAccount.objects.exists()
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Yes, connect it").click()
    expect(page.locator("#platform-title")).to_contain_text("Being read for the first time")
    assert PlatformAccount.objects.get().connected_by == owner
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#desk-toasts")).to_contain_text("The connection works.")
    assert found_by_axe(page) == []
    assert problems == []
    fake.stop()
