"""What programs share is loaded before they are forked, and connects to nothing afterwards."""

from typing import Any

import pytest
from django.db import connection, connections
from structlog.testing import capture_logs

from config import preload


@pytest.mark.django_db(transaction=True)
def test_nothing_is_connected_before_programs_are_forked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared: list[bool] = []
    monkeypatch.setattr(
        preload, "share_memory", lambda: shared.append(connection.connection is None)
    )
    connection.ensure_connection()
    preload.everything(pages=True)
    assert shared == [True]
    assert all(one.connection is None for one in connections.all(initialized_only=True))


@pytest.mark.django_db
@pytest.mark.parametrize("hosts", [["*"], [".example.com"], ["desk.example.com", "other"], []])
@pytest.mark.parametrize("https", [True, False])
def test_a_page_is_answered_whatever_the_hosts_are(
    settings: Any, hosts: list[str], https: bool
) -> None:
    """Not an error or a redirection: those load little of what a page needs."""
    settings.ALLOWED_HOSTS = hosts or ["localhost"]
    settings.SECURE_SSL_REDIRECT = https
    with capture_logs() as logs:
        preload._answer_a_page()
    assert [line["status"] for line in logs] == ["200 OK"]
