"""WCAG 2.1 AA by axe on every page: each once, so that light and dark, Chinese and English, wide
and narrow are all seen over the set."""

from itertools import cycle, product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from tests.admin.scene import Scene, make, person
from tests.admin.test_scope import SCOPED, url
from tests.admin.test_weight import desk_pages

pytestmark = pytest.mark.django_db(transaction=True)

OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "resultTypes": ["violations"],
}
# Light and dark, both languages, wide and narrow; 8 kinds, dealt out one after the other.
LOOKS = list(product(("light", "dark"), ("zh-hans", "en"), (1440, 390)))


def addresses(scene: Scene) -> list[str]:
    found = [reverse("admin:index"), "/admin/not-there/", *desk_pages()]
    for model, site in admin.site._registry.items():
        found.append(url(model, "changelist"))
        if model in SCOPED:
            found.append(url(model, "change", scene.row(model).pk))
            if site.add_right:  # type: ignore[attr-defined]
                found.append(url(model, "add"))
    return found


def wrong(page: Page) -> list[str]:
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['html'][:160]} "
        f"{node['any'][:1] and node['any'][0]['message']}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("half", [0, 1])  # so that two workers share them
def test_every_page(page: Page, live_server: Any, half: int) -> None:
    with transaction.atomic():
        scene = make("mine", "owner")
        operator = person("operator", is_superuser=True)
    problems: dict[str, list[str]] = {}
    console: list[str] = []
    page.on("pageerror", lambda error: console.append(f"{page.url}: {error}"))
    looks = cycle(LOOKS)

    def look(address: str) -> None:
        scheme, language, width = next(looks)
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.context.add_cookies(
            [{"name": "django_language", "value": language, "url": live_server.url}]
        )
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(live_server.url + address)
        found = wrong(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("scrolls sideways")
        if found:
            problems[f"{address} {scheme} {language} {width}"] = found

    for _ in range(2):
        look(reverse("admin:login"))
    client = Client()
    client.force_login(operator)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    for address in addresses(scene)[half::2]:
        look(address)
    assert console == []
    assert problems == {}, "\n".join(
        f"{address}\n    " + "\n    ".join(found) for address, found in problems.items()
    )
