from collections.abc import Iterator

import pytest

from aftersale.platforms.kuaishou import Kuaishou
from aftersale.platforms.protocol import Step

from .fake import KuaishouFake


@pytest.fixture
def fake() -> Iterator[KuaishouFake]:
    fake = KuaishouFake()
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def kuaishou(fake: KuaishouFake) -> Kuaishou:
    return fake.connect()


def decided(kuaishou: Kuaishou, ticket_no: str) -> Step:
    """The version that a decision made now would be about."""
    ticket = kuaishou.ticket(ticket_no)
    assert ticket is not None
    record = ticket.record
    return Step(ticket_no, record.order_no, record.type, record.amount, record.updated_at)
