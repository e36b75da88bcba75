"""A price difference is refunded from a case: what it does is said anew for what is typed (P3)."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from aftersale.models import ShopRequest
from tests import factories

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_difference_is_refunded(page: Page, live_server: Any) -> None:
    shop = factories.make_shop(connector="platform", platform="wechat")
    agent = factories.make_user(shop, "cs_agent", username="mine-agent")
    agent.set_password("secret")
    agent.save()
    lines = [{"title": "Scarf", "paid_amount": 4_000}, {"title": "Coat", "paid_amount": 6_000}]
    order = factories.make_order(shop, status="delivered", buyer="b-1", lines=lines)
    ticket = factories.make_ticket(order, amount=1_000, awaiting_evaluation=False)
    problems = problems_of(page)
    cookie = {"name": "django_language", "value": "en", "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    sign_in(page, live_server, "mine-agent")
    page.goto(live_server.url + reverse("desk:case", args=[ticket.pk]))
    page.get_by_role("button", name="Refund a difference").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Amount in yuan").fill("45")
    # More than the line has left: only whoever means it goes on.
    expect(dialog.get_by_text("is more than is left of line 1")).to_be_visible()
    expect(dialog.get_by_text("¥45.00 goes to b-1 at once")).to_be_visible()
    dialog.get_by_label("Line of the order").select_option("2")
    expect(dialog.get_by_text("is more than is left of line")).to_have_count(0)
    dialog.get_by_label("Reason").select_option("price_cut")
    assert found_by_axe(page) == []
    dialog.get_by_role("button", name="Refund ¥45.00 to b-1").click()
    expect(page.locator("#desk-toasts")).to_contain_text("The refund of ¥45.00 to b-1 is under way")
    request = ShopRequest.objects.get()
    assert (request.line_no, request.amount, request.held) == (2, 4_500, 4_500)
    assert (request.because, request.user) == ("price_cut", agent)
    page.get_by_role("button", name="Look at it anew").click()
    expect(page.get_by_text("Refund of a price difference: ¥45.00")).to_be_visible()
    assert problems == []
