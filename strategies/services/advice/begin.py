"""Beginning and cancelling the search for strategies (SPEC M6)."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from aftersale.services.access.rights import Right, require, scoped
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotFound, Refused
from config.queue import SLOW, wake
from strategies.models import UNDER_WAY, AdviceRun, Scenario, TrialStatus
from strategies.services.lanes import current_content
from strategies.services.trials.begin import SILENCE

TASK = "strategies.tasks.run_advice"
DEFAULT_DAYS, LEAST_DAYS, MOST_DAYS = 90, 7, 400
# Fen a month: nobody's limit, and far from overflow.
MOST_MAY_LOSE = 100_000_000_00
MOST_PRODUCTS = 1_000


def begin(
    *,
    shop_id: int,
    user: User | None,
    now: datetime,
    days: int = DEFAULT_DAYS,
    may_lose: int = 0,
    scenarios: Sequence[str] = (),
    products_left_out: Sequence[str] = (),
    here: bool = False,
) -> AdviceRun:
    """Begins a search over so many days up to today. `may_lose` is fen a month; no scenario means
    all. `user` None is the operator's console, `here` says that the caller runs it. Raises Refused
    while one of the shop is under way.
    """
    if user is not None:
        require(user, shop_id, Right.CHANGE_STRATEGIES)
    _check(days, may_lose, scenarios, products_left_out)
    with transaction.atomic():
        # Two people who begin at once are counted one after the other.
        shop = locks.lock_shop(shop_id)
        if AdviceRun.objects.filter(shop=shop, status__in=UNDER_WAY).exists():
            raise Refused(_("A search for this shop is under way. Wait for it, or cancel it."))
        zone = ZoneInfo(shop.timezone)
        tomorrow = now.astimezone(zone).date() + timedelta(days=1)
        run = AdviceRun.objects.create(
            shop=shop,
            created_at=now,
            created_by=user,
            starts_at=datetime.combine(tomorrow - timedelta(days=days), time(), zone),
            ends_at=datetime.combine(tomorrow, time(), zone),
            may_lose=may_lose,
            scenarios=[each for each in Scenario.values if each in scenarios],
            products_left_out=list(products_left_out),
            present=current_content(shop_id),
        )
        if not here:
            wake(TASK, run.pk, cluster=SLOW)
        return run


def _check(
    days: int, may_lose: int, scenarios: Sequence[str], products_left_out: Sequence[str]
) -> None:
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise Refused(
            _("Choose between %(least)d and %(most)d days.")
            % {"least": LEAST_DAYS, "most": MOST_DAYS},
            pointer="days",
        )
    if not 0 <= may_lose <= MOST_MAY_LOSE:
        raise Refused(_("Give an amount of 0 yuan or more a month."), pointer="may_lose")
    if set(scenarios) - set(Scenario.values):
        raise Refused(_("There is no such scenario."), pointer="scenarios")
    if len(products_left_out) > MOST_PRODUCTS:
        raise Refused(_("List at most %d products.") % MOST_PRODUCTS, pointer="products_left_out")


def cancel(*, run_id: int, user: User, now: datetime) -> None:
    """Stops a search under way; nothing of it is kept."""
    run = scoped(AdviceRun.objects.all(), user).filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such advice."))
    require(user, run.shop_id, Right.CHANGE_STRATEGIES)
    AdviceRun.objects.filter(pk=run.pk, status__in=UNDER_WAY).update(
        status=TrialStatus.CANCELLED, finished_at=now
    )


def wake_silent(*, now: datetime) -> None:
    """Wakes the slow cluster for searches that nobody has begun, or whose worker has died."""
    waiting = AdviceRun.objects.filter(status=TrialStatus.QUEUED, created_at__lt=now - SILENCE)
    silent = AdviceRun.objects.filter(status=TrialStatus.RUNNING, seen_at__lt=now - SILENCE)
    for run_id in (waiting | silent).values_list("pk", flat=True):
        wake(TASK, run_id, cluster=SLOW)
