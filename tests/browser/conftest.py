"""A browser against Django's live server."""

import os

import pytest

# pytest-playwright keeps an event loop running, in which Django else refuses every query.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Debian's Chromium, where there is one; else the one that Playwright has installed."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    arguments += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    chromium = "/usr/bin/chromium"
    found = {"executable_path": chromium} if os.path.exists(chromium) else {}  # noqa: PTH110
    return {**browser_type_launch_args, "args": arguments, **found}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "locale": "zh-CN"}
