"""From a search of the past to drafts and their trial runs, in a browser (SPEC M6; WCAG 2.1)."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from aftersale.models import Role
from monitoring.models import WeeklyReader
from strategies.models import AdviceRun, Strategy, TrialRun
from strategies.services import advice, trials
from tests.factories import make_shop, make_strategy, make_user
from tests.strategies.advice.past import make_past

from .axe import found_by_axe
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_search_to_drafts(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        shop = make_shop(name="新店")
        owner = make_user(shop, Role.OWNER)
        make_past(shop)
        strategy = make_strategy(
            shop, name="质量问题", buyer_reasons=["other"], single_amount_cap="9.00"
        )
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    sign_in(page, live_server, owner.username)
    page.goto(f"{live_server.url}/admin/strategies/advice/?shop={shop.pk}")
    page.get_by_role("button", name="查找建议…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("每月可接受的损失（元）").fill("100")
    dialog.get_by_label("分析最近多少天").fill("399")
    dialog.get_by_role("button", name="开始查找").click()
    expect(page.locator("#advice-progress")).to_contain_text("正在排队")
    assert found_by_axe(page) == []

    # The slow cluster's worker.
    run = AdviceRun.objects.get()
    advice.run(run.pk, clock=timezone.now)
    expect(page.get_by_role("heading", name="从谨慎到大胆")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert found_by_axe(page) == []

    # The weekly note is off until somebody wants it.
    note = page.locator("#weekly-note")
    expect(note).to_contain_text("您没有开启 新店 的简报。")
    note.get_by_role("button", name="用邮件接收").click()
    expect(note).to_contain_text("您已开启 新店 的简报。")
    assert WeeklyReader.objects.get().user == owner

    # What exists is advised on; its change is tried without being saved.
    own = page.get_by_role("row", name="质量问题")
    expect(own).to_contain_text("停用它")
    own.get_by_role("button", name="用历史数据试运行“质量问题”的修改").click()
    expect(page.locator("#trial-progress")).to_contain_text("正在排队")
    assert TrialRun.objects.get().proposed["strategies"][0]["enabled"] is False
    strategy.refresh_from_db()
    assert strategy.enabled

    page.go_back()
    page.get_by_role("button", name="将这些策略生成草稿").click()
    expect(page.get_by_role("heading", name="由这份建议生成的草稿")).to_be_visible()
    made = Strategy.objects.exclude(pk=strategy.pk)
    assert [(draft.shop_id, draft.enabled) for draft in made] == [(shop.pk, False)]
    page.get_by_role("button", name="连同草稿试运行全部策略").click()
    expect(page.locator("#trial-progress")).to_contain_text("正在排队")
    trial = TrialRun.objects.latest("pk")
    trials.run(trial.pk, clock=timezone.now)
    point = next(each for each in AdviceRun.objects.get().summary["points"] if each["within_limit"])
    hits = sum(each["hits"] for each in point["proposals"])
    expect(page.locator(".t-said")).to_contain_text(f"会多自动通过 {hits} 个售后单")
    assert problems == []
