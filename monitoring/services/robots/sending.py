"""Sending robots' messages (SPEC M4): what a robot has not told yet, gathered into one message.

At least once: a robot is leased, its message is sent, and only then are its notices marked. One
message to a robot is under way at a time, so one that hangs holds up nobody else, and no lock is
held meanwhile. After a failure the notices wait, and go out together with what is new by then.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import connection, transaction

from aftersale.services.webhooks import send_many
from config.secrets import SecretUnreadable, unseal
from monitoring.models import AlertNotice, Refusal, Robot
from monitoring.services import notices
from monitoring.services.robots import through_apprise, wording
from monitoring.services.robots.through_apprise import Answer

log = structlog.get_logger(__name__)

TASK = "monitoring.tasks.tell_by_robots"
# Longer than one call may take (http_post.SECONDS), with a margin.
LEASE = timedelta(seconds=60)
# What the platforms take of a robot; DingTalk shuts one that sends more for ten minutes.
MOST_A_MINUTE = 20
MINUTE = timedelta(minutes=1)
# Pauses after each failed try in a row; the last one from then on.
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 10, 30)]


class RobotLease(NamedTuple):
    """The right to send one message until `until`, which is its token too."""

    robot: Robot
    text: str
    notices: list[int]
    # When the person asked whose test it is.
    test_asked_at: datetime | None
    until: datetime


# A test goes out at any hour. Hours that end before they begin run past midnight.
_READY = """
    SELECT b.id FROM monitoring_robot b JOIN aftersale_shop p ON p.id = b.shop_id
    WHERE b.enabled
        AND (b.leased_until IS NULL OR b.leased_until <= %(now)s)
        AND (b.next_try_at IS NULL OR b.next_try_at <= %(now)s)
        AND (SELECT count(*) FROM unnest(b.sent_at) AS s (at) WHERE s.at > %(minute_ago)s)
            < %(most)s
        AND (
            b.test_asked_at IS NOT NULL
            OR EXISTS (
                SELECT FROM monitoring_alertnotice n
                JOIN monitoring_alert a ON a.id = n.alert_id AND a.raised_at >= %(oldest)s
                WHERE n.robot_id = b.id AND n.told_at IS NULL
            ) AND CASE
                WHEN b.told_from IS NULL OR b.told_from = b.told_until THEN true
                WHEN b.told_from < b.told_until
                    THEN (%(now)s AT TIME ZONE p.timezone)::time >= b.told_from
                        AND (%(now)s AT TIME ZONE p.timezone)::time < b.told_until
                ELSE (%(now)s AT TIME ZONE p.timezone)::time >= b.told_from
                    OR (%(now)s AT TIME ZONE p.timezone)::time < b.told_until
            END
        )
"""


def due(*, by: datetime) -> bool:
    """True if a robot may send a message by then."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({_READY})", _moments(by))
        return bool(cursor.fetchone()[0])


def run(*, clock: Callable[[], datetime], seconds: float = send_many.RUN_SECONDS) -> bool:
    """Sends what is due or becomes due while it runs; True if more is left."""
    return send_many.run(_Robots(), clock=clock, seconds=seconds)


class _Robots(send_many.Outbox[RobotLease, Answer]):
    def due(self, *, by: datetime) -> bool:
        return due(by=by)

    def take(self, *, limit: int, now: datetime) -> Sequence[RobotLease]:
        return take(limit=limit, now=now)

    def call(self, lease: RobotLease, *, now: datetime) -> Callable[[], Answer]:
        robot, text = lease.robot, lease.text
        try:
            key, secret = unseal(robot.key), unseal(robot.secret) if robot.secret else ""
        except SecretUnreadable:
            return lambda: Answer(Refusal.UNREADABLE)
        return lambda: through_apprise.send(
            service=robot.service, key=key, secret=secret, text=text
        )

    def settle(self, lease: RobotLease, answer: Answer, *, now: datetime) -> None:
        settle(lease, answer, now=now)


@transaction.atomic
def take(*, limit: int, now: datetime) -> list[RobotLease]:
    """Leases up to `limit` robots that have something to say."""
    with connection.cursor() as cursor:
        # SKIP LOCKED: a robot that another run is taking is left to it.
        turn = "ORDER BY b.id LIMIT %(limit)s FOR NO KEY UPDATE OF b SKIP LOCKED"
        cursor.execute(f"{_READY} {turn}", {**_moments(now), "limit": limit})
        ready = [row[0] for row in cursor]
    robots = Robot.objects.filter(pk__in=ready).select_related("shop").order_by("pk")
    return [lease for robot in robots if (lease := _lease(robot, now))]


def _lease(robot: Robot, now: datetime) -> RobotLease | None:
    """None where all that it had to tell is over."""
    waiting: list[int] = []
    if robot.test_asked_at is not None:
        text = wording.of_test(robot)
    else:
        rows = AlertNotice.objects.filter(
            robot=robot, told_at=None, alert__raised_at__gte=now - notices.GIVE_UP
        )
        found = dict(rows.values_list("pk", "alert"))
        waiting, alerts = list(found), notices.standing(found.values())
        if not alerts:
            AlertNotice.objects.filter(pk__in=waiting).update(told_at=now)
            return None
        text = wording.of_alerts(robot, alerts)
    robot.leased_until = now + LEASE
    robot.sent_at = [*(at for at in robot.sent_at if at > now - MINUTE), now]
    robot.save(update_fields=["leased_until", "sent_at"])
    return RobotLease(robot, text, waiting, robot.test_asked_at, robot.leased_until)


@transaction.atomic
def settle(lease: RobotLease, answer: Answer, *, now: datetime) -> None:
    """Writes down the outcome of a try.

    Writes nothing if another worker has the lease by now, or the robot is gone.
    """
    robot = Robot.objects.select_for_update(no_key=True).filter(pk=lease.robot.pk).first()
    if robot is None or robot.leased_until != lease.until:
        return
    robot.leased_until = None
    if robot.test_asked_at == lease.test_asked_at:
        robot.test_asked_at = None
    robot.failure, robot.answer = answer
    if not answer.failure:
        robot.last_success_at, robot.failing_since = now, None
        robot.failures, robot.next_try_at = 0, None
        AlertNotice.objects.filter(pk__in=lease.notices).update(told_at=now)
    else:
        robot.next_try_at = now + PAUSES[min(robot.failures, len(PAUSES) - 1)]
        robot.failures += 1
        robot.failing_since = robot.failing_since or now
        log.info("robot_failed", robot=robot.pk, failure=answer.failure, failures=robot.failures)
    robot.save()


def _moments(now: datetime) -> dict[str, datetime | int]:
    return {
        "now": now,
        "minute_ago": now - MINUTE,
        "most": MOST_A_MINUTE,
        "oldest": now - notices.GIVE_UP,
    }
