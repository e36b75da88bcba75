"""Lists: windows of half an hour, pages that move meanwhile, and rows that can't be read."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from aftersale.platforms.protocol import (
    NotCarriedOut,
    OrderNow,
    RecordUnreadable,
    SeenOrder,
    SeenTicket,
    Throttled,
    Unreadable,
)
from aftersale.platforms.xiaohongshu import Xiaohongshu

from .fake import XiaohongshuFake
from .shop import No

LISTS = {"order.getOrderList", "afterSale.listAfterSaleInfos"}


def tickets(xiaohongshu: Xiaohongshu, since: datetime, until: datetime) -> dict[str, SeenTicket]:
    found = list(xiaohongshu.changed_tickets(since=since, until=until))
    return {one.record.ticket_no: one for one in found if isinstance(one, SeenTicket)}


def calls(fake: XiaohongshuFake, method: str) -> list[dict[str, Any]]:
    return [call for call in fake.requests if call["method"] == method]


def test_windows_follow_each_other_without_a_gap(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    since = fake.now() - timedelta(hours=3)
    assert list(xiaohongshu.changed_tickets(since=since, until=fake.now())) == []
    assert list(xiaohongshu.changed_orders(since=since, until=fake.now())) == []

    asked = calls(fake, "afterSale.listAfterSaleInfos")
    assert len(asked) == 7
    # Both ends belong to a window there.
    for one, two in zip(asked, asked[1:], strict=False):
        assert two["startTime"] - one["endTime"] == 1
    assert asked[0]["startTime"] == int(since.timestamp() * 1000)
    assert asked[-1]["endTime"] == fake.shop.now - 1
    of_orders = calls(fake, "order.getOrderList")
    assert all(
        two["startTime"] <= one["endTime"]
        for one, two in zip(of_orders, of_orders[1:], strict=False)
    )
    assert of_orders[0]["startTime"] * 1000 <= int(since.timestamp() * 1000)
    assert of_orders[-1]["endTime"] * 1000 >= fake.shop.now


def test_pages_are_read_from_the_last_to_the_first(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    fake.page_size = 3
    since = fake.now()
    numbers = [fake.buyer_applies(fake.places(900), "refund_only", 900) for _ in range(8)]

    found = tickets(xiaohongshu, since, fake.now() + timedelta(seconds=1))

    assert set(found) == set(numbers)
    assert [call["pageNo"] for call in calls(fake, "afterSale.listAfterSaleInfos")] == [1, 3, 2, 1]


def test_what_leaves_the_window_meanwhile_takes_no_other_with_it(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    """Read from the first page to the last, the row that moves up a page would be lost."""
    fake.page_size = 2
    since = fake.now()
    numbers = [fake.buyer_applies(fake.places(900), "refund_only", 900) for _ in range(6)]
    until = fake.now() + timedelta(milliseconds=1)
    rows = xiaohongshu.changed_tickets(since=since, until=until)
    first = next(rows)
    assert isinstance(first, SeenTicket)
    fake.advance(60)
    fake.buyer_cancels(numbers[0])

    found = {first.record.ticket_no} | {
        one.record.ticket_no for one in rows if isinstance(one, SeenTicket)
    }

    assert found == set(numbers[1:])
    later = tickets(xiaohongshu, until, fake.now() + timedelta(seconds=1))
    assert {number: seen.record.status for number, seen in later.items()} == {
        numbers[0]: "cancelled"
    }


@pytest.fixture
def listed(fake: XiaohongshuFake, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Each list answers with the rows that a test puts in there."""
    changes: dict[str, Any] = {}
    real = fake._read

    def read(method: str, call: dict[str, Any]) -> Any:
        answer = real(method, call)
        return changes.get("whole", {**answer, **changes}) if method in LISTS else answer

    monkeypatch.setattr(fake, "_read", read)
    yield changes


@pytest.mark.parametrize(
    "changes",
    [
        {"whole": None},
        {"whole": "a text"},
        {"afterSaleBasicInfos": None, "totalCount": 3},
        {"afterSaleBasicInfos": "x"},
        {"maxPageNo": 501},
        # A full page that does not say whether there is more.
        {"afterSaleBasicInfos": [{"returnsId": "R1"}] * 100, "maxPageNo": None, "totalCount": None},
    ],
)
def test_a_list_that_cannot_be_read_loses_nothing(
    fake: XiaohongshuFake,
    xiaohongshu: Xiaohongshu,
    listed: dict[str, Any],
    changes: dict[str, Any],
) -> None:
    """The round begins anew; taken for empty, what is in it would never be seen."""
    listed.update(changes)
    with pytest.raises(NotCarriedOut):
        list(xiaohongshu.changed_tickets(since=fake.now() - timedelta(minutes=1), until=fake.now()))


@pytest.mark.parametrize("empty", [None, []])
def test_an_empty_list_is_empty(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, listed: dict[str, Any], empty: Any
) -> None:
    listed.update(orderList=empty, afterSaleBasicInfos=empty, total=0, totalCount=0)
    since, until = fake.now() - timedelta(minutes=1), fake.now()
    assert list(xiaohongshu.changed_orders(since=since, until=until)) == []
    assert list(xiaohongshu.changed_tickets(since=since, until=until)) == []


def test_rows_without_a_number_are_shown(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, listed: dict[str, Any]
) -> None:
    number = fake.buyer_applies(fake.places(900), "refund_only", 900)
    listed["afterSaleBasicInfos"] = [None, {"returnsId": None}, {"returnsId": number}, {}]
    since = fake.now() - timedelta(minutes=1)

    found = list(xiaohongshu.changed_tickets(since=since, until=fake.now()))

    assert [type(one) for one in found] == [Unreadable, SeenTicket]


@pytest.mark.parametrize("method", ["afterSale.getAfterSaleInfo", "order.getOrderDetail"])
def test_one_that_is_refused_keeps_no_other_away(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    since = fake.now()
    orders = [fake.places(900), fake.places(800)]
    numbers = [fake.buyer_applies(order, "refund_only", 700) for order in orders]
    real = fake._read

    def read(asked: str, call: dict[str, Any]) -> Any:
        if asked == method and {numbers[0], orders[0]} & set(map(str, call.values())):
            raise No("数据异常")
        return real(asked, call)

    monkeypatch.setattr(fake, "_read", read)
    until = fake.now() + timedelta(seconds=1)
    of_tickets = list(xiaohongshu.changed_tickets(since=since, until=until))
    of_orders = list(xiaohongshu.changed_orders(since=since, until=until))

    if method == "order.getOrderDetail":
        # Of the ticket, only its line is not known then.
        assert [one.record.line_no for one in of_tickets if isinstance(one, SeenTicket)] == [
            None,
            1,
        ]
        assert [type(one) for one in of_orders] == [Unreadable, SeenOrder]
        with pytest.raises(NotCarriedOut):
            xiaohongshu.order(orders[0])
    else:
        assert [type(one) for one in of_tickets] == [Unreadable, SeenTicket]
        assert [type(one) for one in of_orders] == [SeenOrder, SeenOrder]
        with pytest.raises(NotCarriedOut):
            xiaohongshu.refund_status(numbers[0])


def test_one_that_is_gone_by_now_is_shown(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, listed: dict[str, Any]
) -> None:
    listed.update(orderList=[{"orderId": "P1"}], afterSaleBasicInfos=[{"returnsId": "R1"}])
    since, until = fake.now() - timedelta(minutes=1), fake.now()
    assert [
        type(one)
        for one in [
            *xiaohongshu.changed_orders(since=since, until=until),
            *xiaohongshu.changed_tickets(since=since, until=until),
        ]
    ] == [Unreadable, Unreadable]


def test_throttling_is_not_one_records_problem(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = fake.now()
    fake.buyer_applies(fake.places(900), "refund_only", 900)
    real = fake._read

    def read(method: str, call: dict[str, Any]) -> Any:
        if method in LISTS:
            return real(method, call)
        raise No("触发Method维度的限流", -9013)

    monkeypatch.setattr(fake, "_read", read)
    until = fake.now() + timedelta(seconds=1)
    with pytest.raises(Throttled):
        list(xiaohongshu.changed_tickets(since=since, until=until))
    with pytest.raises(Throttled):
        list(xiaohongshu.changed_orders(since=since, until=until))


def test_a_line_is_named_by_the_order(fake: XiaohongshuFake, xiaohongshu: Xiaohongshu) -> None:
    order = fake.places(3_000, 4_000)
    one = fake.buyer_applies(order, "refund_only", 2_000, line=2)
    whole = fake.buyer_applies(order, "refund_only", 5_000)

    found = [xiaohongshu.ticket(number) for number in (one, whole)]
    assert [seen.record.line_no for seen in found if seen] == [2, None]


def test_the_whole_order_is_read_before_a_payment(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    """SPEC O2."""
    fake.page_size = 2
    order = fake.places(9_000)
    numbers = [fake.buyer_applies(order, "refund_only", 1_000) for _ in range(5)]
    fake.buyer_applies(fake.places(800), "refund_only", 800)

    now = xiaohongshu.order_now(order, without_ticket=numbers[2])

    assert isinstance(now.order, SeenOrder)
    assert {one.record.ticket_no for one in now.tickets if isinstance(one, SeenTicket)} == {
        number for number in numbers if number != numbers[2]
    }
    assert len(calls(fake, "order.getOrderDetail")) == 1
    assert xiaohongshu.order_now("P0", without_ticket="R0") == OrderNow(None, [])


@pytest.mark.parametrize("second", [False, True])
def test_both_envelopes_say_the_same(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, second: bool
) -> None:
    fake.second_envelope = second
    since = fake.now()
    number = fake.buyer_applies(fake.places(900), "refund_only", 700)

    found = tickets(xiaohongshu, since, fake.now() + timedelta(seconds=1))

    assert found[number] == xiaohongshu.ticket(number)
    assert found[number].record.amount == 700
    assert xiaohongshu.ticket("R0") is None


@pytest.mark.parametrize("number", ["", "no number", "R1\x00", "R1/2", "订单", "R" * 65])
def test_what_is_no_number_is_not_asked_for(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, number: str
) -> None:
    assert xiaohongshu.ticket(number) is None
    assert xiaohongshu.order(number) is None
    assert fake.requests == []


def test_an_answer_about_another_ticket_says_nothing_of_money(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = fake.buyer_applies(fake.places(900), "refund_only", 700)
    monkeypatch.setattr(fake, "_read", lambda *_: {"afterSaleInfo": {"status": 4}})
    for ask in (xiaohongshu.refund_status, xiaohongshu.ticket):
        with pytest.raises(RecordUnreadable):
            ask(number)


def test_a_list_of_the_whole_shop_is_not_an_orders(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SPEC O2: a filter that is ignored would name the tickets of others as its siblings."""
    order = fake.places(500)
    fake.buyer_applies(order, "refund_only", 500)
    fake.buyer_applies(fake.places(700), "refund_only", 700)
    real = fake._read

    def read(method: str, call: dict[str, Any]) -> Any:
        if method == "afterSale.listAfterSaleInfos":
            now = int(fake.now().timestamp() * 1000)
            span = {"timeType": 2, "startTime": now - 60_000, "endTime": now}
            call = {**{key: call[key] for key in call if key != "orderId"}, **span}
        return real(method, call)

    monkeypatch.setattr(fake, "_read", read)
    with pytest.raises(NotCarriedOut, match="can't be read"):
        xiaohongshu.order_now(order, without_ticket="")
