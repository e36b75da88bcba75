"""WCAG 2.1 AA by axe on every page and in every dialog: each once, so that light and dark, Chinese
and English, wide and narrow are all seen over the set."""

from itertools import cycle, islice, product
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from tests.admin.addresses import addresses as walk
from tests.admin.clients import client_of, url
from tests.admin.scene import Scene, make, person
from tests.admin.test_scope import SCOPED

from .axe import found_by_axe
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)

BEGINS_WRONG = """document.activeElement.matches("header [data-close-dialog]")
    && document.querySelector(
        "#desk-dialog .d-dialog-body :is(input:not([type=hidden]), select, textarea)"
    ) !== null"""
# Light and dark, both languages, wide and narrow; 8 kinds, dealt out one after the other. Each part
# begins with another one.
LOOKS = list(product(("light", "dark"), ("zh-hans", "en"), (1440, 390)))


PARTS = 4
"""Tests that share the pages, so that workers end at about the same time."""


def pages_and_dialogs(scene: Scene, client: Client, part: int) -> tuple[list[str], list[str]]:
    """This part's addresses that belong to no model, told apart by their answers."""
    pages, dialogs = [], []
    shown = [
        address
        for address in walk()
        if not (address.name.startswith("admin:") or address.page.part or address.page.leads_on)
    ]
    for address in shown[part::PARTS]:
        at = address.of(scene)
        answer = client.get(at)
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        text = answer.content.decode()
        if 'id="desk-dialog-title"' in text:
            dialogs.append(at)
        elif answer.status_code == 200 and "<html" in text:
            pages.append(at)
    return pages, dialogs


def of_models(scene: Scene) -> list[str]:
    found = [reverse("admin:index"), "/admin/not-there/"]
    for model, site in admin.site._registry.items():
        found.append(url(model, "changelist"))
        if model in SCOPED:
            found.append(url(model, "change", scene.row(model).pk))
            if site.add_right:  # type: ignore[attr-defined]
                found.append(url(model, "add"))
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page(page: Page, live_server: Any, part: int) -> None:
    with transaction.atomic():
        scene = make("mine", "owner")
        operator = person("operator", is_superuser=True)
    problems: dict[str, list[str]] = {}
    console: list[str] = []
    page.on("pageerror", lambda error: console.append(f"{page.url}: {error}"))
    looks = islice(cycle(LOOKS), 3 * part, None)

    def dress() -> str:
        scheme, language, width = next(looks)
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.context.add_cookies(
            [{"name": "django_language", "value": language, "url": live_server.url}]
        )
        page.set_viewport_size({"width": width, "height": 900})
        return f"{scheme} {language} {width}"

    def look(address: str) -> None:
        dressed = dress()
        page.goto(live_server.url + address)
        found = found_by_axe(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("scrolls sideways")
        if found:
            problems[f"{address} {dressed}"] = found

    def look_into(address: str) -> None:
        dressed = dress()
        page.evaluate("at => htmx.ajax('GET', at, '#desk-dialog-content')", address)
        page.wait_for_selector("#desk-dialog:modal")
        found = found_by_axe(page, "#desk-dialog")
        if page.evaluate(BEGINS_WRONG):
            found.append("has fields, and begins at ✕")
        if page.evaluate(
            "(b => b.scrollWidth > b.clientWidth)(document.getElementById('desk-dialog'))"
        ):
            found.append("scrolls sideways")
        page.keyboard.press("Escape")
        page.wait_for_selector("#desk-dialog:not([open])", state="attached")
        if found:
            problems[f"{address} {dressed}"] = found

    look(reverse("admin:login"))
    sign_in(page, live_server, "operator")
    pages, dialogs = pages_and_dialogs(scene, client_of(operator), part)
    assert pages and dialogs
    for address in [*pages, *of_models(scene)[part::PARTS]]:
        look(address)
    for address in dialogs:
        look_into(address)
    assert console == []
    assert problems == {}, "\n".join(
        f"{address}\n    " + "\n    ".join(found) for address, found in problems.items()
    )


def test_a_violation_is_found_and_named(page: Page) -> None:
    page.set_content("<html lang=en><title>t</title><main><img src=x><h1>t</h1></main>")
    (found,) = found_by_axe(page)
    assert found.startswith("image-alt: img <img src=")
    assert found_by_axe(page, "h1") == []
