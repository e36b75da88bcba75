"""A platform's value of any shape costs at most its own record (SPEC O6).

Each value of an answer in turn is left out or becomes each of the odd ones; its neighbour must be
read as before, and nothing but the record itself may be unreadable.
"""

import copy
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from aftersale.platforms.protocol import (
    NotCarriedOut,
    Platform,
    RecordUnreadable,
    SeenOrder,
    SeenTicket,
    Throttled,
    Unreadable,
)

from .contract import fake, platform
from .douyin.fake import DouyinFake
from .fakes import Fault
from .kuaishou.fake import KuaishouFake
from .wechat.fake import WeChatFake
from .xiaohongshu.fake import XiaohongshuFake

__all__ = ["fake", "platform"]

MISSING = object()
ODD: list[Any] = [MISSING, None, [], {}, "", "7", "x\x00", -1, 10**30, True, 1.5, [None], [[7]]]
ODD += [{"a": None}, "9" * 400, [{}]]
MONEY = {"refunding", "refunded", "awaiting_return", "returning"}
# 40.00; what 7 stands for in its place, fen or yuan; and 1.5, which is an amount in yuan alone.
AMOUNTS = {4_000, 7, 700, 150}

# Likewise of an order of 90.00; with 7 fen of freight, and less 7 of a discount.
PAID = {9_000, 7, 9_007, 8_993}

Path = tuple[str | int, ...]


class Distorted:
    """One record's answer with one value changed; `kind` is "ticket" or "order"."""

    def __init__(self, fake: Any, kind: str, number: str) -> None:
        self.path: Path = ()
        self.value: Any = MISSING
        self.answer: Any = None
        self.on = False
        self.kind, self.number = kind, number
        changed = {
            KuaishouFake: self._kuaishou,
            WeChatFake: self._wechat,
            DouyinFake: self._douyin,
            XiaohongshuFake: self._xiaohongshu,
        }
        changed[type(fake)](fake)

    def _kuaishou(self, fake: KuaishouFake) -> None:
        method, key = {
            "ticket": ("open.seller.order.refund.detail", "refundId"),
            "order": ("open.order.detail", "oid"),
        }[self.kind]
        real = fake._read

        def read(asked: str, param: dict[str, Any]) -> Any:
            answer = real(asked, param)
            mine = asked == method and str(param[key]) == self.number
            return self._changed(answer) if mine else answer

        fake._read = read  # type: ignore[method-assign]

    def _wechat(self, fake: WeChatFake) -> None:
        path, key, name = {
            "ticket": (
                "/channels/ec/aftersale/getaftersaleorder",
                "after_sale_order_id",
                "after_sale_order",
            ),
            "order": ("/channels/ec/order/get", "order_id", "order"),
        }[self.kind]
        real = fake.answers[path]

        def read(body: dict[str, Any]) -> dict[str, Any]:
            answer = real(body)
            if str(body[key]) != self.number:
                return answer
            return {**answer, name: self._changed(answer[name])}

        fake.answers[path] = read

    def _douyin(self, fake: DouyinFake) -> None:
        method, key, name = {
            "ticket": ("afterSale.Detail", "after_sale_id", ""),
            "order": ("order.orderDetail", "shop_order_id", "shop_order_detail"),
        }[self.kind]
        real = fake._read

        def read(asked: str, param: dict[str, Any]) -> dict[str, Any]:
            answer = real(asked, param)
            if asked != method or str(param[key]) != self.number:
                return answer
            return {name: self._changed(answer[name])} if name else self._changed(answer)

        fake._read = read  # type: ignore[method-assign]

    def _xiaohongshu(self, fake: XiaohongshuFake) -> None:
        method, key = {
            "ticket": ("afterSale.getAfterSaleInfo", "returnsId"),
            "order": ("order.getOrderDetail", "orderId"),
        }[self.kind]
        real = fake._read

        def read(asked: str, call: dict[str, Any]) -> Any:
            answer = real(asked, call)
            mine = asked == method and call[key] == self.number
            return self._changed(answer) if mine else answer

        fake._read = read  # type: ignore[method-assign]

    def _changed(self, answer: Any) -> Any:
        self.answer = answer
        if not self.on:
            return answer
        found = copy.deepcopy(answer)
        place = found
        for step in self.path[:-1]:
            place = place[step]
        if self.value is not MISSING:
            place[self.path[-1]] = self.value
        elif isinstance(place, dict):
            del place[self.path[-1]]
        return found


def paths(value: Any, before: Path = ()) -> Iterator[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*before, key)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*before, key))


def test_a_ticket_of_any_shape_costs_itself_at_most(fake: Any, platform: Platform) -> None:
    since = fake.now() - timedelta(seconds=1)
    order = fake.places(9_000)
    fake.ships(order)
    number = fake.buyer_applies(order, "return_refund", 4_000)
    neighbour = fake.buyer_applies(fake.places(700), "refund_only", 700)
    distorted = Distorted(fake, "ticket", number)
    until = fake.now() + timedelta(seconds=2)
    assert len(list(platform.changed_tickets(since=since, until=until))) == 2
    distorted.on, outcomes = True, set()
    for path in list(paths(distorted.answer)):
        for value in ODD:
            distorted.path, distorted.value = path, value
            found = list(platform.changed_tickets(since=since, until=until))
            read = {one.record.ticket_no: one for one in found if isinstance(one, SeenTicket)}
            assert read[neighbour].record.amount == 700, (path, value)
            rest = [one for one in found if one is not read[neighbour]]
            outcomes |= {type(one) for one in rest}
            for one in rest:
                if isinstance(one, SeenTicket) and one.unknown:
                    assert one.record.status not in MONEY, (path, value)
                elif isinstance(one, SeenTicket) and one.record.type != "exchange":
                    # Neither 0.00 nor a part: such a refund would leave its money on the order.
                    assert one.record.amount in AMOUNTS, (path, value)
    assert outcomes == {SeenTicket, Unreadable}


def _left_out(path: Path, value: Any) -> bool:
    """Kuaishou leaves out zeros."""
    return path[-1] == "totalFee" and value in (MISSING, None)


def test_an_order_of_any_shape_costs_itself_at_most(fake: Any, platform: Platform) -> None:
    number = fake.places(9_000)
    fake.ships(number)
    distorted = Distorted(fake, "order", number)
    assert platform.order(number) is not None
    distorted.on, outcomes = True, set()
    for path in list(paths(distorted.answer)):
        for value in ODD:
            distorted.path, distorted.value = path, value
            try:
                order = platform.order(number)
            except RecordUnreadable:
                outcomes.add(RecordUnreadable)
                continue
            except NotCarriedOut as error:  # the platform would be asked again for ever
                pytest.fail(f"{path} {value!r} {error}")
            outcomes.add(type(order))
            if order is not None:
                # Nor here: what was paid is told as it is, or not at all.
                unpaid = order.status in ("pending_payment", "closed")
                assert unpaid or order.paid_amount in PAID or _left_out(path, value), (path, value)
                of_lines = sum(line.paid_amount for line in order.lines)
                assert of_lines <= order.paid_amount, (path, value)
    assert SeenOrder in outcomes
    assert RecordUnreadable in outcomes


def test_an_order_without_its_list_of_tickets_is_not_paid_on(fake: Any, platform: Platform) -> None:
    """SPEC O2: a sibling may have been paid in the back office. Two platforms list an order's
    tickets in the order itself; the others are asked for them."""
    order = fake.places(9_000)
    ticket = fake.buyer_applies(order, "refund_only", 700)
    lists: dict[Any, Path] = {
        KuaishouFake: ("orderRefundList",),
        WeChatFake: ("aftersale_detail", "aftersale_order_list"),
    }
    distorted = Distorted(fake, "order", order)
    distorted.path = lists.get(type(fake), ())
    if not distorted.path:
        return
    assert isinstance(platform.order_now(order, without_ticket=ticket).order, SeenOrder)
    distorted.on = True
    for value in (MISSING, None, {}, "", 7, [7], [{}], [None], [[]]):
        distorted.value = value
        seen = platform.order_now(order, without_ticket=ticket)
        assert isinstance(seen.order, Unreadable), value
        assert seen.tickets == []


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.GARBLED, Fault.LOST_ANSWER])
def test_a_ticket_that_gets_no_answer_holds_up_no_other(
    fake: Any, platform: Platform, fault: Fault
) -> None:
    since = fake.now() - timedelta(seconds=1)
    numbers = [fake.buyer_applies(fake.places(700), "refund_only", 700) for _ in range(3)]
    until = fake.now() + timedelta(seconds=2)
    rows = platform.changed_tickets(since=since, until=until)
    first = next(rows)
    fake.fail(fault, reading=True)

    silent, *rest = rows

    assert isinstance(silent, Unreadable)
    assert (silent.for_now, silent.raw) == (True, None)
    assert silent.reason
    told = [one.record.ticket_no for one in (first, *rest) if isinstance(one, SeenTicket)]
    assert sorted([silent.number, *told]) == sorted(numbers)


def test_too_many_calls_are_no_matter_of_one_ticket(fake: Any, platform: Platform) -> None:
    since = fake.now() - timedelta(seconds=1)
    for _ in range(3):
        fake.buyer_applies(fake.places(700), "refund_only", 700)
    rows = platform.changed_tickets(since=since, until=fake.now() + timedelta(seconds=2))
    next(rows)
    fake.fail(Fault.THROTTLED, reading=True)
    with pytest.raises(Throttled):
        next(rows)


def test_pages_that_change_meanwhile_lose_nothing(fake: Any, platform: Platform) -> None:
    """A change missed by one round is in the next, which starts a little earlier."""
    since = fake.now() - timedelta(seconds=1)
    numbers = [fake.buyer_applies(fake.places(500), "refund_only", 500) for _ in range(8)]
    until = fake.now() + timedelta(seconds=1)
    rows = platform.changed_tickets(since=since, until=until)
    first = next(rows)
    assert isinstance(first, SeenTicket)
    gone = first.record.ticket_no
    fake.buyer_cancels(gone)
    late = fake.buyer_applies(fake.places(500), "refund_only", 500)
    seen = {one.record.ticket_no for one in rows if isinstance(one, SeenTicket)} | {gone}

    until = fake.now() + timedelta(seconds=1)
    again = {
        one.record.ticket_no: one.record.status
        for one in platform.changed_tickets(since=since, until=until)
        if isinstance(one, SeenTicket)
    }

    assert seen | set(again) == {*numbers, late}
    assert again[gone] in {"closed", "cancelled"}
    assert again[late] == "pending_review"
