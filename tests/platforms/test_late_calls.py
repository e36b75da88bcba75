"""A step whose sender stood still is not sent to a platform any more (SPEC promise 1)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from aftersale.platforms.deadline import Deadline
from aftersale.platforms.protocol import Accepted, NotCarriedOut, Platform, Step
from aftersale.platforms.wechat import WeChatShop
from tests.platforms.douyin.fake import DouyinFake
from tests.platforms.fakes import State
from tests.platforms.kuaishou.fake import KuaishouFake
from tests.platforms.wechat.fake import WeChatFake
from tests.platforms.xiaohongshu.fake import XiaohongshuFake

METHODS = ["approve", "approve_return", "confirm_receipt"]
FAKES = {
    "kuaishou": KuaishouFake,
    "wechat": WeChatFake,
    "douyin": DouyinFake,
    "xiaohongshu": XiaohongshuFake,
}


@pytest.fixture(params=FAKES)
def there(request: pytest.FixtureRequest) -> Iterator[Any]:
    fake: Any = FAKES[request.param]()
    fake.start()
    fake.shop_of = WeChatShop(fake.account()) if request.param == "wechat" else fake.connect()
    yield fake
    fake.stop()


def decided(there: Any, method: str) -> Step:
    """A step that the platform would take."""
    platform: Platform = there.shop_of
    order = there.places(5_000, 300) if isinstance(there, WeChatFake) else there.places(5_000)
    if method != "approve":
        there.ships(order)
    type = "refund_only" if method == "approve" else "return_refund"
    number = there.buyer_applies(order, type, 4_000)
    if method == "confirm_receipt":
        platform.approve_return(_step(platform, number))
        there.buyer_ships_back(number, carrier="4", tracking_no="SF9")
    return _step(platform, number)


def _step(platform: Platform, number: str) -> Step:
    seen = platform.ticket(number)
    assert seen is not None
    record = seen.record
    return Step(number, record.order_no, record.type, record.amount, record.updated_at)


def deadline(seconds: float, is_still_leased: Callable[[], bool]) -> Deadline:
    return Deadline(at=timezone.now(), seconds=seconds, is_still_leased=is_still_leased)


@pytest.mark.parametrize("method", METHODS)
def test_a_step_is_sent_before_its_deadline(there: Any, method: str) -> None:
    """The control: what the next test does not see arrive does arrive."""
    step = decided(there, method)
    asked: list[bool] = []

    def is_still_leased() -> bool:
        asked.append(True)
        return True

    call = getattr(there.shop_of, method)
    assert call(replace(step, deadline=deadline(60, is_still_leased))) == Accepted()
    assert there.calls(method) == 1
    assert len(asked) == 2  # before the headers and before the body, but for no question


# Over before the headers leave, or between them and the body, which the platform then never gets.
@pytest.mark.parametrize("left", [[False], [True, False]], ids=["headers", "body"])
@pytest.mark.parametrize("method", METHODS)
def test_a_step_is_not_sent_after_its_deadline(there: Any, method: str, left: list[bool]) -> None:
    step = decided(there, method)
    before: State = there.ticket(step.ticket_no)
    answers = iter(left)
    late = replace(step, deadline=deadline(60, lambda: next(answers)))
    with pytest.raises(NotCarriedOut, match="stood still"):
        getattr(there.shop_of, method)(late)
    if left == [False]:
        assert there.calls(method) == 0
    assert there.ticket(step.ticket_no) == before
    # The connection that was given up does not spoil the next call.
    assert getattr(there.shop_of, method)(step) == Accepted()
