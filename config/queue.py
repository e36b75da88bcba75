"""The task queue: django-q2 on the ORM broker, five clusters, and how work gets into it.

Tasks only wake workers up. Rows say what is due, and a sweep finds what nobody woke.
"""

from typing import Any

from django.db.transaction import on_commit
from django.utils.translation import gettext_lazy as _

DECIDE = "decide"
PAY = "pay"
SLOW = "slow"
PULL = "pull"
TELL = "tell"

# Workers are woken (config/broker.py); `poll` is a cluster's look without a wake. Each fetches a
# task for itself. `retry` counts from when it is fetched, and must exceed `timeout`. Failed tasks
# are not repeated: the sweep repeats what the rows still want.
Q_CLUSTER: dict[str, Any] = {
    "name": DECIDE,
    "orm": "default",
    "broker_class": "config.broker.Broker",
    "workers": 2,
    "poll": 1.0,
    "bulk": 1,
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
        # Webhooks and group robots: receivers that hang hold up each other at most.
        TELL: {"workers": 2},
    },
}

# Seconds within which a cluster gives a sign of work, or is frozen (SPEC E1). Tasks show that they
# go on between two steps, so that this is as long as their longest step: some calls of ten seconds;
# in `slow` one statement over all of a shop's past, or reading one sheet of a file.
BEATS_WITHIN = {DECIDE: 40, PAY: 45, SLOW: 50, PULL: 45, TELL: 45}
# Seconds within which a task ends: django-q2 kills what takes longer.
ENDS_WITHIN = {
    cluster: Q_CLUSTER["ALT_CLUSTERS"].get(cluster, {}).get("timeout", Q_CLUSTER["timeout"])
    for cluster in BEATS_WITHIN
}


def wake(task: str, *args: object, cluster: str) -> None:
    """Ask a cluster to run `task` (a dotted path) soon after the caller's transaction commits.

    Not in it: a wake that finds another one's row (config/broker.py) leaves it at that, and the
    task of that row would look for work that is not committed yet; or it would wait for the other
    one's transaction. A process killed in between leaves its work to the sweep.
    """
    # No partial: Django fails on its lack of a name where it logs that a wake failed.
    on_commit(lambda: _enqueue(task, *args, cluster=cluster), robust=True)


def _enqueue(task: str, *args: object, cluster: str) -> None:
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
