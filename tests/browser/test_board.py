"""The priority board in a browser (SPEC T5): by mouse, keyboard and buttons; stale; offline."""

from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Locator, Page, expect

from aftersale.models import Shop, Ticket
from strategies.services import strategies
from tests.admin.scene import Scene, make
from tests.factories import NOON, make_strategy

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)
PRE = "pre_ship_refund"


@pytest.fixture
def scene() -> Scene:
    with transaction.atomic():
        scene = make("mine", "owner", "viewer")
        for name in ("mine-b", "mine-c"):
            make_strategy(scene.shop, name=name)
    return scene


def saved(shop: Shop) -> list[int]:
    return strategies.priorities(shop.pk, PRE)


def shown(page: Page) -> list[int]:
    cards = page.locator(f"#board-{PRE} [data-id]")
    return [int(pk) for pk in cards.evaluate_all("cards => cards.map(card => card.dataset.id)")]


def answered(page: Page) -> None:
    """The order that was sent last; what was said of the one before keeps its place till then."""
    expect(page.locator(f"#board-{PRE}.htmx-request")).to_have_count(0)


def handle(page: Page, pk: int) -> Locator:
    return page.locator(f"#handle-{pk}")


@pytest.fixture(autouse=True)
def nothing_moves_by_itself(page: Page) -> None:
    """SortableJS lets nobody take hold of a card that is still gliding to its place."""
    page.emulate_media(reduced_motion="reduce")
    # All of a scenario in view: the mouse reaches nothing below.
    page.set_viewport_size({"width": 1280, "height": 1000})


# SortableJS without native drags looks under the pointer twenty times a second.
ARRIVED = """([pk, place]) => [
    ...document.querySelectorAll("[data-cards]:has(.sortable-ghost) > :not(.sortable-fallback)"),
].findIndex((card) => card.dataset.id === String(pk)) === place"""


def drag(page: Page, pk: int, onto: int) -> None:
    expect(handle(page, onto)).to_be_visible()
    place = shown(page).index(onto)
    start, end = handle(page, pk).bounding_box(), handle(page, onto).bounding_box()
    assert start and end
    page.mouse.move(start["x"] + 16, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(end["x"] + 16, end["y"] + 30, steps=12)
    page.wait_for_function(ARRIVED, arg=[pk, place])
    page.mouse.up()


def test_an_order_by_mouse_keyboard_and_buttons(page: Page, live_server: Any, scene: Scene) -> None:
    a, b, c = saved(scene.shop)
    Ticket.objects.update(status="pending_review", committed=0, awaiting_evaluation=False)
    problems = problems_of(page)
    sign_in(page, live_server, "mine-owner")
    page.goto(f"{live_server.url}/admin/")
    page.locator("#nav-sidebar-apps a[href='/admin/strategies/board/']").click()
    section = page.locator(f"#board-{PRE}")
    note = section.get_by_text("新的优先级顺序已保存，此后")

    drag(page, a, onto=c)
    answered(page)
    expect(note).to_be_visible()
    assert shown(page) == saved(scene.shop) == [b, c, a]
    expect(page.locator("#board-said")).to_have_text("新的优先级顺序已保存，按 Ctrl+Z 撤销。")
    expect(section.locator("[data-place]")).to_have_text(["1", "2", "3"])
    # Undone and redone, by the key and by the button, which keeps the focus.
    handle(page, a).focus()
    page.keyboard.press("Control+z")
    expect(page.locator("#board-said")).to_have_text("优先级顺序已恢复原样，按 Ctrl+Z 重做。")
    answered(page)
    assert shown(page) == saved(scene.shop) == [a, b, c]
    expect(handle(page, a)).to_be_focused()
    section.get_by_role("button", name="重做").focus()
    page.keyboard.press("Enter")
    answered(page)
    expect(section.get_by_role("button", name="撤销")).to_be_focused()
    assert shown(page) == saved(scene.shop) == [b, c, a]

    # By keyboard: cancelled, then dropped; the focus stays on the handle, also when it is saved.
    handle(page, a).focus()
    page.keyboard.press("Space")
    expect(page.locator("#board-said")).to_contain_text("已拿起“mine-strategy”，当前第 3 位")
    page.keyboard.press("Home")
    assert shown(page) == [a, b, c]
    page.keyboard.press("Escape")
    expect(page.locator("#board-said")).to_contain_text("回到第 3 位")
    assert shown(page) == [b, c, a]
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#board-said")).to_have_text("“mine-strategy”：第 2 位，共 3 条。")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    # SPEC M7: what the order as it stands would have done.
    expect(section.locator("[data-what-if]")).to_contain_text("最近 30 天的效果")
    expect(section.locator("[data-what-if] [hx-post]")).not_to_be_empty()
    assert saved(scene.shop) == [b, c, a]
    page.keyboard.press("Space")
    answered(page)
    expect(note).to_be_visible()
    assert shown(page) == saved(scene.shop) == [b, a, c]
    expect(handle(page, a)).to_be_focused()

    # By the button, with what is offered afterwards.
    page.locator(f"#up-{a}").click()
    expect(page.locator(f"#up-{a}")).to_have_attribute("aria-disabled", "true")
    answered(page)
    expect(note).to_be_visible()
    expect(page.locator(f"#up-{a}")).to_be_focused()
    assert shown(page) == saved(scene.shop) == [a, b, c]
    section.get_by_role("button", name="判定").click()
    page.get_by_role("dialog").locator("[type=submit]").click()
    expect(page.locator(".d-toast")).to_be_visible()
    assert scene.shop.entries.filter(kind="looked_again").count() == 1
    assert problems == []


def test_a_drag_shows_who_is_behind_whom_now(page: Page, live_server: Any, scene: Scene) -> None:
    """SPEC M5: of two that take the same tickets the lower one waits for the other's cap."""
    _, b, c = saved(scene.shop)
    sign_in(page, live_server, "mine-owner")
    page.goto(f"{live_server.url}/admin/strategies/board/")

    def said(pk: int) -> Locator:
        return page.locator(f"[data-id='{pk}'] .f-note--warning")

    expect(said(c)).to_contain_text("只有“mine-b”当日剩余额度不足")
    expect(said(b)).to_have_count(0)
    drag(page, b, onto=c)
    expect(said(b)).to_contain_text("只有“mine-c”当日剩余额度不足")
    expect(said(c)).to_have_count(0)
    said(b).get_by_text("示例").click()
    expect(said(b)).to_contain_text("一个 ¥200 的售后单（仅退款）")
    page.get_by_role("link", name="策略体检").click()
    expect(page.get_by_role("heading", name="mine-b")).to_be_visible()
    expect(page.get_by_text("只有“mine-c”当日剩余额度不足")).to_be_visible()


def test_a_stale_order_and_no_network(page: Page, live_server: Any, scene: Scene) -> None:
    a, b, c = saved(scene.shop)
    sign_in(page, live_server, "mine-owner")
    page.goto(f"{live_server.url}/admin/strategies/board/")
    page.context.set_offline(True)
    drag(page, a, onto=c)
    expect(page.get_by_role("alert").filter(has_text="调整未能提交")).to_be_visible()
    assert shown(page) == saved(scene.shop) == [a, b, c]
    page.context.set_offline(False)

    strategies.reorder(
        shop_id=scene.shop.pk,
        scenario=PRE,
        ids=[c, b, a],
        seen=[a, b, c],
        user=scene.people["owner"],
        now=NOON,
    )
    drag(page, a, onto=c)
    alert = page.get_by_role("alert").filter(has_text="您的调整没有保存")
    expect(alert).to_contain_text("mine-owner 在您查看期间（2026-03-11 12:00:00）修改了优先级顺序")
    assert shown(page) == saved(scene.shop) == [c, b, a]
    # From the new order it can be done again.
    drag(page, c, onto=a)
    answered(page)
    expect(page.get_by_text("新的优先级顺序已保存，此后")).to_be_visible()
    assert shown(page) == saved(scene.shop) == [b, a, c]


def test_on_a_phone_and_for_everybody(page: Page, live_server: Any, scene: Scene) -> None:
    """All rules of axe; nothing to scroll sideways at 390."""
    a, b, c = saved(scene.shop)
    sign_in(page, live_server, "mine-owner")
    revisions = f"/admin/strategies/strategy/{b}/revisions/"
    for scheme, width in (("light", 390), ("dark", 1440)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 844})
        for address in ("/admin/strategies/board/", "/admin/strategies/review/", revisions):
            page.goto(f"{live_server.url}{address}")
            if address.endswith("/board/"):
                handle(page, a).focus()
                page.keyboard.press("Space")
            assert found_by_axe(page, ".d-page", options={}) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
