"""SPEC O10 in the browser: the buyer raises the amount while the dialog is open."""

import re
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page, expect

from aftersale.models import Membership, Refund, Role, Ticket
from tests.admin.scene import person
from tests.factories import make_order, make_shop, make_ticket

from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_difference_is_read_and_the_page_shows_it(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        shop = make_shop()
        Membership.objects.create(shop=shop, user=person("wang"), role=Role.CS_AGENT)
        order = make_order(shop, buyer="b-1", paid_amount=60_000)
        ticket = make_ticket(order, amount=15_000, awaiting_evaluation=False)
    problems = problems_of(page)
    sign_in(page, live_server, "wang")
    page.goto(live_server.url + reverse("admin:aftersale_ticket_change", args=[ticket.pk]))
    button = page.locator(".case-buttons [hx-get*='/approve/']")
    expect(button).to_contain_text("¥150.00")
    button.click()
    dialog = page.locator("#desk-dialog")
    # As a Chinese keyboard writes it.
    dialog.locator("[name=amount]").fill("￥150.0")
    expect(dialog.locator("[type=submit]")).to_contain_text("¥150.00")
    Ticket.objects.update(amount=48_000)
    dialog.locator("[type=submit]").click()
    expect(dialog).to_contain_text(re.compile("¥150.00.*¥480.00"))
    dialog.locator("[data-look-anew]").click()
    expect(dialog).not_to_be_visible()
    expect(button).to_contain_text("¥480.00")
    assert not Refund.objects.exists()
    button.click()
    dialog.locator("[type=submit]").click()
    expect(dialog).not_to_be_visible()
    expect(button).to_have_count(0)
    assert Refund.objects.get().amount == 48_000
    assert [said for said in problems if "409" not in said] == []
