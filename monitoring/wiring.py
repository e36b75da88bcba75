"""How what happens in the desk and the automation reaches monitoring."""

from collections.abc import Iterable
from typing import Any

from config.queue import DECIDE, SLOW, ensure_schedule, wake

LOOK_TASK = "monitoring.tasks.look"
COUNT_TASK = "monitoring.tasks.count"


def on_to_be_told(sender: object, *, shop_ids: Iterable[int], **_: Any) -> None:
    """Has the alerts raised as soon as the transaction commits; else the next look finds them."""
    for shop_id in shop_ids:
        wake(LOOK_TASK, shop_id, cluster=DECIDE)


def on_migrated(**_: Any) -> None:
    ensure_schedule(name="alerts", task=LOOK_TASK, cluster=DECIDE, minutes=1)
    ensure_schedule(name="figures", task=COUNT_TASK, cluster=SLOW, minutes=2)
