"""Violations that axe finds on a page, or in a part of it."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    # Of 2.2: at least 24 px, or as much room around; and, beyond it, all content in landmarks.
    "rules": {name: {"enabled": True} for name in ("target-size", "landmark-one-main", "region")},
}

# Only what the tests look at: passing the whole result out of the browser takes most of the time.
_VIOLATIONS = """([within, options]) => axe.run(within ?? document, options).then(({violations}) =>
    violations.flatMap(({id, nodes}) => nodes.map(({target, html, any}) =>
        `${id}: ${target} ${html.slice(0, 160)} ${any[0]?.message ?? ""}`)))"""


def found_by_axe(
    page: Page, within: str | None = None, *, options: dict[str, Any] = WCAG
) -> list[str]:
    """By the rules of WCAG 2.2 AA; `options={}` takes all that axe knows."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(
        _VIOLATIONS, [within, options | {"resultTypes": ["violations"]}]
    )
    return found
