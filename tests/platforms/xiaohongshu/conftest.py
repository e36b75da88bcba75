from collections.abc import Iterator

import pytest

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
