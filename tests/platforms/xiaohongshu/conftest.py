from collections.abc import Iterator

import pytest

from aftersale.platforms.protocol import Step
from aftersale.platforms.xiaohongshu import Xiaohongshu

from .fake import XiaohongshuFake


@pytest.fixture
def fake() -> Iterator[XiaohongshuFake]:
    fake = XiaohongshuFake()
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def xiaohongshu(fake: XiaohongshuFake) -> Xiaohongshu:
    return fake.connect()


def decided(xiaohongshu: Xiaohongshu, ticket_no: str) -> Step:
    """The subject of a decision made now."""
    ticket = xiaohongshu.ticket(ticket_no)
    assert ticket is not None
    record = ticket.record
    return Step(ticket_no, record.order_no, record.type, record.amount, record.updated_at)
