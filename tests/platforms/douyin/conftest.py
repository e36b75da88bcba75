from collections.abc import Iterator

import pytest

from aftersale.platforms.douyin import Douyin
from aftersale.platforms.protocol import Step

from .fake import DouyinFake


@pytest.fixture
def fake() -> Iterator[DouyinFake]:
    fake = DouyinFake()
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def douyin(fake: DouyinFake) -> Douyin:
    return fake.connect()


def decided(douyin: Douyin, ticket_no: str) -> Step:
    """The subject of a decision made now."""
    ticket = douyin.ticket(ticket_no)
    assert ticket is not None
    record = ticket.record
    return Step(ticket_no, record.order_no, record.type, record.amount, record.updated_at)
