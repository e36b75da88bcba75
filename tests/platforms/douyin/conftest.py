from collections.abc import Iterator

import pytest

from aftersale.platforms.douyin import Douyin

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
