"""COPY's answers, drained as they arrive: whole, in pieces, empty, and broken off."""

from datetime import timedelta

import pytest
from django.db import connection

from strategies.services.past import reading
from strategies.services.past.columns import NAMES
from tests.factories import NOON, make_shop

pytestmark = pytest.mark.django_db

_ROWS = "COPY (SELECT {} FROM generate_series(1, {}) n) TO STDOUT (FORMAT BINARY)"


def received(query: str) -> bytes:
    with connection.cursor() as wrapped, wrapped.cursor.copy(query) as copy:
        return bytes(reading._received(copy, wrapped.cursor.connection.pgconn))


@pytest.mark.parametrize("number", [0, 1, 3_000])
def test_as_psycopg_gives_it(number: int) -> None:
    columns = ", ".join(f"n::bigint AS {name}_" for name in NAMES)
    query = _ROWS.format(columns, number)
    with connection.cursor() as wrapped, wrapped.cursor.copy(query) as copy:
        expected = b"".join(copy)
    assert received(query) == expected
    assert len(expected) == reading._HEAD + number * reading._ROW.itemsize + 2
    assert received(query) == expected  # the connection goes on


def test_a_statement_that_fails_in_the_midst_says_why() -> None:
    columns = ", ".join(f"(1000 / (2000 - n))::bigint AS {name}_" for name in NAMES)
    with pytest.raises(Exception, match="division by zero"):
        received(_ROWS.format(columns, 3_000))
    connection.close()


def test_no_decisions() -> None:
    words: dict = {}
    given = {"shop_id": make_shop().pk, "start": NOON - timedelta(days=1), "seed": 1}
    assert list(reading.read_decided(**given, words=words)) == []
