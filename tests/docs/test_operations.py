"""docs/operations.md: its questions to the database can be asked as they stand."""

import re

import pytest
from django.db import connection

from tests.docs.citations import DOCS

QUERIES = re.findall(r"^SELECT .*?;", (DOCS / "operations.md").read_text(), re.MULTILINE)


def test_there_are_queries() -> None:
    assert len(QUERIES) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("query", QUERIES)
def test_a_query_runs(query: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query)
        assert cursor.fetchall() == [(0,)]
