"""SPEC M2 in a browser: the period is switched, a chart has a table, a figure leads to its rows."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.admin.scene import make
from tests.monitoring.test_dashboard import history

from .axe import found_by_axe
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_a_figure_to_its_rows(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        scene = make("mine", "viewer")
        history(scene.shop)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    sign_in(page, live_server, "mine-viewer")
    page.goto(f"{live_server.url}/admin/")
    page.get_by_role("link", name="昨天", exact=True).click()
    expect(page.get_by_role("link", name="昨天", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    page.get_by_role("link", name="近 30 天").click()

    chart = page.get_by_role("region", name="每日退款笔数").first
    expect(chart.get_by_role("img")).to_be_visible()
    chart.get_by_text("查看数据表").click()
    expect(chart.get_by_role("row")).to_have_count(31)  # a head and thirty days
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.reload()
        assert found_by_axe(page) == []

    tile = page.locator(".board-tile", has_text="本期退款成功的笔数").get_by_role("link")
    number = tile.inner_text()
    assert int(number) > 0
    tile.click()
    expect(page.locator("#drilldown-total")).to_have_text(f"共 {number} 条")
    page.get_by_role("link", name="返回概览").click()
    expect(page.get_by_role("link", name="近 30 天")).to_have_attribute("aria-current", "page")

    page.set_viewport_size({"width": 390, "height": 844})
    page.fill("[name=from]", f"{timezone.localdate():%Y-%m-01}")
    page.get_by_role("button", name="查看", exact=True).click()
    expect(page.locator("[name=from]")).to_have_value(f"{timezone.localdate():%Y-%m-01}")
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    assert problems == []
