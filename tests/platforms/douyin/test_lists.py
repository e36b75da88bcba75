"""Lists: pages that move, edges of windows, an order's own tickets, and entries opened again."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from aftersale.platforms.douyin import Douyin
from aftersale.platforms.protocol import (
    Accepted,
    Declined,
    NotCarriedOut,
    SeenOrder,
    SeenTicket,
    Unreadable,
    Why,
)

from .fake import DouyinFake
from .shop import No


def filed(fake: DouyinFake, count: int) -> list[str]:
    return [fake.buyer_applies(fake.places(500), "refund_only", 500) for _ in range(count)]


def numbers(found: list[SeenTicket | Unreadable]) -> list[str]:
    return [one.record.ticket_no for one in found if isinstance(one, SeenTicket)]


def pulled(fake: DouyinFake, douyin: Douyin, hours: int = 1) -> list[SeenTicket | Unreadable]:
    since = fake.now() - timedelta(hours=hours)
    return list(douyin.changed_tickets(since=since, until=fake.now()))


def test_small_pages_lose_and_repeat_nothing(fake: DouyinFake, douyin: Douyin) -> None:
    fake.page_size = 2
    there = filed(fake, 9)
    assert numbers(pulled(fake, douyin)) == there
    orders = list(douyin.changed_orders(since=fake.now() - timedelta(hours=1), until=fake.now()))
    assert len([one for one in orders if isinstance(one, SeenOrder)]) == 9


def test_rows_that_leave_the_pages_behind_take_no_other_with_them(
    fake: DouyinFake, douyin: Douyin
) -> None:
    """A ticket that changes moves to the end, and all behind it move up."""
    fake.page_size = 3
    there = filed(fake, 9)
    rows = douyin.changed_tickets(since=fake.now() - timedelta(hours=1), until=fake.now())
    first = [next(rows) for _ in range(3)]
    for gone in there[:2]:
        fake.buyer_cancels(gone)
    assert set(there) <= set(numbers([*first, *rows]))


def test_one_second_may_fill_several_pages(fake: DouyinFake, douyin: Douyin) -> None:
    fake.page_size = 2
    there = filed(fake, 7)
    for number in there[1:6]:
        fake.shop.tickets[int(number)]["update_time"] = fake.shop.now - 5
    assert sorted(numbers(pulled(fake, douyin))) == sorted(there)


@pytest.mark.parametrize("more", [{"has_more": True}, {"total": 10**30}, {"size": -1, "total": 9}])
def test_a_list_that_says_for_ever_that_there_is_more_ends(
    fake: DouyinFake, douyin: Douyin, more: dict[str, Any]
) -> None:
    filed(fake, 2)
    real = fake._read

    def read(method: str, param: dict[str, Any]) -> dict[str, Any]:
        answer = real(method, param)
        return {**answer, **more} if method in ("afterSale.List", "order.searchList") else answer

    fake._read = read  # type: ignore[method-assign]
    since, until = fake.now() - timedelta(hours=1), fake.now()
    before = len(fake.requests)
    for changed in (douyin.changed_tickets, douyin.changed_orders):
        with suppress(NotCarriedOut):
            list(changed(since=since, until=until))
    with suppress(NotCarriedOut):
        order = next(iter(fake.shop.orders))
        douyin.order_now(str(order), without_ticket="")
    assert len(fake.requests) - before < 40


def test_orders_are_asked_for_no_further_back_than_they_are_listed(
    fake: DouyinFake, douyin: Douyin
) -> None:
    fake.places(500)
    since = fake.now() - timedelta(days=200)
    assert len(list(douyin.changed_orders(since=since, until=fake.now()))) == 1


def test_a_ticket_that_can_t_be_read_keeps_no_other_away(fake: DouyinFake, douyin: Douyin) -> None:
    one, two = filed(fake, 2)
    fake.shop.tickets[int(one)]["refund_total_amount"] = None
    found = pulled(fake, douyin)
    assert numbers(found) == [two]
    [bad] = [seen for seen in found if isinstance(seen, Unreadable)]
    assert bad.number == one
    assert "amount" in bad.reason


@pytest.mark.parametrize("data", [{}, {"items": 7}, {"items": {}}, {"items": [], "has_more": True}])
def test_a_list_that_is_none_is_not_an_empty_one(
    fake: DouyinFake, douyin: Douyin, monkeypatch: pytest.MonkeyPatch, data: dict[str, Any]
) -> None:
    monkeypatch.setattr(fake, "_read", lambda method, param: data)
    with pytest.raises(NotCarriedOut):
        pulled(fake, douyin)


def test_a_null_list_is_empty(
    fake: DouyinFake, douyin: Douyin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake, "_read", lambda method, param: {"items": None, "total": 0})
    assert pulled(fake, douyin) == []


def test_a_ticket_names_its_line(fake: DouyinFake, douyin: Douyin) -> None:
    order = fake.places(300, 400, 500)
    number = fake.buyer_applies(order, "refund_only", 400, line=2)
    ticket = douyin.ticket(number)
    assert ticket is not None
    assert ticket.record.line_no == 2
    # With its order read before, a ticket is one call.
    asked = len(fake.requests)
    douyin.ticket(number)
    assert len(fake.requests) == asked + 1


def test_a_ticket_may_come_before_its_order(
    fake: DouyinFake, douyin: Douyin, monkeypatch: pytest.MonkeyPatch
) -> None:
    [number] = filed(fake, 1)
    real, late = fake._read, True

    def read(method: str, param: dict[str, Any]) -> dict[str, Any]:
        if late and method == "order.orderDetail":
            raise No("isv.business-failed:20001", "订单不存在")
        return real(method, param)

    monkeypatch.setattr(fake, "_read", read)
    early = douyin.ticket(number)
    assert early is not None
    assert (early.record.amount, early.record.line_no) == (500, None)
    late = False
    complete = douyin.ticket(number)
    assert complete is not None
    assert complete.record.line_no == 1


# An order with its tickets (SPEC O2).


def test_a_line_in_after_sale_whose_ticket_is_not_listed_is_for_people(
    fake: DouyinFake, douyin: Douyin
) -> None:
    order = fake.places(300, 400)
    mine = fake.buyer_applies(order, "refund_only", 300, line=1)
    other = fake.buyer_applies(order, "refund_only", 400, line=2)
    assert numbers(list(douyin.order_now(order, without_ticket=mine).tickets)) == [other]
    line = fake.shop.tickets.pop(int(other))["_line"]

    [unlisted] = douyin.order_now(order, without_ticket=mine).tickets

    assert isinstance(unlisted, Unreadable)
    assert unlisted.number == line


def test_a_filter_that_is_ignored_is_noticed(
    fake: DouyinFake, douyin: Douyin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown ones are ignored there: the whole shop would be taken for one order's tickets."""
    [number, _other] = filed(fake, 2)
    order = str(fake.shop.tickets[int(number)]["_order"])
    real = fake._read
    monkeypatch.setattr(
        fake,
        "_read",
        lambda method, param: real(
            method, {name: value for name, value in param.items() if name != "order_id"}
        ),
    )
    with pytest.raises(NotCarriedOut):
        douyin.order_now(order, without_ticket=number)


# The after-sale entry (SPEC W1).


def opened(fake: DouyinFake) -> list[str]:
    return [line for line, entry in fake.shop.entries.items() if entry.get("open")]


def test_every_line_is_opened(fake: DouyinFake, douyin: Douyin) -> None:
    order = fake.places(300, 400)
    assert douyin.open_window(order, note="") == Accepted()
    assert len(opened(fake)) == 2
    # Open already is as good.
    assert douyin.open_window(order, note="") == Accepted()


def test_what_the_platform_answers_is_told(fake: DouyinFake, douyin: Douyin) -> None:
    order = fake.places(300, 400)
    first, second = (row["order_id"] for row in fake.shop.orders[int(order)]["sku_order_list"])
    shut = {"match_success": False, "match_conclusion": 4, "match_message": "已开启过三次"}
    fake.shop.entries[first] = shut

    part = douyin.open_window(order, note="")
    fake.shop.entries[second] = shut
    none = douyin.open_window(order, note="")

    assert part == Declined(
        Why.OTHER,
        "Opened for 1 of 2 lines; not for the others: Douyin does not open the after-sale entry"
        " once more. 已开启过三次",
    )
    assert none == Declined(
        Why.OTHER, "Douyin does not open the after-sale entry once more. 已开启过三次"
    )


def test_an_order_that_is_not_there_has_no_entry(douyin: Douyin) -> None:
    answer = douyin.open_window("123456789", note="")
    assert isinstance(answer, Declined)
    assert answer.why is Why.NOT_FOUND
