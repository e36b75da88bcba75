"""A platform's own moment is the Date of its answers, never this machine's time (SPEC O6)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from aftersale.platforms.answered_at import date_of
from aftersale.platforms.protocol import TellsTime
from tests.platforms.wechat.fake import WeChatFake

from .test_late_calls import there as there


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"Date": "Tue, 01 Dec 2026 04:00:00 GMT"}, datetime(2026, 12, 1, 4, tzinfo=UTC)),
        ({"Date": "yesterday"}, None),
        ({}, None),
    ],
)
def test_what_an_answer_says_of_the_time(headers: dict[str, str], found: datetime | None) -> None:
    assert date_of(httpx.Response(200, headers=headers)) == found


def test_each_platform_tells_it_after_a_call(there: Any) -> None:  # noqa: F811
    shop = there.shop_of
    assert isinstance(shop, TellsTime)
    assert shop.answered_at is None
    number = there.places(5_000, 300) if isinstance(there, WeChatFake) else there.places(5_000)
    shop.order(number)
    assert abs(shop.answered_at - there.now()) < timedelta(seconds=30)
