"""Numbers in the address of a page: digits that `int` refuses, and more than it takes, are none."""

import re
from pathlib import Path

import pytest

from .addresses import NOBODY, OPERATOR, addresses
from .clients import client_of
from .scene import Scene
from .test_roles import SHOWN

ADMINS = ("aftersale/admin", "monitoring/admin", "strategies/admin")
# `"²".isdigit()` is true, and `int` raises for it, as it does for more than 4,300 digits.
NO_NUMBERS = ("²", "9" * 4_301)


def parameters() -> set[str]:
    """The names that pages read from their addresses."""
    source = "".join(path.read_text() for folder in ADMINS for path in Path(folder).rglob("*.py"))
    return set(re.findall(r'GET\.get\("([a-z_]+)"', source))


@pytest.mark.usefixtures("unrendered")
@pytest.mark.parametrize("text", NO_NUMBERS, ids=["superscript", "too long"])
def test_no_page_breaks_on_what_is_no_number(own: Scene, text: str) -> None:
    names = parameters()
    assert {"shop", "page", "hour", "since", "strategy"} <= names
    client = client_of(own.people["owner"])
    others = dict.fromkeys(names - {"shop"}, text)
    for address in addresses():
        if address.page.shows in (OPERATOR, NOBODY):
            continue  # refused before anything is read
        page = address.of(own)
        for query in ({"shop": text}, others):
            status = client.get(page.partition("?")[0], query).status_code
            assert status in SHOWN | {302, 400, 403, 404}, (address.name, query, status)
