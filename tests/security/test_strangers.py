"""Strangers can't make the web server read, or hash, for them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from django.test import Client
from django.test.client import FakePayload

from aftersale.admin.accounts import hashing
from config.uploads import MOST_OF_STRANGERS
from tests.factories import make_shop, make_user

PASSWORD = "three green bicycles"
LOG_IN = "/admin/login/"
MULTIPART = "multipart/form-data; boundary=x"


class Unread(FakePayload):
    """A body of which the first byte is one too many."""

    def read(self, num_bytes: int | None = None) -> bytes:
        raise AssertionError("read")


@pytest.mark.django_db
@pytest.mark.parametrize("address", [LOG_IN, "/admin/desk/files/", "/account/invitation/x/"])
def test_a_large_form_of_a_stranger_is_not_read(address: str) -> None:
    """300 MB went to the disk before they were answered 403."""
    answer = Client(enforce_csrf_checks=True).generic(
        "POST",
        address,
        CONTENT_TYPE=MULTIPART,
        CONTENT_LENGTH=str(MOST_OF_STRANGERS + 1),
        **{"wsgi.input": Unread()},
    )
    assert (answer.status_code, answer["Location"]) == (302, f"{LOG_IN}?next={address}")


@pytest.mark.django_db
def test_large_forms_of_people_and_small_ones_of_strangers_are_read() -> None:
    parts = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n%b\r\n--x--\r\n"
    large = parts % (b"b" * MOST_OF_STRANGERS)
    client = Client()
    client.force_login(make_user(make_shop()))
    answer = client.post("/admin/desk/nothing/", large, content_type=MULTIPART)
    assert answer.status_code == 404
    answer = Client().post(LOG_IN, parts % b"b", content_type=MULTIPART)
    assert answer.status_code == 200


@pytest.mark.django_db
def test_a_third_log_in_at_a_time_is_told_to_wait() -> None:
    """24 of made-up names held all threads for 20 s. It costs no attempt of the name's."""
    user = make_user(make_shop(), username="lin")
    user.set_password(PASSWORD)
    user.save()
    sent = {"username": "lin", "password": PASSWORD}
    with _others_log_in(2):
        for _attempt in range(40):
            answer = Client().post(LOG_IN, sent)
            assert "Many people are logging in just now" in answer.content.decode()
            assert "_auth_user_id" not in answer.wsgi_request.session
    assert Client().post(LOG_IN, sent).status_code == 302


@contextmanager
def _others_log_in(places: int) -> Iterator[None]:
    with ExitStack() as stack:
        for _place in range(places):
            assert hashing._PLACES.acquire(blocking=False)
            stack.callback(hashing._PLACES.release)
        yield
