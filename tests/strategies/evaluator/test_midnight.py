"""Days, caps and the latest decision around midnight and on days of a clock change, beside clocks
that are seconds apart (SPEC E4, E9)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from strategies.models import Decision, DecisionTally, StrategyUsage
from strategies.services import explanations
from strategies.services.evaluator import Tally, decide_shop, moment
from tests.each import each
from tests.factories import make_order, make_shop, make_strategy, make_ticket

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
REFUND, MANUAL = "refund", "manual"


class Night:
    """A shop with 200 yuan a day and tickets of 100, whose machine and database have clocks."""

    def __init__(self, zone: str, patch: pytest.MonkeyPatch, **limit: int) -> None:
        self.zone = ZoneInfo(zone)
        self.patch = patch
        self.shop = make_shop(timezone=zone, **limit)
        make_strategy(self.shop, single_amount_cap="100.00", daily_cap="200.00")

    def ask(self, says: datetime, *, machine: int = 0, **order: str) -> list[str]:
        """One more ticket, while the database's clock `says` so and the machine's is that many
        seconds ahead of it: outcomes of all that was decided then."""
        before = Decision.objects.filter(shop=self.shop).count()
        self.patch.setattr(moment, "database_moment", lambda: says)
        with time_machine.travel(says + machine * SECOND, tick=False):
            applied = says - 10 * SECOND
            paid = make_order(self.shop, paid_at=applied, **order)
            make_ticket(paid, applied_at=applied, amount=10_000)
            decide_shop(self.shop.pk, tally=Tally())
        made = Decision.objects.filter(shop=self.shop).order_by("pk")
        return [decision.outcome for decision in made[before:]]

    def check(self) -> None:
        """Each day's use is the sum of that day's decisions, by their moments and the zone alone,
        and time never ran backwards."""
        hits: dict[date, int] = {}
        days: dict[date, int] = {}
        moments = []
        for decision in Decision.objects.filter(shop=self.shop).order_by("pk"):
            day = decision.decided_at.astimezone(self.zone).date()
            moments.append(decision.decided_at)
            days[day] = days.get(day, 0) + 1
            if decision.outcome == REFUND:
                hits[day] = hits.get(day, 0) + decision.amount
            assert explanations.of_decision(decision).agrees
        used = StrategyUsage.objects.filter(strategy__shop=self.shop)
        assert dict(used.values_list("day", "used")) == hits
        assert max(hits.values()) <= 20_000
        tallies: dict[date, int] = {}
        for tally in DecisionTally.objects.filter(shop=self.shop):
            tallies[tally.day] = tallies.get(tally.day, 0) + tally.decisions
        assert tallies == days
        assert moments == sorted(moments)


def first_moment(day: date, zone: ZoneInfo) -> datetime:
    """The day's first second: midnight, or where that is skipped the end of the gap."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


@each(
    "zone, day",
    [
        ("Asia/Shanghai", date(2026, 11, 21)),
        ("America/New_York", date(2026, 11, 1)),  # a day of 25 hours begins
        ("Australia/Lord_Howe", date(2026, 10, 4)),  # one of 23 and a half
        ("America/Havana", date(2026, 3, 8)),  # its midnight is skipped
    ],
)
def test_seconds_around_midnight(zone: str, day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's clock alone says which day it is; one that is set back over midnight waits."""
    night = Night(zone, monkeypatch)
    midnight = first_moment(day, night.zone)
    assert (midnight - SECOND).astimezone(night.zone).date() == day - timedelta(days=1)
    steps = [
        (-2, 5, [REFUND]),
        (-1, -5, [REFUND]),
        (-1, 5, [MANUAL]),
        (0, -5, [REFUND]),
        (1, 5, [REFUND]),
        (-1, -5, []),
        (2, 5, [MANUAL, MANUAL]),
    ]
    for seconds, machine, expected in steps:
        assert night.ask(midnight + seconds * SECOND, machine=machine) == expected, seconds
    night.check()


def test_a_day_that_comes_again_is_not_spent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """St. John's put its clocks back from 00:01 to 23:01 of the day before: what was spent in that
    minute is of the new day, so tickets wait until it begins for good (SPEC E9)."""
    night = Night("America/St_Johns", monkeypatch)
    saturday = datetime(2010, 11, 6, 23, 59, 58, tzinfo=night.zone).astimezone(UTC)
    minute = timedelta(minutes=1)
    assert night.ask(saturday) == [REFUND]
    assert night.ask(saturday + 4 * SECOND) == [REFUND]  # Sunday 00:00:02
    assert night.ask(saturday + minute + 4 * SECOND) == []  # Saturday again, 23:01:02
    assert night.ask(saturday + 59 * minute) == []
    assert night.ask(saturday + 60 * minute + 4 * SECOND) == [REFUND, MANUAL, MANUAL]
    night.check()


@each(
    "zone, starts, steps",
    [
        # 01:00 to 02:00 comes twice.
        ("America/New_York", datetime(2026, 11, 1, 5, 59, 58, tzinfo=UTC), [0, 4, 3600, 3604]),
        # 02:00 to 03:00 is skipped.
        ("America/New_York", datetime(2026, 3, 8, 6, 59, 58, tzinfo=UTC), [0, 2, 4, 3600]),
        # Half an hour comes twice.
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 14, 59, 58, tzinfo=UTC), [0, 4, 1800, 1804]),
    ],
)
def test_hours_that_come_twice_or_not_at_all_are_of_one_day(
    zone: str, starts: datetime, steps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    night = Night(zone, monkeypatch)
    before, after = (
        at.astimezone(night.zone).utcoffset() for at in (starts, starts + timedelta(minutes=1))
    )
    assert before != after
    outcomes = [night.ask(starts + step * SECOND, machine=-(step % 7)) for step in steps]
    assert outcomes == [[REFUND], [REFUND], [MANUAL], [MANUAL]]
    assert StrategyUsage.objects.filter(strategy__shop=night.shop).count() == 1
    night.check()


def test_a_buyers_day_is_24_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a clock change too: the limit looks back by hours, not by dates (SPEC G1)."""
    night = Night("America/New_York", monkeypatch, buyer_limit_days=1, buyer_limit_count=1)
    noon = datetime(2026, 10, 31, 16, tzinfo=UTC)
    hours = timedelta(hours=24)
    assert night.ask(noon, buyer="b") == [REFUND]
    # 10:59:58 on the wall of the next day, which has 25 hours.
    assert night.ask(noon + hours - 2 * SECOND, machine=5, buyer="b") == [MANUAL]
    assert night.ask(noon + hours + SECOND, machine=-5, buyer="b") == [REFUND]
