from collections.abc import Iterator

import pytest

from aftersale.platforms.kuaishou import Kuaishou

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
