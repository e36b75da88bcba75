"""The evaluator's rounds: batch after batch until nothing waits (SPEC E1, E7)."""

import time

import structlog
from django.db import connection, transaction
from django.db.models import Exists, QuerySet

from aftersale.models import Ticket
from aftersale.services.shared.database_clock import database_moment
from strategies.models import EvaluatorLane
from strategies.services.evaluator.read_facts import START
from strategies.services.lanes import hold_lane

from .batch import LaneHeld, Tally, decide_batch
from .moment import TimeInDoubt

log = structlog.get_logger(__name__)

BATCH = 2_000


def shops_waiting() -> list[int]:
    """Shops with tickets that wait for the automation."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM aftersale_shop s WHERE EXISTS"
            " (SELECT 1 FROM aftersale_ticket t WHERE t.shop_id = s.id AND t.awaiting_evaluation)"
            " AND NOT s.on_hold"
            " ORDER BY id"
        )
        return [row[0] for row in cursor.fetchall()]


def decide_shop(
    shop_id: int,
    *,
    tally: Tally,
    seconds: float = float("inf"),
    batch_size: int = BATCH,
) -> bool:
    """Decides a shop's waiting tickets, for about that many seconds; True where some still wait.

    Gives up where another process holds the lane: the holder looks again, or wakes another look,
    after letting go. Gives up, too, where clocks are wrong: tickets wait for the sweep.
    """
    until = time.monotonic() + seconds
    lane = Exists(EvaluatorLane.objects.filter(shop=shop_id))
    has_lane = list(_waiting(shop_id).values_list(lane, flat=True)[:1])
    if not has_lane:
        return False  # the usual end of a wake-up: an earlier run has decided its ticket
    if has_lane == [False]:
        with transaction.atomic():
            hold_lane(shop_id, user=None, now=database_moment())
    cursor = START
    try:
        while True:
            batch = decide_batch(shop_id, after=cursor, limit=batch_size, tally=tally)
            if batch is not None and batch.full:
                cursor = batch.end
            elif not _waiting(shop_id).exists():
                return False
            elif batch is None and cursor == START:
                return True  # others hold all that waits
            else:
                # Tickets that came meanwhile may lie before the cursor, and their worker may have
                # found the lane held by this run and given up. This look, without the lane, finds
                # them.
                cursor = START
            if time.monotonic() >= until:
                return True
    except LaneHeld:
        return False
    except TimeInDoubt as doubt:
        log.warning("automation_stands_still", shop=shop_id, because=str(doubt))
        return False


def _waiting(shop_id: int) -> QuerySet[Ticket]:
    """A shop on hold after a restored backup decides nothing, fast refunds included (SPEC G6)."""
    waiting = Ticket.objects.filter(shop=shop_id, awaiting_evaluation=True)
    return waiting.exclude(shop__on_hold=True)
