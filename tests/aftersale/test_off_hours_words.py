"""SPEC T7: off-hours are what working hours leave over; shown back in words, in both languages."""

from typing import Any

from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from aftersale.domain import working_week
from strategies.engine.hours import DAY, MINUTE, WorkingHours
from tests.each import each

ALL = working_week.WEEKDAYS
MON_FRI = ALL[:5]


def week(days: Any, *intervals: str) -> dict[str, list[list[str]]]:
    return {day: [interval.split("-") for interval in intervals] for day in days}


NINE_TO_TEN = week(ALL, "09:00-22:00")
# Hours, what they are in English, and in Chinese.
WORDS = [
    (
        NINE_TO_TEN,
        "Off-hours: every day 22:00–09:00 next day",
        "下班时间：每天 22:00–次日 09:00",
    ),
    (
        week(ALL[:6], "09:00-22:00") | week(["sat"], "09:00-24:00") | week(["mon"], "00:00-22:00"),
        "Off-hours: Mon–Fri 22:00–09:00 next day, all of Sunday",
        "下班时间：周一至周五 22:00–次日 09:00，周日全天",
    ),
    (
        week(ALL[:6], "09:00-22:00"),
        "Off-hours: Mon–Fri 22:00–09:00 next day, Sat 22:00 to Mon 09:00 (all of Sunday included)",
        "下班时间：周一至周五 22:00–次日 09:00，周六 22:00 至周一 09:00（含周日全天）",
    ),
    (
        week(MON_FRI, "09:00-12:00", "13:30-22:00"),
        "Off-hours: Mon–Fri 12:00–13:30, Mon–Thu 22:00–09:00 next day,"
        " Fri 22:00 to Mon 09:00 (all of Sat/Sun included)",
        "下班时间：周一至周五 12:00–13:30，周一至周四 22:00–次日 09:00，"
        "周五 22:00 至周一 09:00（含周六、周日全天）",
    ),
    (
        week(ALL, "09:00-12:00", "13:30-22:00"),
        "Off-hours: every day 12:00–13:30 and 22:00–09:00 next day",
        "下班时间：每天 12:00–13:30、22:00–次日 09:00",
    ),
    (week(MON_FRI, "00:00-24:00"), "Off-hours: all of Sat/Sun", "下班时间：周六、周日全天"),
    (week(ALL, "18:00-03:00"), "Off-hours: every day 03:00–18:00", "下班时间：每天 03:00–18:00"),
    (
        week(["fri"], "18:00-02:00"),
        "Off-hours: Sat 02:00 to Fri 18:00 (all of Sun–Thu included)",
        "下班时间：周六 02:00 至周五 18:00（含周日至周四全天）",
    ),
    (
        week(["wed"], "09:00-18:00"),
        "Off-hours: Wed 18:00 to the next Wed 09:00 (all of Thu–Tue included)",
        "下班时间：周三 18:00 至下周三 09:00（含周四至周二全天）",
    ),
    (
        week(ALL, "00:00-24:00"),
        "No off-hours: the shop works around the clock.",
        "客服全天 24 小时在班，没有下班时间。",
    ),
    (
        week(ALL, "09:00-09:00"),
        "No off-hours: the shop works around the clock.",
        "客服全天 24 小时在班，没有下班时间。",
    ),
    (
        {"mon": []},
        "No working hours are set, so the shop has no off-hours.",
        "尚未设置客服上班时间，因此没有下班时间。",
    ),
]


@each("hours, english, chinese", WORDS)
def test_words(hours: dict, english: str, chinese: str) -> None:
    with translation.override("en"):
        assert working_week.in_words(hours, {}) == english
    with translation.override("zh-hans"):
        assert working_week.in_words(hours, {}) == chinese


@each(
    "language, words",
    [
        ("en", "Off-hours: always, except in the hours of the special days"),
        ("zh-hans", "下班时间：除特殊日期的上班时间外，全部时间"),
    ],
)
def test_hours_on_special_days_alone_are_working_hours_too(language: str, words: str) -> None:
    special = {"2026-11-11": [["00:00", "24:00"]]}
    with translation.override(language):
        assert working_week.in_words({}, special) == words
        # Days off alone are no working hours.
        assert working_week.in_words({}, {"2026-11-11": []}) != words


def test_bars_show_on_a_day_what_the_day_before_runs_into_it() -> None:
    bars = working_week.bars({"sun": [["18:00", "02:00"]], "mon": [["09:00", "18:00"]]})
    assert bars["mon"] == [(0, 120), (540, 1080)]
    assert bars["sun"] == [(1080, 1440)]
    assert bars["tue"] == []


TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 30]))
HOURS = st.dictionaries(
    st.sampled_from(ALL), st.lists(st.tuples(TIMES, TIMES).map(list), max_size=3)
)


@given(HOURS)
def test_spans_and_bars_agree_with_the_engine(hours: dict) -> None:
    """The page must not promise other off-hours than those that decide (SPEC E3)."""
    engine = WorkingHours(hours, {})
    spans, bars = working_week.off_hours(hours), working_week.bars(hours)
    monday = 738_000 - 738_000 % 7 + 1  # an ordinal that is a Monday
    for minute in range(0, working_week.WEEK, 30):
        day, within = divmod(minute, working_week.DAY)
        works = engine.working(monday + day, within * MINUTE)
        assert within * MINUTE < DAY
        off = any(
            start <= minute < end or start <= minute + working_week.WEEK < end
            for start, end in spans
        )
        assert off != works
        assert works == any(start <= within < end for start, end in bars[ALL[day]])
