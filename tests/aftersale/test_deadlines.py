"""SPEC O5: the table of time limits."""

from datetime import UTC, datetime, timedelta

import pytest

from aftersale.domain.deadlines import LIMITS, due_at
from aftersale.models import TicketStatus, TicketType

SINCE = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("platform", "type", "status", "hours"),
    [
        ("kuaishou", "refund_only", "pending_review", 48),
        ("kuaishou", "return_refund", "awaiting_return", 240),
        ("kuaishou", "return_refund", "returning", 168),
        ("wechat", "return_refund", "negotiating", 48),
    ],
)
def test_known_limits(platform: str, type: str, status: str, hours: int) -> None:
    found = due_at(platform=platform, type=type, status=status, since=SINCE)
    assert found == SINCE + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("platform", "type", "status"),
    [
        ("other", "refund_only", "pending_review"),
        ("kuaishou", "exchange", "pending_review"),
        ("kuaishou", "refund_only", "refunding"),
    ],
)
def test_no_limit_is_made_up(platform: str, type: str, status: str) -> None:
    assert due_at(platform=platform, type=type, status=status, since=SINCE) is None


def test_only_open_statuses_have_limits() -> None:
    for _platform, type, status in LIMITS:
        assert type in TicketType.values
        assert status in {
            TicketStatus.PENDING_REVIEW,
            TicketStatus.NEGOTIATING,
            TicketStatus.AWAITING_RETURN,
            TicketStatus.RETURNING,
        }
