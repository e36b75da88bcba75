"""Reading `GET /events` while other tests use the same server."""

import time

from django.db import connection

SETTLED = """
    SELECT coalesce(max(transaction), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
      FROM aftersale_feedevent
"""


def settle() -> None:
    """Waits for older transactions of the whole server: other tests' are among them."""
    for _try in range(1_200):
        with connection.cursor() as cur:
            cur.execute(SETTLED)
            if cur.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("a transaction is under way for a minute")
