"""Windows and off-hours by the wall clock, at midnight and in hours that come twice or not at all
(SPEC E3, T7)."""

from tests.each import each
from tests.strategies.engine.test_conditions import OFF, at, failed, ticket

LATE = {"execution_time": "windows", "windows": [["23:59", "24:00"]]}
EARLY = {"execution_time": "windows", "windows": [["00:00", "00:01"]]}
OVER = {"execution_time": "windows", "windows": [["23:00", "01:30"]]}
HALF_PAST_ONE = {"execution_time": "windows", "windows": [["01:30", "02:30"]]}
# Work ends at midnight on Fridays and begins at half past one on Sundays.
WEEK = {"fri": [["09:00", "24:00"]], "sat": [["20:00", "00:30"]], "sun": [["01:30", "02:30"]]}
SHANGHAI, NEW_YORK, LORD_HOWE = "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"


@each(
    "zone, strategy, moment, holds",
    [
        (SHANGHAI, LATE, "2026-11-20T23:59:58+08:00", True),
        (SHANGHAI, LATE, "2026-11-21T00:00:00+08:00", False),
        (SHANGHAI, EARLY, "2026-11-20T23:59:59.999999+08:00", False),
        (SHANGHAI, EARLY, "2026-11-21T00:00:02+08:00", True),
        (SHANGHAI, OVER, "2026-11-20T23:59:58+08:00", True),
        (SHANGHAI, OVER, "2026-11-21T00:00:02+08:00", True),
        (SHANGHAI, OFF, "2026-11-20T23:59:58+08:00", False),
        (SHANGHAI, OFF, "2026-11-21T00:00:00+08:00", True),
        (SHANGHAI, OFF, "2026-11-22T00:29:58+08:00", False),
        (SHANGHAI, OFF, "2026-11-22T00:30:00+08:00", True),
        # Half past one comes twice, and both are in; 02:30 ends it once.
        (NEW_YORK, HALF_PAST_ONE, "2026-11-01T01:29:58-04:00", False),
        (NEW_YORK, HALF_PAST_ONE, "2026-11-01T01:30:00-04:00", True),
        (NEW_YORK, HALF_PAST_ONE, "2026-11-01T01:00:00-05:00", False),
        (NEW_YORK, HALF_PAST_ONE, "2026-11-01T01:30:00-05:00", True),
        (NEW_YORK, HALF_PAST_ONE, "2026-11-01T02:30:00-05:00", False),
        (NEW_YORK, OFF, "2026-11-01T01:30:00-04:00", False),
        (NEW_YORK, OFF, "2026-11-01T01:29:58-05:00", True),
        # 02:00 to 03:00 is skipped: what began at half past one ends with it.
        (NEW_YORK, HALF_PAST_ONE, "2026-03-08T01:59:58-05:00", True),
        (NEW_YORK, HALF_PAST_ONE, "2026-03-08T03:00:00-04:00", False),
        (NEW_YORK, OFF, "2026-03-08T03:00:02-04:00", True),
        # Half an hour comes twice.
        (LORD_HOWE, HALF_PAST_ONE, "2026-04-05T01:59:58+11:00", True),
        (LORD_HOWE, HALF_PAST_ONE, "2026-04-05T01:30:00+10:30", True),
        (LORD_HOWE, HALF_PAST_ONE, "2026-04-05T02:30:00+10:30", False),
    ],
)
def test_the_wall_clock_decides(zone: str, strategy: dict, moment: str, holds: bool) -> None:
    fact = ticket(applied_at=at(moment))
    found = failed(strategy, fact, working_hours=WEEK, timezone=zone)
    assert found == (None if holds else "execution_time")
