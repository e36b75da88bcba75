"""Errors in the browser's console during a test."""

from playwright.sync_api import Page

# A request that a newer one took the place of, or whose page was left: htmx notes it as an error.
ABORTED = {"htmx:sendAbort", "htmx:afterRequest"}


def problems_of(page: Page) -> list[str]:
    """Errors of scripts and of the console, as they come."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda said: (
            problems.append(said.text)
            if said.type == "error" and said.text not in ABORTED
            else None
        ),
    )
    return problems
