"""Moments of the last days, at hours when people buy and complain."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = 30

# How much happens in each hour of the day. Live streams run in the evening; complaints follow,
# and many are filed in bed.
ORDERS = (5, 3, 2, 1, 1, 1, 2, 3, 5, 6, 7, 7, 8, 7, 6, 6, 6, 7, 9, 13, 18, 20, 17, 10)
TICKETS = (14, 9, 6, 4, 3, 2, 3, 4, 6, 7, 8, 8, 9, 8, 7, 7, 7, 8, 9, 12, 15, 18, 20, 18)


class Clock:
    """Moments up to `now`, in the shops' time zone."""

    def __init__(self, now: datetime, days: int = DAYS) -> None:
        self.days = days
        self.now = now.astimezone(ZONE).replace(microsecond=0)

    def in_day(self, rng: random.Random, ago: int, hours: Sequence[int]) -> datetime:
        """A moment of the 24 hours that ended `ago` days ago."""
        hour = rng.choices(range(24), hours)[0]
        moment = self.now.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60))
        if moment > self.now:
            moment -= timedelta(days=1)
        return moment - timedelta(days=ago)

    def between(
        self, rng: random.Random, start: datetime, end: datetime, hours: Sequence[int]
    ) -> datetime:
        """A moment in (start, end], likely at the busy hours."""
        seconds = max(1, int((end - start).total_seconds()))
        found = start
        for _ in range(12):
            found = start + timedelta(seconds=rng.randint(1, seconds))
            if rng.random() < hours[found.hour] / max(hours):
                break
        return found

    def today(self) -> datetime:
        """Since when "today" is: midnight, or some hours ago in the small hours."""
        midnight = self.now.replace(hour=0, minute=5, second=0)
        return min(midnight, self.ago(3))

    def ago(self, hours: float) -> datetime:
        return self.now - timedelta(hours=hours)


def later(rng: random.Random, start: datetime, low: float, high: float) -> datetime:
    """`low` to `high` hours after `start`, to the second."""
    return start + timedelta(seconds=rng.randint(int(low * 3600), int(high * 3600)))
