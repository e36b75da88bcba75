"""From the form of a strategy to what it would have done, in a browser (SPEC M3; WCAG 2.1 AA)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from aftersale.models import Ticket
from strategies.models import Decision, Strategy, TrialRun
from strategies.services import trials
from strategies.services.evaluator import Tally, decide_shop
from tests.admin.scene import make
from tests.factories import make_order, make_ticket

from .axe import found_by_axe
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_form_to_the_result(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        scene = make("mine", "owner")
        Decision.objects.update(decided_at=timezone.now() - timedelta(days=900))
        tickets = [make_ticket(make_order(scene.shop, paid_amount=n)) for n in (4_000, 9_000)]
        Ticket.objects.filter(pk=tickets[0].pk).update(flags=["likely_loss"])
    decide_shop(scene.shop.pk, tally=Tally(), seconds=5)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    sign_in(page, live_server, "mine-owner")
    page.goto(
        f"{live_server.url}/admin/strategies/strategy/new/pre_ship_refund/?shop={scene.shop.pk}"
    )

    # The same errors as when saving; the input stays.
    page.get_by_role("textbox", name="名称").fill("夜间小额")
    page.get_by_role("button", name="用历史数据试运行").click()
    expect(page.locator("#id_single_amount_cap_error")).to_be_visible()
    expect(page.get_by_role("textbox", name="名称")).to_have_value("夜间小额")
    page.get_by_role("textbox", name="单笔金额上限").fill("60")
    page.get_by_role("button", name="用历史数据试运行").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("正在排队")
    assert found_by_axe(page) == []

    # The slow cluster's worker.
    trial = TrialRun.objects.latest("pk")
    trials.run(trial.pk, clock=timezone.now)
    expect(dialog).to_contain_text("会多自动通过 1 个售后单（¥40.00）")
    assert not Strategy.objects.filter(name="夜间小额").exists()
    with page.expect_popup() as opened:
        dialog.get_by_role("link").click()
    result = opened.value
    expect(result.get_by_role("heading", level=1)).to_contain_text("夜间小额")
    expect(result.locator(".t-said")).to_contain_text("疑似资损")
    for scheme in ("light", "dark"):
        result.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        result.locator("details summary").first.focus()
        assert found_by_axe(result) == []
    result.locator("#days summary").click()
    expect(result.locator("#days table")).to_be_visible()
    result.locator("[aria-labelledby=t-gained] dd a").first.click()
    expect(result.get_by_role("link", name=tickets[0].ticket_no)).to_be_visible()
    assert found_by_axe(result) == []

    # The form is as it was left.
    dialog.get_by_role("button", name="关闭").last.click()
    expect(page.get_by_role("textbox", name="单笔金额上限")).to_have_value("60")
    assert problems == []
