"""Connects monitoring to the signals of the desk and the automation."""

from collections.abc import Iterable
from typing import Any

from config.queue import DECIDE, SLOW, ensure_schedule, wake

LOOK_TASK = "monitoring.tasks.look"
COUNT_TASK = "monitoring.tasks.count"
WEEKLY_TASK = "monitoring.tasks.write_weekly_notes"


def on_to_be_told(sender: object, *, shop_ids: Iterable[int], **_: Any) -> None:
    """Raises alerts as soon as the transaction commits; the task of each minute would be later."""
    for shop_id in shop_ids:
        wake(LOOK_TASK, shop_id, cluster=DECIDE)


def on_migrated(**_: Any) -> None:
    ensure_schedule(name="alerts", task=LOOK_TASK, cluster=DECIDE, minutes=1)
    ensure_schedule(name="figures", task=COUNT_TASK, cluster=SLOW, minutes=2)
    ensure_schedule(name="weekly-notes", task=WEEKLY_TASK, cluster=SLOW, minutes=10)
