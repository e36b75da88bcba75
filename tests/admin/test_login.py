"""Logging in: whoever guesses passwords is shut out for a while, and nobody else with them."""

import logging
from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from config.login import address_of
from tests.factories import make_shop, make_user

from .test_languages import english

HOME, AWAY = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def owner(db: None) -> User:
    user = make_user(make_shop(), username="owner")
    user.set_password("right")
    user.save()
    return user


def log_in(password: str, *, name: str = "owner", **where: str) -> HttpResponseBase:
    client = Client(**{"REMOTE_ADDR": HOME} | where)
    client.cookies["django_language"] = "zh-hans"
    return client.post(reverse("admin:login"), {"username": name, "password": password})


def guess(times: int, **where: str) -> list[int]:
    return [log_in("wrong", **where).status_code for _ in range(times)]


def test_five_wrong_passwords_shut_one_name_out_from_one_address(owner: User) -> None:
    make_user(make_shop(), username="other").set_password("right")
    page = log_in("wrong").content.decode()  # type: ignore[attr-defined]
    assert "用户名或密码错误" in page and english(page) == set()
    assert guess(4) == [200, 200, 200, 429]
    refused = log_in("right")
    assert refused.status_code == 429 and "sessionid" not in refused.cookies
    page = refused.content.decode()
    assert "密码错误次数过多" in page and english(page) == set()
    # nobody else's name from here, nor this one from elsewhere
    assert log_in("wrong", name="other").status_code == 200
    assert log_in("right", REMOTE_ADDR=AWAY).status_code == 302
    later = timezone.now() + timedelta(minutes=15, seconds=1)
    with time_machine.travel(later):
        assert log_in("right").status_code == 302


def test_guessing_on_does_not_keep_it_shut(owner: User) -> None:
    guess(5)
    with time_machine.travel(timezone.now() + timedelta(minutes=14)):
        assert guess(2) == [429, 429]
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1)):
        assert log_in("right").status_code == 302


def test_the_right_password_forgives_the_wrong_ones(owner: User) -> None:
    guess(4)
    assert log_in("right").status_code == 302
    assert not AccessAttempt.objects.exists()
    assert guess(4) == [200] * 4


def test_behind_a_proxy_its_word_counts(owner: User, settings: Settings) -> None:
    """Everything before the address that the proxy adds was sent by the client."""
    settings.BEHIND_PROXY = True
    for made_up in range(5):
        answer = log_in("wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{made_up}, {AWAY}")
    assert answer.status_code == 429
    assert log_in("right", HTTP_X_FORWARDED_FOR=f"192.0.2.77, {AWAY}").status_code == 429
    assert log_in("right", HTTP_X_FORWARDED_FOR=HOME).status_code == 302


def test_without_a_proxy_the_header_is_nobodys_word(owner: User) -> None:
    for made_up in range(5):
        answer = log_in("wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{made_up}")
    assert answer.status_code == 429


@pytest.mark.parametrize(
    ("sent", "address"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:198.51.100.7", HOME),
        ("", None),
        ("unix:", None),
    ],
)
def test_an_address_is_one_customers(rf: pytest.FixtureRequest, sent: str, address: str) -> None:
    assert address_of(rf.get("/", REMOTE_ADDR=sent)) == address  # type: ignore[attr-defined]


def test_the_log_tells_from_where_and_no_secret(
    owner: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "axes"):
        log_in("wrong", name="typed-into-the-wrong-field")
    assert HOME in caplog.text
    assert "typed-into-the-wrong-field" not in caplog.text and '"wrong"' not in caplog.text
    kept = AccessAttempt.objects.get()
    assert "typed" not in kept.post_data and "wrong\n" not in kept.post_data
