"""A decision writes to its order and line, and no index of theirs has to hear of it."""

import pytest
from django.db import connection

from aftersale.models import Order, OrderLine


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "written", "room"),
    [(Order._meta.db_table, "committed", 80), (OrderLine._meta.db_table, "taken", 85)],
)
def test_what_a_decision_writes_is_in_no_index_and_has_room_on_its_page(
    table: str, written: str, room: int
) -> None:
    """PostgreSQL's HOT update needs both."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = %s", [table])
        assert cursor.fetchone() == ([f"fillfactor={room}"],)
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table])
        assert [name for (name,) in cursor.fetchall() if written in name] == []
