"""A page weighs under 500 KB without cache, and needs no
outside host; and no page holds scripts of its own (strict script policy)."""

import gzip
import re
from functools import cache
from pathlib import Path
from urllib.parse import urljoin

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from .addresses import PAGES, SEE
from .clients import client_of, url
from .scene import Scene
from .test_scope import SCOPED

MOST = 500 * 1000
LINKED = re.compile(r"<(?:link|script|img|source|iframe)\b[^>]*?\b(?:href|src)=\"([^\"]+)\"")
IN_CSS = re.compile(r"url\(\s*[\"']?([^\"')]+)[\"']?\s*\)")
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
HANDLER = re.compile(r"<[^>]*\s(on[a-z]+)=[\"'][^>]*>|href=\"javascript:", re.IGNORECASE)
# Not compressed again by a web server: they are already.
COMPRESSED = (".woff2", ".png", ".jpg", ".webp")


@cache
def _transferred(path: str) -> int:
    """Compressed size of a static file with all its imports, as whitenoise sends it."""
    found = finders.find(path)
    assert found, path
    content = Path(found).read_bytes()
    size = len(content) if path.endswith(COMPRESSED) else len(gzip.compress(content))
    if path.endswith(".css"):
        for name in set(IN_CSS.findall(content.decode())):
            if not name.startswith("data:"):
                size += _transferred(urljoin(path, name))
    return size


def weight(page: str) -> tuple[int, set[str]]:
    """The bytes of the page with all that it links, and the addresses of other hosts."""
    linked = set(LINKED.findall(page))
    outside = {link for link in linked if not link.startswith(("/", "data:"))}
    static = {link for link in linked if link.startswith(settings.STATIC_URL)}
    size = len(gzip.compress(page.encode()))
    return size + sum(_transferred(link[len(settings.STATIC_URL) :]) for link in static), outside


@pytest.fixture
def pages(own: Scene) -> dict[str, str]:
    client = client_of(own.people["owner"])
    addresses = [reverse("admin:index"), *desk_pages()]
    for model in SCOPED:
        addresses.append(url(model, "changelist"))
        addresses.append(url(model, "change", own.row(model).pk))
        if admin.site._registry[model].add_right:
            addresses.append(url(model, "add"))
    found = {reverse("admin:login"): Client().get(reverse("admin:login"))}
    found |= {address: client.get(address) for address in addresses}
    for address, response in found.items():
        assert response.status_code == 200, address
        policy = response.headers["Content-Security-Policy"]
        assert "script-src 'self' 'unsafe-eval';" in policy + ";", address
    return {address: response.content.decode() for address, response in found.items()}


def desk_pages() -> list[str]:
    """The pages that belong to no model and need no key."""
    return [
        reverse(name)
        for name, page in PAGES.items()
        if page.shows == SEE and page.sends is None and not page.arguments
        if not page.leads_on and not page.part
        if not name.startswith("admin:")
    ]


def test_pages_are_light_and_need_nobody_else(pages: dict[str, str]) -> None:
    heavy = {}
    for address, page in pages.items():
        size, outside = weight(page)
        assert outside == set(), address
        if size >= MOST:
            heavy[address] = size
    assert heavy == {}


def test_no_page_holds_scripts_of_its_own(pages: dict[str, str]) -> None:
    for address, page in pages.items():
        for attributes, content in SCRIPT.findall(page):
            # Data, such as Django's json_script writes it, is no script.
            data = 'type="application/json"' in attributes
            assert "src=" in attributes or data or not content.strip(), (address, content)
        assert HANDLER.search(page) is None, (address, HANDLER.search(page))


def test_it_would_find_a_handler() -> None:
    assert HANDLER.search('<a class="x" onclick="go()">')
    assert not HANDLER.search('<a x-on:click="go()" data-on="1">')
