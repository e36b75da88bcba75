"""All platforms' fakes, and what tests of the contract ask of each."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from aftersale.platforms.protocol import (
    Platform,
    SeenTicket,
)

from .douyin.fake import DouyinFake
from .fakes import Fake, step_of
from .kuaishou.fake import KuaishouFake
from .wechat.fake import WeChatFake
from .xiaohongshu.fake import XiaohongshuFake

FAKES: list[Callable[[], Fake]] = [KuaishouFake, WeChatFake, DouyinFake, XiaohongshuFake]
# Where a platform has one word for both.
OVER = {"closed", "cancelled"}

step = step_of


@pytest.fixture(params=FAKES, ids=lambda make: make.__name__)
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    fake: Fake = request.param()
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def platform(fake: Fake) -> Platform:
    return fake.connect()


def filed(
    fake: Fake, type: str = "refund_only", amount: int = 5_000, *, shipped: bool = False
) -> str:
    order = fake.places(10_000)
    if shipped or type != "refund_only":
        fake.ships(order)
    return fake.buyer_applies(order, type, amount)


def seen(platform: Platform, ticket_no: str) -> SeenTicket:
    ticket = platform.ticket(ticket_no)
    assert ticket is not None
    return ticket


def pulled(fake: Fake, platform: Platform, since: datetime) -> dict[str, SeenTicket]:
    until = fake.now() + timedelta(seconds=2)
    found = list(platform.changed_tickets(since=since, until=until))
    return {one.record.ticket_no: one for one in found if isinstance(one, SeenTicket)}
