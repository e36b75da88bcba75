"""The task queue: django-q2 on the ORM broker, four clusters, and how work gets into it.

Tasks only wake workers up. Rows say what is due, and a sweep finds what nobody woke.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

DECIDE = "decide"
PAY = "pay"
SLOW = "slow"
PULL = "pull"
TELL = "tell"

# Measured (668 tasks/s, 36 ms median): see docs. `retry` counts from when a task is fetched, and
# must exceed `timeout`. Failed tasks are not repeated: the sweep repeats what the rows still want.
Q_CLUSTER: dict[str, Any] = {
    "name": DECIDE,
    "orm": "default",
    "workers": 2,
    "poll": 0.05,
    "bulk": 10,
    "queue_limit": 20,
    "save_limit": -1,
    "timeout": 60,
    "retry": 900,
    "ack_failures": True,
    "max_attempts": 1,
    "catch_up": False,
    "label": _("Queue"),
    # A cluster of its own, so that a platform that hangs holds up no decision.
    "ALT_CLUSTERS": {
        PAY: {"workers": 2},
        # Trial runs, one at a time: they may take minutes, but less than `retry`.
        SLOW: {"workers": 1, "timeout": 800},
        # Reading from platforms, one task a shop. A task ends itself long before the time-out.
        PULL: {"workers": 3, "timeout": 120},
        # Webhooks: receivers that hang hold up each other at most.
        TELL: {"workers": 2},
    },
}

# Seconds within which a cluster gives a sign of work, or is frozen (SPEC E1): all its workers may
# be in a call that takes their `timeout`. Nothing that `decide` does takes long.
BEATS_WITHIN = {DECIDE: 50, PAY: 90, SLOW: 860, PULL: 150, TELL: 90}


def wake(task: str, *args: object, cluster: str) -> None:
    """Ask a cluster to run `task` (a dotted path) soon.

    The row is written in the caller's transaction: it commits or rolls back with the caller's work.
    """
    from django_q.tasks import async_task  # settings import this module before the apps are ready

    async_task(task, *args, q_options={"cluster": cluster})


def ensure_schedule(*, name: str, task: str, cluster: str, minutes: int) -> None:
    """Make, or correct, the one schedule of this name; for receivers of post_migrate."""
    from django_q.models import Schedule

    wanted = {
        "func": task,
        "cluster": cluster,
        "schedule_type": Schedule.MINUTES,
        "minutes": minutes,
        "repeats": -1,
    }
    if not Schedule.objects.filter(name=name).update(**wanted):
        Schedule.objects.create(name=name, **wanted)
