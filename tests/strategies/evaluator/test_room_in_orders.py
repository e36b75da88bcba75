"""A decision writes to its order, and no index of orders has to hear of it."""

import pytest
from django.db import connection

from aftersale.models import Order


@pytest.mark.django_db
def test_what_a_decision_writes_is_in_no_index_and_has_room_on_its_page() -> None:
    """PostgreSQL's HOT update needs both."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = %s", [Order._meta.db_table])
        assert cursor.fetchone() == (["fillfactor=80"],)
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = %s", [Order._meta.db_table]
        )
        assert [name for (name,) in cursor.fetchall() if "committed" in name] == []
