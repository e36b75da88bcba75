"""A parcel is stopped in the browser: the dialog, the step, and the list that reads itself anew."""

from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from aftersale.models import ShippingAlert
from tests.admin.scene import make

from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_parcel_is_stopped(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        make("mine", "cs_agent")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_viewport_size({"width": 390, "height": 800})
    sign_in(page, live_server, "mine-cs_agent")
    page.goto(f"{live_server.url}/admin/shipping-alerts/")
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    page.get_by_role("button", name="已联系快递 mine-order").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name="已联系快递")).to_be_checked()
    expect(dialog.get_by_role("radio", name="已联系快递")).to_be_focused()
    dialog.get_by_label("备注").fill("SF 95338")
    dialog.get_by_role("button", name="登记").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("订单 mine-order：已联系快递。")).to_be_visible()
    # The list has read itself anew.
    expect(page.get_by_text("没有需要拦截的包裹。")).to_be_visible()
    alert = ShippingAlert.objects.get()
    assert (alert.state, alert.note) == ("asked_carrier", "SF 95338")

    page.get_by_role("link", name="已联系快递 1").click()
    page.get_by_role("button", name="登记结果… mine-order").click()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert problems == []
