"""A database or disk that does not work: one sentence for people and for programs."""

import errno
import html
from collections.abc import Callable

import psycopg
import pytest
from django.db import InterfaceError, InternalError, OperationalError, close_old_connections
from django.db import connection as database
from django.test import Client
from django.urls import reverse

from aftersale.models import Shop
from aftersale.services.access import tokens
from aftersale.services.shared import due_work, outages
from aftersale.services.shared.errors import NotKept
from tests.factories import make_shop, make_user

from .program import Program, program


def caused(error: type[Exception], by: type[Exception]) -> Exception:
    found = error("buyer 13800001111")
    found.__cause__ = by()
    return found


OUTAGES = {
    "away": (caused(OperationalError, psycopg.OperationalError), "no_database"),
    "used up": (caused(OperationalError, psycopg.errors.TooManyConnections), "no_database"),
    "closed": (caused(InterfaceError, psycopg.InterfaceError), "no_database"),
    "read only": (caused(InternalError, psycopg.errors.ReadOnlySqlTransaction), "read_only"),
    "full": (caused(OperationalError, psycopg.errors.DiskFull), "no_storage"),
    "no room": (OSError(errno.ENOSPC, "No space left on device"), "no_storage"),
}


@pytest.mark.parametrize("name", OUTAGES)
def test_page_and_program_are_told(
    erp: Program, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    error, code = OUTAGES[name]

    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(tokens, "use", fails)
    told = erp.get("/tickets")
    assert (told.status, told.content["code"]) == (503, code)
    assert told.response["Retry-After"] == "10"
    monkeypatch.setattr("aftersale.admin.accounts.log_in.LogIn.dispatch", fails)
    client = Client(raise_request_exception=False)
    for language, title in (("en", "Not just now"), ("zh-hans", "现在用不了")):
        client.cookies["django_language"] = language
        page = client.get(reverse("admin:login"))
        assert (page.status_code, page["Retry-After"]) == (503, "10")
        assert f"<h1>{title}</h1>" in page.content.decode()
        if language == "en":
            assert html.escape(told.content["detail"]) in page.content.decode()
    assert "13800001111" not in page.content.decode()


def test_a_picture_that_finds_no_room_is_no_wrong_request(
    erp: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise NotKept("No picture can be kept just now.", pointer="evidence")

    monkeypatch.setattr(tokens, "use", full)
    told = erp.get("/tickets")
    assert (told.status, told.content["code"]) == (503, "no_storage")
    assert told.content["errors"][0]["pointer"] == "#/evidence"


@pytest.fixture
def committed(transactional_db: None) -> tuple[Shop, Program]:
    shop = make_shop(code="ks-1")
    return shop, program(shop, make_user(shop, "owner"))


BREAKS = {
    "killed": ("SELECT pg_terminate_backend(pg_backend_pid())", "no_database"),
    "became read-only": ("SET default_transaction_read_only = on", "read_only"),
}


@pytest.mark.parametrize("how", BREAKS)
def test_the_next_request_has_a_connection_that_works(
    committed: tuple[Shop, Program], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """As Django's server does, the test asks between requests whether the connection is usable."""
    _shop, erp = committed
    statement, code = BREAKS[how]
    use: Callable[..., object] = tokens.use

    def breaks(**given: object) -> object:
        with database.cursor() as cursor:
            cursor.execute(statement)
        return use(**given)

    with monkeypatch.context() as patch:
        patch.setattr(tokens, "use", breaks)
        told = erp.get("/tickets")
    assert (told.status, told.content["code"]) == (503, code)
    close_old_connections()
    assert erp.get("/tickets").status == 200


def test_a_row_is_not_set_aside_for_what_the_database_lacks() -> None:
    for kind in outages.OF_THE_DATABASE:

        def carry_out(_clock: due_work.Clock, _row: int, kind: type[Exception] = kind) -> bool:
            raise kind

        with pytest.raises(kind):
            due_work.run(
                lambda: pytest.fail("no time is asked"),
                turns=lambda _clock, _left: [(1, [7])],
                carry_out=carry_out,
                set_aside=lambda *_: pytest.fail("the row is not to blame"),
            )
