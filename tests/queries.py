"""The one counter of queries: each statement that the default connection runs is kept."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def counted_queries() -> CaptureQueriesContext:
    """`with counted_queries() as asked: …`; then len(asked), and asked[0]["sql"]."""
    return CaptureQueriesContext(connection)


def queries_of(client: Client, address: str, **request: Any) -> int:
    """How many queries a page takes that is shown."""
    with counted_queries() as asked:
        assert client.get(address, **request).status_code == 200
    return len(asked)
