"""The first operator signs up in the browser, once, by the link that the start prints (SPEC P1)."""

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client
from pytest_django import Settings

from aftersale.models import AuditEntry
from aftersale.services.access import first_operator, links
from config.run import first_operator_message
from tests.concurrency.threads import at_once
from tests.factories import NOON, make_shop, make_user

from .test_accounts import ACCOUNT, with_app
from .test_login import PASSWORD

SENT = {"name": "Li Mei", "username": "mei", "password": PASSWORD}
HERE = "http://127.0.0.1:8000/"


def path_of(message: str) -> str:
    return message.rpartition(HERE.rstrip("/"))[2].strip()


@pytest.mark.django_db
def test_from_the_printed_link_to_the_first_shop(settings: Settings) -> None:
    make_user(make_shop())  # somebody without an operator's rights
    settings.SITE_URL = ""
    message = first_operator_message(HERE)
    link = path_of(message)
    person = Client()
    assert person.get(link).status_code == 200
    refused = person.post(link, SENT | {"password": "admin123456"})
    assert refused.status_code == 422 and "first guesses" in refused.content.decode()
    taken = person.post(link, SENT | {"username": User.objects.get().username})
    assert taken.status_code == 422
    assert not User.objects.filter(is_superuser=True).exists()
    assert person.post(link, SENT).status_code == 302
    mei = User.objects.get(is_superuser=True)
    assert (mei.username, mei.first_name, mei.is_staff) == ("mei", "Li Mei", True)
    entry = AuditEntry.objects.get(whom=mei, kind="access")
    assert (entry.user, str(entry.note)) == (mei, "Signed up as the first operator.")
    # SPEC P5: an operator has a second factor before anything else.
    assert person.get("/admin/").url == ACCOUNT  # type: ignore[attr-defined]
    with_app(person)
    assert person.get("/admin/shops/new/").status_code == 200
    # It is over, for everybody, and the next start prints none.
    assert Client().get(link).status_code == 410
    assert Client().post(link, SENT | {"username": "second"}).status_code == 410
    assert first_operator_message(HERE) == ""
    assert User.objects.filter(is_superuser=True).count() == 1


@pytest.mark.django_db
def test_the_link_names_the_address_that_people_use(settings: Settings) -> None:
    settings.SITE_URL = "https://desk.example.com"
    assert "https://desk.example.com/account/first/" in first_operator_message(HERE)


@pytest.mark.django_db
def test_forged_and_old_links_make_nobody() -> None:
    with time_machine.travel(NOON, tick=False):
        old = first_operator.link_text()
    forged = signing.dumps("", key="a" * 50, salt="first-operator")
    other = signing.dumps("", salt="another")
    with time_machine.travel(NOON.timestamp() + first_operator.LASTS_SECONDS + 1, tick=False):
        for text in (old, forged, other, "x"):
            assert Client().get(f"/account/first/{text}/").status_code == 410
            assert Client().post(f"/account/first/{text}/", SENT).status_code == 410
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_becomes_the_operator() -> None:
    text = first_operator.link_text()

    def sign_up(name: str) -> User:
        return first_operator.sign_up(
            text=text, username=name, name=name, password=PASSWORD, now=NOON
        )

    ends = at_once(*(lambda name=name: sign_up(name) for name in ("one", "two")))
    assert {type(end) for end in ends} == {User, links.LinkOver}
    assert User.objects.count() == 1
