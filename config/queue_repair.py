"""The queue after a clock that jumped: what lies too far ahead is set back (docs/operations.md).

django-q2 keeps the next run of a schedule, and the lock of a task, as a moment of some machine's
clock. One that jumps ahead and back leaves them there: every sweep would sleep until then.
"""

from django.db import connection

from config.queue import Q_CLUSTER

# A schedule is at most its period ahead; a minute more, since two clocks may differ by that.
_SCHEDULES = """
    UPDATE django_q_schedule SET next_run = clock_timestamp()
    WHERE schedule_type = 'I' AND next_run > clock_timestamp() + (minutes + 1) * interval '1 minute'
    RETURNING name
"""
# A task is locked for `retry` while it is carried out; twice that is left alone.
_TASKS = """
    UPDATE django_q_ormq SET lock = clock_timestamp() - interval '1 second'
    WHERE lock > clock_timestamp() + 2 * %s * interval '1 second'
    RETURNING id
"""
# Fetched by a worker that died and due once more, or queued by a version before 0.2.0: a sweep has
# found their rows long ago, and many of them would hold up all that was woken since.
_STALE = """
    DELETE FROM django_q_ormq WHERE wake IS NULL AND lock <= clock_timestamp()
"""


def forget_stale() -> int:
    """Deletes tasks that wake nobody any more; how many that were. Idempotent."""
    with connection.cursor() as cursor:
        cursor.execute(_STALE)
        return cursor.rowcount


def set_back() -> list[str]:
    """Makes due at once everything dated further ahead than it can be; returns the schedules'
    names, and the number of tasks. Idempotent; by the database's clock alone."""
    with connection.cursor() as cursor:
        cursor.execute(_SCHEDULES)
        found = sorted(row[0] or "" for row in cursor.fetchall())
        cursor.execute(_TASKS, [Q_CLUSTER["retry"]])
        tasks = len(cursor.fetchall())
    return found + ([f"{tasks} tasks"] if tasks else [])
