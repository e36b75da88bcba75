from collections.abc import Iterator

import pytest

from aftersale.platforms.wechat import WeChatShop
from tests.platforms.wechat.fake import WeChatFake


@pytest.fixture
def fake() -> Iterator[WeChatFake]:
    fake = WeChatFake()
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def shop(fake: WeChatFake) -> WeChatShop:
    return WeChatShop(fake.account())
