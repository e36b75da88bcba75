"""The settings of a shop in a browser: hours by keyboard, holidays with their preview, a phone."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from aftersale.admin.shop_settings.frame import SECTIONS, address_of
from aftersale.models import Shop
from tests.admin.scene import make
from tests.admin.shop_pages import address

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(page: Page, live_server: Any) -> Shop:
    with transaction.atomic():
        scene = make("mine", "owner")
        Shop.objects.filter(pk=scene.shop.pk).update(
            working_hours={"mon": [["09:00", "18:00"]]}, special_days={"2026-11-11": []}
        )
    cookie = {"name": "django_language", "value": "en", "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    sign_in(page, live_server, "mine-owner")
    return scene.shop


def test_hours_by_keyboard(page: Page, live_server: Any, shop: Shop) -> None:
    """SPEC T7: bars and words follow what is typed; nothing is saved before the button says so."""
    problems = problems_of(page)
    page.goto(live_server.url + address("shop-settings", shop))
    words = page.locator("#hours-words")
    expect(words).to_contain_text("Off-hours: Mon 18:00 to the next Mon 09:00")

    page.get_by_label("Monday, hours 1, from").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    page.keyboard.press("Tab")  # to “remove”
    expect(words).to_contain_text("Off-hours: Tue 02:00 to Mon 09:00")
    assert page.locator("#bar-tue .sh-bar-on").get_attribute("width") == "120"
    page.keyboard.press("Tab")  # to “add”
    expect(page.locator("#mon-add")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Monday, hours 2, from")).to_be_focused()
    page.keyboard.type("6")
    page.keyboard.press("Tab")
    page.keyboard.type("8:30")
    page.keyboard.press("Tab")
    expect(words).to_contain_text("Mon 08:30–09:00")

    page.locator("#mon-copy").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # to Monday–Friday
    expect(page.get_by_label("Friday, hours 2, to")).to_have_value("08:30")
    expect(page.locator("#mon-copy")).to_be_focused()
    page.get_by_label("Friday, hours 1, to").fill("25")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("Some times can't be read.")
    assert Shop.objects.get().working_hours == {"mon": [["09:00", "18:00"]]}

    page.get_by_label("Friday, hours 1, to").fill("22")
    page.keyboard.press("Enter")
    expect(page.locator("#desk-toasts")).to_contain_text("The working hours are saved.")
    both = [["09:00", "02:00"], ["06:00", "08:30"]]
    assert Shop.objects.get().working_hours == {
        **dict.fromkeys(("mon", "tue", "wed", "thu"), both),
        "fri": [["09:00", "22:00"], ["06:00", "08:30"]],
    }
    # The refused save was answered by 422, which the browser notes by itself.
    assert [said for said in problems if "422" not in said] == []


def test_holidays_with_their_preview(
    page: Page, live_server: Any, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "aftersale.admin.shop_settings.offered_holidays.shop_today", lambda shop: date(2026, 1, 4)
    )
    page.goto(live_server.url + address("shop-special-days", shop))
    page.get_by_role("button", name="Add public holidays").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("33 days off, 6 make-up working days")
    assert found_by_axe(page) == []
    assert Shop.objects.get().special_days == {"2026-11-11": []}
    page.get_by_role("button", name="2027").click()
    expect(dialog).to_contain_text("The holiday calendar of 2027 is not published yet")
    page.get_by_role("button", name="2026").click()
    page.get_by_label("2026-10-07").uncheck()
    page.get_by_role("button", name="Add the chosen dates").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#desk-toasts")).to_contain_text("35 special days are saved.")
    days = Shop.objects.get().special_days
    assert (days["2026-10-06"], days["2026-10-10"]) == ([], [["09:00", "18:00"]])
    assert "2026-10-07" not in days and "2026-01-01" not in days and len(days) == 36


def test_every_section_on_a_phone(page: Page, live_server: Any, shop: Shop) -> None:
    """390 px wide: nothing scrolls sideways, and axe finds nothing (WCAG 2.1 AA)."""
    page.set_viewport_size({"width": 390, "height": 844})
    wrong = {}
    for section in SECTIONS:
        page.goto(live_server.url + address_of(section, shop))
        wide = page.evaluate("document.documentElement.scrollWidth")
        if found := [*found_by_axe(page), *([f"{wide} px"] if wide > 390 else [])]:
            wrong[section] = found
    assert wrong == {}
