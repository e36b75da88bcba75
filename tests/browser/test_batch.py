"""SPEC P4 in the browser: many tickets, and one has changed meanwhile."""

import re
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from aftersale.models import Order, Rejection, Ticket
from tests.admin.scene import make
from tests.factories import make_order, make_ticket

from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_many_from_the_list(page: Page, live_server: Any) -> None:
    """One of three fails; the others are rejected, each buyer with their own text."""
    with transaction.atomic():
        scene = make("mine", "cs_agent")
        tickets = [
            make_ticket(make_order(scene.shop, buyer=f"b-{number}"), ticket_no=f"T-{number}")
            for number in (1, 2, 3)
        ]
    sign_in(page, live_server, "mine-cs_agent")
    page.goto(f"{live_server.url}/admin/aftersale/ticket/?status__exact=pending_review")
    for ticket in tickets:
        page.locator(f"[name=_selected_action][value='{ticket.pk}']").check()
    page.locator("select[name=action]").select_option("reject_many")
    page.locator("button[name=index]").click()

    expect(page.get_by_role("heading", name="批量拒绝售后")).to_be_visible()
    expect(page.get_by_role("button", name="确认拒绝 3 个售后单")).to_have_count(0)
    reason = page.get_by_label("拒绝原因", exact=True)
    reason.focus()
    reason.select_option("reason_mismatch")
    button = page.get_by_role("button", name="确认拒绝 3 个售后单")
    expect(button).to_be_visible()
    # The choice stays where it is while what it leads to is shown anew.
    expect(reason).to_be_focused()
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


def test_many_from_the_workbench(page: Page, live_server: Any) -> None:
    """In the dialog, over a list that reads itself anew; a view of it is kept under a name."""
    with transaction.atomic():
        scene = make("mine", "cs_agent")
        tickets = [
            make_ticket(make_order(scene.shop, buyer=f"b-{number}"), ticket_no=f"T-{number}")
            for number in (1, 2, 3)
        ]
        Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).update(
            awaiting_evaluation=False
        )
    problems = problems_of(page)
    sign_in(page, live_server, "mine-cs_agent")
    page.goto(f"{live_server.url}/admin/workbench/?queue=all&type=refund_only")
    page.get_by_text("保存当前筛选").click()
    page.get_by_label("筛选名称").fill("仅退款")
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="仅退款", exact=True)
    expect(link).to_have_attribute("href", "?queue=all&type=refund_only")

    for ticket in tickets:
        page.locator(f"#tick-{ticket.pk}").check()
    page.locator("#wb-batch").get_by_role("button", name="同意").click()
    dialog = page.get_by_role("dialog")
    button = dialog.get_by_role("button", name="向 3 位买家退款 ¥300.00")
    expect(button).to_be_visible()
    Order.objects.filter(pk=tickets[1].order_id).update(refunded_amount=100)
    button.click()
    expect(dialog.get_by_role("status")).to_contain_text("3 个售后单中已处理 2 个")
    expect(dialog.get_by_role("row").filter(has_text="T-2")).to_contain_text("未处理")
    # Refunding cases are on no queue: the list has read itself anew behind the dialog.
    expect(page.locator("#wb-rows li[data-case]")).to_have_count(1)
    dialog.get_by_role("button", name="关闭").last.click()
    expect(dialog).to_be_hidden()
    link.click()
    expect(page).to_have_url(re.compile(r"/admin/workbench/\?queue=all&type=refund_only"))
    assert problems == []
