"""A detail is fetched again unless it was fetched after its latest change (SPEC O6)."""

from datetime import UTC, datetime, timedelta

import pytest

from aftersale.platforms.known import Known, Read

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("read", "since", "before", "changed"),
    [
        pytest.param(None, 0, 0, True, id="never read"),
        pytest.param((0, 60), 0, 0, False, id="read a minute after its change"),
        pytest.param((0, 60), 1, 1, True, id="changed since"),
        pytest.param((0, 1), 0, 0, True, id="read in the second of its change"),
        pytest.param((0, 60), -600, 55, False, id="all of a window before it was read"),
        pytest.param((0, 60), -600, 56, True, id="the end of a window too near"),
        pytest.param((0, 60), 30, 55, True, id="what was read is older than the window"),
    ],
)
def test_what_may_have_changed(
    read: tuple[float, float] | None, since: float, before: float, changed: bool
) -> None:
    reads = {} if read is None else {"T1": Read(at(read[0]), at(read[1]))}
    known = Known(reads)
    may = known.may_have_changed("T1", since=at(since), before=at(before), answered_at=at(120))
    assert may is changed
    asked, unchanged = ({"T1": at(120)}, {}) if changed else ({}, {"T1": at(120)})
    assert (known.asked_at, known.unchanged_at) == (asked, unchanged)


def test_a_platform_that_tells_no_time_is_always_asked() -> None:
    known = Known({"T1": Read(at(0), at(60))})
    assert known.may_have_changed("T1", since=at(0), before=at(0), answered_at=None)
    assert (known.asked_at, known.unchanged_at) == ({}, {})


def test_a_list_that_tells_no_times_is_cut_where_all_was_read() -> None:
    known = Known({"T1": Read(at(0), at(60.5)), "T2": Read(at(5), at(61))})
    assert known.spans(at(-600), at(120)) == [(at(-600), at(55)), (at(55), at(120))]
    assert known.spans(at(56), at(120)) == [(at(56), at(120))]
    assert Known().spans(at(0), at(120)) == [(at(0), at(120))]
