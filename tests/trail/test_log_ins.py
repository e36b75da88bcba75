"""SPEC P6: log-ins that succeed and fail, and their ends, are in the audit trail."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import AuditEntry
from tests.admin.test_accounts import someone
from tests.factories import make_shop, make_user

pytestmark = pytest.mark.django_db

LOG_IN = reverse("admin:login")
PASSWORD = "lamps-4-river"


@pytest.fixture(autouse=True)
def nothing_is_counted() -> None:
    cache.clear()


@pytest.fixture
def agent() -> User:
    user = make_user(make_shop(), "cs_agent", username="mei")
    user.set_password(PASSWORD)
    user.save()
    return user


def entries() -> list[tuple[Any, ...]]:
    found = AuditEntry.objects.order_by("pk").values_list("kind", "user", "whom", "note")
    return [(kind, user, whom, str(note)) for kind, user, whom, note in found]


def log_in(client: Client, username: str, password: str) -> None:
    client.post(LOG_IN, {"username": username, "password": password})


def test_in_and_out(agent: User) -> None:
    client = Client(REMOTE_ADDR="203.0.113.9")
    log_in(client, "mei", PASSWORD)
    client.post(reverse("admin:logout"))
    assert entries() == [
        ("logged_in", agent.pk, agent.pk, ""), ("logged_out", agent.pk, agent.pk, ""),
    ]  # fmt: skip
    first, last = AuditEntry.objects.order_by("pk")
    assert first.address == last.address == "203.0.113.9"
    assert first.request_id != last.request_id and len(first.request_id) == 32


def test_failed_ones_tell_whose_account_was_tried_and_never_what_was_typed(agent: User) -> None:
    """People type their passwords into the field of the name: no made-up name is kept."""
    client = Client()
    log_in(client, "mei", "wrong-secret-1")
    log_in(client, "My-Own-Password-77", "x")
    assert entries() == [
        ("log_in_failed", None, agent.pk, "Wrong password, or shut out"),
        ("log_in_failed", None, None, "Nobody has the name"),
    ]
    stored = str(list(AuditEntry.objects.values()))
    assert "secret" not in stored and "Password-77" not in stored


def test_an_account_that_is_shut_out_fails_as_with_a_wrong_password(agent: User) -> None:
    User.objects.filter(pk=agent.pk).update(is_active=False)
    log_in(Client(), "mei", PASSWORD)
    assert entries() == [("log_in_failed", None, agent.pk, "Wrong password, or shut out")]


def test_a_session_that_is_over_was_ended_by_nobody(agent: User) -> None:
    client = Client()
    log_in(client, "mei", PASSWORD)
    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        client.get("/admin/")
    assert entries()[1:] == [("logged_out", None, agent.pk, "The session was over")]


def test_a_wrong_second_factor() -> None:
    from tests.admin.test_accounts import logged_in, with_app

    owner = someone(username="boss")
    with_app(logged_in(owner))
    client = logged_in(owner)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert entries()[-1] == ("log_in_failed", None, owner.pk, "Wrong second factor")
