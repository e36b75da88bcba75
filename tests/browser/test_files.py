"""A back office's file, by a person: seen row by row, taken in, its suggestion taken over."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from aftersale.models import FileImport, Membership, Order, Refund
from aftersale.services.exports import run
from strategies.services.evaluator import Tally, decide_shop
from tests.admin.scene import person
from tests.exports.test_pages import ORDERS, REQUEST, files, xlsx_file
from tests.factories import make_shop, make_strategy

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_file_to_the_approval(page: Page, live_server: Any) -> None:
    shop = make_shop(platform="kuaishou")
    make_strategy(shop)
    Membership.objects.create(shop=shop, user=person("files-owner"), role="owner")
    cookie = {"name": "django_language", "value": "en", "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    sign_in(page, live_server, "files-owner")
    problems = problems_of(page)

    def bring(name: str, content: bytes) -> None:
        page.goto(f"{live_server.url}{reverse('desk:files')}?shop={shop.pk}")
        field = page.get_by_label("Files: xlsx, xls, csv or zip")
        field.set_input_files({"name": name, "mimeType": "application/zip", "buffer": content})
        page.get_by_role("button", name="Show what they would do").click()
        # The slow cluster's part; the page looks by itself how far it is.
        expect(page.get_by_text("You may leave this page")).to_be_visible()
        run.work(FileImport.objects.latest("pk").pk, clock=timezone.now)
        expect(page.get_by_role("button", name="Take in")).to_be_visible()

    before = Order.objects.count()
    bring("orders_20251101093000.xlsx", ORDERS)
    expect(page.get_by_text("the status “没见过” is not known here")).to_be_visible()
    assert found_by_axe(page) == []
    page.get_by_role("link", name="Refused").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert Order.objects.count() == before
    for content in (None, xlsx_file(files.KUAISHOU_AFTER_SALES, [REQUEST])):
        if content:
            bring("after_20251101093000.xlsx", content)
        page.get_by_role("button", name="Take in").click()
        run.work(FileImport.objects.latest("pk").pk, clock=timezone.now)
        expect(page.get_by_text("What each row did")).to_be_visible()
    assert Order.objects.count() == before + 2

    decide_shop(shop.pk, tally=Tally())
    page.get_by_role("link", name="Suggestions to take over").last.click()
    refunds = Refund.objects.count()
    page.get_by_label("Ticket A1").check()
    page.get_by_role("button", name="Take over the chosen").click()
    expect(page.get_by_text("1 ticket was approved.")).to_be_visible()
    assert Refund.objects.count() == refunds + 1
    assert problems == []
