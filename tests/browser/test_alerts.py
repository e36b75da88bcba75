"""The bell and the page of alerts in a browser (SPEC M4)."""

from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from aftersale.models import ApiToken, PlatformAccount, Refund, ShippingAlert
from monitoring.models import Alert
from monitoring.services import alerts
from strategies.models import StrategyUsage
from tests.admin.scene import make
from tests.factories import NOON
from tests.monitoring.scene import due, one_of_each

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_bell_to_the_last_alert(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        scene = make("mine", "owner")
        Alert.objects.all().delete()
        StrategyUsage.objects.all().delete()
        ShippingAlert.objects.all().delete()
        PlatformAccount.objects.all().delete()
        ApiToken.objects.all().delete()
        Refund.objects.filter(status="requested").update(status="taken_back")
        one_of_each(scene.shop)
        alerts.raise_alerts(now=NOON)
    problems = problems_of(page)
    cookie = {"name": "django_language", "value": "en", "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    sign_in(page, live_server, "mine-owner")
    page.goto(f"{live_server.url}/admin/")
    bell = page.locator("#alert-bell")
    expect(bell).to_have_accessible_name("Alerts: 6 not acknowledged")

    # Alerts that come while a page is open are announced; the page stays as it is.
    due(scene.shop, ticket_no="mine-late")
    alerts.raise_alerts(now=NOON)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#desk-toasts")).to_contain_text("mine-late (To be handled, ¥100.00)")
    expect(bell).to_have_accessible_name("Alerts: 7 not acknowledged")

    bell.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Alerts", level=1)).to_be_visible()
    expect(bell).to_have_accessible_name("Alerts: 7 not acknowledged")
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Acknowledge", exact=True).first.click()
    expect(page.locator("#desk-toasts")).to_contain_text("The alert is acknowledged.")
    expect(bell).to_have_accessible_name("Alerts: 6 not acknowledged")
    page.get_by_role("button", name="Acknowledge the 6 shown").click()
    expect(page.get_by_text("No open alerts.")).to_be_visible()
    expect(bell).to_have_accessible_name("Alerts: nothing new")
    assert Alert.objects.filter(acknowledged_by=scene.people["owner"]).count() == 7

    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("link", name="Acknowledged", exact=True).click()
    expect(page.get_by_text("mine-owner ·").first).to_be_visible()
    assert found_by_axe(page) == []
    page.get_by_role("link", name="My alert mails").click()
    page.get_by_label("Circuit breaker").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#desk-toasts")).to_contain_text("Your choice is saved.")
    assert found_by_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert problems == []
