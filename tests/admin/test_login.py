"""SPEC P5: whoever guesses passwords is slowed, and shuts nobody out from where they are known."""

import time
from itertools import count

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from config.login import address_of
from tests.factories import make_shop, make_user

from .test_languages import english

HOME, AWAY = "198.51.100.7", "203.0.113.9"
PASSWORD = "tea-river-4-lamps"


class Counting(MD5PasswordHasher):
    """Counts how often a password was hashed: that is what takes the time."""

    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        Counting.hashed += 1
        return super().encode(password, salt)


@pytest.fixture
def owner(db: None) -> User:
    return with_password("owner")


def with_password(name: str, **fields: object) -> User:
    user = make_user(make_shop(is_demo=True), username=name, **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(
    password: str, *, name: str = "owner", browser: Client | None = None, **where: str
) -> HttpResponseBase:
    client = browser or Client()
    client.cookies["django_language"] = "zh-hans"
    given = {"username": name, "password": password}
    return client.post(reverse("admin:login"), given, **({"REMOTE_ADDR": HOME} | where))


def guess(times: int, **where: str) -> list[int]:
    return [log_in("wrong", **where).status_code for _ in range(times)]


def in_minutes(minutes: float) -> time_machine.travel:
    return time_machine.travel(time.time() + minutes * 60)


def test_five_wrong_passwords_shut_one_name_out_from_one_address(owner: User) -> None:
    with_password("other")
    page = log_in("wrong").content.decode()  # type: ignore[attr-defined]
    assert "用户名或密码错误" in page and english(page) == set()
    assert guess(4) == [200] * 4
    refused = log_in(PASSWORD)
    assert refused.status_code == 429 and "sessionid" not in refused.cookies
    page = refused.content.decode()  # type: ignore[attr-defined]
    assert "密码错误次数过多" in page and english(page) == set()
    # nobody else's name from here, nor this one from elsewhere
    assert log_in(PASSWORD, name="other").status_code == 302
    assert log_in(PASSWORD, REMOTE_ADDR=AWAY).status_code == 302
    # further attempts don't extend it
    with in_minutes(14):
        assert guess(2) == [429, 429]
    with in_minutes(15.1):
        assert log_in(PASSWORD).status_code == 302


def test_the_right_password_forgives_the_wrong_ones(owner: User) -> None:
    guess(4)
    assert log_in(PASSWORD).status_code == 302
    assert guess(4) == [200] * 4
    assert log_in(PASSWORD).status_code == 302


@pytest.mark.usefixtures("unrendered")
def test_guesses_from_many_addresses_are_slowed_by_name(owner: User) -> None:
    """80 guesses on one name from 20 addresses: 20 passwords are looked at, and 60 are not."""
    own_browser = Client()
    assert log_in(PASSWORD, browser=own_browser).status_code == 302
    answers = [
        status for number in range(20) for status in guess(4, REMOTE_ADDR=f"192.0.2.{number}")
    ]
    assert (answers.count(200), answers.count(429)) == (20, 60)
    # from a place that is unknown the owner waits, too; from the known ones they do not
    assert log_in(PASSWORD, REMOTE_ADDR=AWAY).status_code == 429
    assert log_in(PASSWORD, browser=own_browser, REMOTE_ADDR=AWAY).status_code == 302
    assert log_in(PASSWORD, REMOTE_ADDR=HOME).status_code == 302
    with in_minutes(15.1):
        assert log_in(PASSWORD, REMOTE_ADDR="192.0.2.250").status_code == 302


@pytest.mark.usefixtures("unrendered")
def test_guesses_at_many_names_are_slowed_by_address(owner: User) -> None:
    names = (f"made-up-{number}" for number in count())
    answers = [
        log_in("wrong", name=name).status_code for name, _ in zip(names, range(80), strict=False)
    ]
    assert (answers.count(200), answers.count(429)) == (30, 50)
    assert log_in(PASSWORD).status_code == 429
    assert log_in(PASSWORD, REMOTE_ADDR=AWAY).status_code == 302


def test_a_proxy_that_is_not_declared_shuts_no_owner_out(owner: User) -> None:
    """Then all come from the proxy's address: the owner's browser is known by its cookie."""
    own_browser = Client()
    assert log_in(PASSWORD, browser=own_browser).status_code == 302
    known = own_browser.cookies["known_browser"].value
    assert guess(40).count(429) == 35
    assert log_in(PASSWORD).status_code == 429
    assert log_in(PASSWORD, browser=own_browser).status_code == 302
    # wrong passwords from the browser that is known are counted, too; a forged cookie knows nobody
    own_browser.logout()
    own_browser.cookies["known_browser"] = known
    assert [log_in("wrong", browser=own_browser).status_code for _ in range(11)] == [200] * 10 + [
        429
    ]
    forged = Client()
    forged.cookies["known_browser"] = known[:-2]
    assert log_in(PASSWORD, browser=forged).status_code == 429


def test_behind_a_proxy_its_word_counts(owner: User, settings: Settings) -> None:
    """Everything before the address that the proxy adds was sent by the client."""
    settings.BEHIND_PROXY = True
    for made_up in range(5):
        log_in("wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{made_up}, {AWAY}")
    assert log_in(PASSWORD, HTTP_X_FORWARDED_FOR=f"192.0.2.77, {AWAY}").status_code == 429
    assert log_in(PASSWORD, HTTP_X_FORWARDED_FOR=HOME).status_code == 302


def test_without_a_proxy_the_header_is_nobodys_word(owner: User) -> None:
    for made_up in range(5):
        log_in("wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{made_up}")
    assert log_in(PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.99").status_code == 429


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


def test_names_are_told_to_nobody(owner: User, settings: Settings) -> None:
    """A name that exists, one that does not, one shut out, one that may not come in: one answer,
    after the same work."""
    settings.PASSWORD_HASHERS = ["tests.admin.test_login.Counting"]
    with_password("left", is_active=False)
    User.objects.create_user("stranger", password=PASSWORD)
    Counting.hashed = 0
    answers = set()
    for name in ("owner", "made-up", "left", "stranger"):
        before = Counting.hashed
        page = log_in(PASSWORD + "x", name=name, REMOTE_ADDR=AWAY).content.decode()  # type: ignore[attr-defined]
        answers.add((page.count("用户名或密码错误"), name in page, Counting.hashed - before))
    assert answers == {(1, True, 1)}
    assert log_in(PASSWORD, name="left").status_code == 200
    assert log_in(PASSWORD, name="stranger").status_code == 200


def test_nothing_that_was_typed_is_logged(owner: User, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        log_in("wrong-secret", name="typed-into-the-wrong-field")
        log_in(PASSWORD)
    told = "\n".join(one.getMessage() for one in caplog.records if one.name != "django.db.backends")
    assert "typed-into" not in told and "wrong-secret" not in told and PASSWORD not in told
