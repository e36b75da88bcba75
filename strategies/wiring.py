"""Connects the automation to the desk's signals and to the program's start."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from config.queue import DECIDE, SLOW, ensure_schedule, wake
from strategies.services import past
from strategies.services.lanes import DECIDE_TASK, publish


def on_tickets_waiting(sender: object, *, shop_ids: Iterable[int], **_: Any) -> None:
    """Wakes the evaluator when the transaction that made tickets wait commits."""
    for shop_id in shop_ids:
        wake(DECIDE_TASK, shop_id, cluster=DECIDE)


def on_shop_changed(
    sender: object, *, shop_id: int, user: User | None, now: datetime, **_: Any
) -> None:
    """Makes a new rulebook in the transaction that changed the shop."""
    publish(shop_id, user=user, now=now)


def on_buyer_erased(sender: object, *, shop_id: int, **_: Any) -> None:
    """The copy of the shop's past was made from the number that is gone."""
    past.forget(shop_id)


def on_migrated(**_: Any) -> None:
    ensure_schedule(name="keep-pasts", task="strategies.tasks.keep_pasts", cluster=SLOW, minutes=10)
    ensure_schedule(name="decide-sweep", task="strategies.tasks.sweep", cluster=DECIDE, minutes=1)
