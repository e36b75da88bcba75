"""Beginning and cancelling trial runs, and building the rulebook to try (SPEC M3).

A proposal goes through the service that would save it, in a transaction that is rolled back: so the
trial run tries exactly the strategies that would apply.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from aftersale.services.access.rights import Right, require, scoped
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotFound, Refused
from config.queue import SLOW, wake
from strategies.models import UNDER_WAY, TrialKind, TrialRun, TrialStatus
from strategies.services.lanes import current_content

TASK = "strategies.tasks.run_trial"
# A trial run without a sign of life for this long was killed.
SILENCE = timedelta(minutes=5)
MOST_DAYS = 400
# The same range as records' times; beyond it dates overflow in PostgreSQL and Python.
EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)
# Trial runs of one shop at a time: each reads all of its past.
MOST_UNDER_WAY = 3


def content_after(shop_id: int, change: Callable[[], object]) -> dict[str, Any]:
    """The rulebook after `change`, which is rolled back. Its exceptions pass through."""
    with transaction.atomic():
        change()
        content = current_content(shop_id)
        transaction.set_rollback(True)
    return content


def begin(
    *,
    shop_id: int,
    kind: str,
    title: str,
    proposed: dict[str, Any] | None,
    first: date,
    last: date,
    user: User,
    now: datetime,
    present: dict[str, Any] | None = None,
) -> TrialRun:
    """Begins a trial run over the shop's days `first` to `last`, both included.

    `proposed` comes from `content_after`; None means the present strategies, as for a pause
    (TrialKind.PAUSE). If the proposal was saved a moment ago, `present` is the rulebook from
    before. Raises Refused for an invalid period, and while too many of the shop are under way.
    """
    require(user, shop_id, Right.CHANGE_STRATEGIES)
    if not EARLIEST <= first <= last <= LATEST or (last - first).days >= MOST_DAYS:
        raise Refused(
            _("Choose a period of at least one day and at most %d days.") % MOST_DAYS,
            pointer="first",
        )
    with transaction.atomic():
        # Two people who begin at once are counted one after the other.
        shop = locks.lock_shop(shop_id)
        if TrialRun.objects.filter(shop=shop, status__in=UNDER_WAY).count() >= MOST_UNDER_WAY:
            raise Refused(
                _("%d trial runs of this shop are under way. Wait for one, or cancel it.")
                % MOST_UNDER_WAY
            )
        current = current_content(shop_id)
        zone = ZoneInfo(shop.timezone)
        trial = TrialRun.objects.create(
            shop=shop,
            kind=kind,
            title=title[:200],
            created_at=now,
            created_by=user,
            starts_at=datetime.combine(first, time(), zone),
            ends_at=datetime.combine(last + timedelta(days=1), time(), zone),
            present=current if present is None else present,
            proposed=current if proposed is None else proposed,
            paused=kind == TrialKind.PAUSE,
        )
        wake(TASK, trial.pk, cluster=SLOW)
        return trial


def cancel(*, trial_id: int, user: User, now: datetime) -> None:
    """Stops a trial run under way; its partial result is dropped."""
    trial = scoped(TrialRun.objects.all(), user).filter(pk=trial_id).first()
    if trial is None:
        raise NotFound(_("There is no such trial run."))
    require(user, trial.shop_id, Right.CHANGE_STRATEGIES)
    TrialRun.objects.filter(pk=trial.pk, status__in=UNDER_WAY).update(
        status=TrialStatus.CANCELLED, finished_at=now
    )


def wake_silent(*, now: datetime) -> None:
    """Wakes the slow cluster for trial runs that nobody has begun, or whose worker has died."""
    waiting = TrialRun.objects.filter(status=TrialStatus.QUEUED, created_at__lt=now - SILENCE)
    silent = TrialRun.objects.filter(status=TrialStatus.RUNNING, seen_at__lt=now - SILENCE)
    for trial_id in (waiting | silent).values_list("pk", flat=True):
        wake(TASK, trial_id, cluster=SLOW)
