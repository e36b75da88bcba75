"""SPEC P4 in the browser: many tickets, one of which has changed meanwhile."""

from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from aftersale.models import Order, Rejection, Ticket
from tests.admin.scene import make
from tests.factories import make_order, make_ticket

from .test_smoke import log_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_many_from_the_list(page: Page, live_server: Any) -> None:
    """One of three fails; the others are rejected, each buyer with their own text."""
    with transaction.atomic():
        scene = make("mine", "cs_agent")
        tickets = [
            make_ticket(make_order(scene.shop, buyer=f"b-{number}"), ticket_no=f"T-{number}")
            for number in (1, 2, 3)
        ]
    log_in(page, live_server, "mine-cs_agent")
    page.goto(f"{live_server.url}/admin/aftersale/ticket/?status__exact=pending_review")
    for ticket in tickets:
        page.locator(f"[name=_selected_action][value='{ticket.pk}']").check()
    page.locator("select[name=action]").select_option("reject_many")
    page.locator("button[name=index]").click()

    expect(page.get_by_role("heading", name="批量拒绝售后")).to_be_visible()
    expect(page.get_by_role("button", name="拒绝 3 个售后单")).to_have_count(0)
    page.get_by_label("拒绝原因", exact=True).select_option("reason_mismatch")
    button = page.get_by_role("button", name="拒绝 3 个售后单")
    expect(button).to_be_visible()
    # The choice stays where it is while what it leads to is shown anew.
    expect(page.get_by_label("拒绝原因", exact=True)).to_be_focused()
    page.get_by_text("使用其他说明").click()
    page.get_by_label("给买家的说明").fill("您好 {buyer}")
    Order.objects.filter(pk=tickets[1].order_id).update(refunded_amount=100)
    button.click()

    expect(page.get_by_role("status").filter(has_text="已处理 2 个")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="T-2")
    expect(row).to_contain_text("未处理")
    said = Rejection.objects.order_by("ticket").values_list("explanation", flat=True)
    assert list(said) == ["您好 b-1", "您好 b-3"]
    statuses = Ticket.objects.filter(pk__in=[t.pk for t in tickets]).order_by("pk")
    assert [ticket.status for ticket in statuses] == ["rejected", "pending_review", "rejected"]
