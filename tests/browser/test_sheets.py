"""A block list out of a spreadsheet, by a person: seen row by row first, then written."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from aftersale.models import BlockedBuyer, Shop

from .axe import found_by_axe
from .console import problems_of
from .test_shop_settings import shop  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_file_to_the_list(
    page: Page,
    live_server: Any,
    shop: Shop,  # noqa: F811
) -> None:
    before = BlockedBuyer.objects.count()
    problems = problems_of(page)
    page.goto(live_server.url + reverse("desk:shop-guards", args=[shop.pk]))
    page.get_by_role("link", name="Import and export").click()
    file = b"buyer,note\nb-1,rude\n" + b"x" * 65 + b",\n"
    field = page.get_by_label("File: XLSX or CSV, at most 2 MB")
    field.set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": file})
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.locator("tbody tr").nth(1)).to_contain_text("At most 64 characters.")
    assert found_by_axe(page) == []
    assert BlockedBuyer.objects.count() == before
    page.get_by_role("button", name="Write 1 row").click()
    expect(page.get_by_text("1 row is written.")).to_be_visible()
    assert BlockedBuyer.objects.get(buyer="b-1").note == "rude"
    assert problems == []
