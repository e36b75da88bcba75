"""Somebody's session in the browser, without the two pages that logging in takes."""

from typing import Any

from django.contrib.auth.models import User
from playwright.sync_api import Page

from tests.admin.clients import client_of


def sign_in(page: Page, server: Any, name: str) -> None:
    """The log-in page itself is in test_smoke.py."""
    session = client_of(User.objects.get(username=name)).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
