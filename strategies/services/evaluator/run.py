"""The evaluator's rounds: batch after batch until nothing waits (SPEC E1, E7)."""

import time

from django.db import connection, transaction

from aftersale.models import Ticket
from strategies.models import EvaluatorLane
from strategies.services.lanes import database_moment, hold_lane

from .batch import LaneHeld, Tally, decide_batch
from .reading import START

BATCH = 2_000


def shops_waiting() -> list[int]:
    """The shops in which tickets wait for the automation."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM aftersale_shop s WHERE EXISTS"
            " (SELECT 1 FROM aftersale_ticket t WHERE t.shop_id = s.id AND t.waits) ORDER BY id"
        )
        return [row[0] for row in cursor.fetchall()]


def decide_shop(
    shop_id: int,
    *,
    tally: Tally,
    seconds: float = float("inf"),
    batch_size: int = BATCH,
) -> bool:
    """Decides what waits in a shop, for about that many seconds; True where some still waits.

    Gives up where somebody else holds the lane: who holds it looks, or wakes somebody who looks,
    after letting go.
    """
    until = time.monotonic() + seconds
    if not EvaluatorLane.objects.filter(shop=shop_id).exists():
        with transaction.atomic():
            hold_lane(shop_id, user=None, now=database_moment())
    cursor = START
    try:
        while time.monotonic() < until:
            end = decide_batch(shop_id, after=cursor, limit=batch_size, tally=tally)
            if end is None and cursor == START:
                break
            # What arrived meanwhile may lie before the cursor: the last look is from the start.
            cursor = end or START
    except LaneHeld:
        return False
    # A worker that found the lane held by this run has given up: what woke it may have come
    # after the last claim. Now that the lane is free, look once more.
    return Ticket.objects.filter(shop=shop_id, waits=True).exists()
