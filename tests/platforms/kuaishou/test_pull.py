"""Windows, pages and details: nothing between them is lost, and one bad row costs only itself."""

from datetime import timedelta
from typing import Any

import pytest

from aftersale.platforms.kuaishou import Kuaishou, lookup
from aftersale.platforms.protocol import NotCarriedOut, RecordUnreadable, SeenTicket, Unreadable
from aftersale.records.schemas import OrderRecord

from .fake import KuaishouFake
from .shop import No


def all_tickets(fake: KuaishouFake, kuaishou: Kuaishou, days: float = 1) -> list[str]:
    until = fake.now() + timedelta(seconds=1)
    found = kuaishou.changed_tickets(since=until - timedelta(days=days), until=until)
    return [one.record.ticket_no for one in found if isinstance(one, SeenTicket)]


def test_pages_are_followed_to_the_end(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    fake.page_size = 3
    numbers = [fake.buyer_applies(fake.places(500), "refund_only", 500) for _ in range(8)]

    assert all_tickets(fake, kuaishou) == numbers
    orders = kuaishou.changed_orders(
        since=fake.now() - timedelta(hours=1), until=fake.now() + timedelta(seconds=1)
    )
    assert len(list(orders)) == 8


def test_exchanges_are_asked_for(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    order = fake.places(500)
    fake.ships(order)
    number = fake.buyer_applies(order, "exchange", 0)

    assert all_tickets(fake, kuaishou) == [number]


def test_a_long_time_is_asked_for_in_windows_that_leave_no_gap(
    fake: KuaishouFake, kuaishou: Kuaishou, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    real = fake._page

    def page(found: Any, param: dict[str, Any], **names: str) -> dict[str, Any]:
        asked.append((param["beginTime"], param["endTime"]))
        return real(found, param, **names)

    monkeypatch.setattr(fake, "_page", page)

    all_tickets(fake, kuaishou, days=2.6)

    assert len(asked) == 6
    assert all(end - begin <= 86_400_000 for begin, end in asked)
    assert all(after[0] == before[1] for before, after in zip(asked, asked[1:], strict=False))


def test_nothing_older_than_the_platform_keeps_is_asked_for(
    fake: KuaishouFake, kuaishou: Kuaishou, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "WINDOW", timedelta(hours=20))

    # The fake platform refuses what is older than 90 days.
    assert all_tickets(fake, kuaishou, days=400) == []
    assert len(fake.requests) == 108


def test_no_time_at_all_is_no_call(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    now = fake.now()

    assert list(kuaishou.changed_tickets(since=now, until=now)) == []
    assert fake.requests == []


def test_a_list_that_goes_round_is_given_up_loudly(
    fake: KuaishouFake, kuaishou: Kuaishou, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.buyer_applies(fake.places(500), "refund_only", 500)
    real = fake._page
    monkeypatch.setattr(fake, "_page", lambda *a, **k: {**real(*a, **k), "pcursor": "0_0"})

    with pytest.raises(NotCarriedOut, match="does not go on"):
        all_tickets(fake, kuaishou)


@pytest.mark.parametrize("rows", [[], None, [{"refundId": 5}], [7]])
def test_a_list_that_never_ends_is_given_up_loudly(
    fake: KuaishouFake, kuaishou: Kuaishou, monkeypatch: pytest.MonkeyPatch, rows: Any
) -> None:
    places = (str(place) for place in range(1_000))

    def page(*_: Any, **__: Any) -> dict[str, Any]:
        return {"refundOrderInfoList": rows, "pcursor": next(places)}

    monkeypatch.setattr(fake, "_page", page)

    with pytest.raises(NotCarriedOut, match="does not go on"):
        all_tickets(fake, kuaishou)
    assert int(next(places)) <= 6


@pytest.mark.parametrize("data", [None, [], {}, {"refundOrderInfoList": 7}])
def test_a_list_that_cannot_be_read_is_not_an_empty_one(
    fake: KuaishouFake, kuaishou: Kuaishou, monkeypatch: pytest.MonkeyPatch, data: object
) -> None:
    monkeypatch.setattr(fake, "_page", lambda *_, **__: data)

    with pytest.raises(NotCarriedOut, match="can't be read"):
        all_tickets(fake, kuaishou)


def test_a_list_without_rows_is_an_empty_one(
    fake: KuaishouFake, kuaishou: Kuaishou, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = {"refundOrderInfoList": None, "pcursor": "nomore"}
    monkeypatch.setattr(fake, "_page", lambda *_, **__: nothing)

    assert all_tickets(fake, kuaishou) == []


def test_a_detail_that_is_refused_costs_nothing_but_itself(
    fake: KuaishouFake, kuaishou: Kuaishou, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [fake.buyer_applies(fake.places(500), "refund_only", 500) for _ in range(3)]
    real = fake._read

    def read(method: str, param: dict[str, Any]) -> Any:
        if param.get("refundId") == int(numbers[1]):
            raise No("无权查看")
        return real(method, param)

    monkeypatch.setattr(fake, "_read", read)

    assert all_tickets(fake, kuaishou) == numbers


def test_codes_from_tomorrow_do_not_stop_the_others(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    numbers = [fake.buyer_applies(fake.places(500), "refund_only", 500) for _ in range(3)]
    fake.shop.tickets[int(numbers[0])]["status"] = 33
    fake.shop.tickets[int(numbers[1])]["handlingWay"] = 8

    until = fake.now() + timedelta(seconds=1)
    found = kuaishou.changed_tickets(since=until - timedelta(hours=1), until=until)

    assert [
        (seen.record.type, seen.record.status, seen.unknown)
        for seen in found
        if isinstance(seen, SeenTicket)
    ] == [
        ("refund_only", None, True),
        ("refund_only", "pending_review", True),
        ("refund_only", "pending_review", False),
    ]


def test_only_the_detail_knows_how_many_pieces_left(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    order = fake.shop.place(900, quantity=3)
    fake.shop.ship(order, pieces=1)

    [record] = kuaishou.changed_orders(
        since=fake.now() - timedelta(hours=1), until=fake.now() + timedelta(seconds=1)
    )

    assert isinstance(record, OrderRecord)
    assert record.status == "partially_shipped"


def test_a_list_without_its_page_number_is_refused(
    fake: KuaishouFake, kuaishou: Kuaishou, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fake platform requires it, so that the connector can't forget it."""
    fake.buyer_applies(fake.places(500), "refund_only", 500)
    real = fake._read

    def read(method: str, param: dict[str, Any]) -> Any:
        asked = {name: value for name, value in param.items() if name != "currentPage"}
        return real(method, asked)

    assert len(all_tickets(fake, kuaishou)) == 1
    monkeypatch.setattr(fake, "_read", read)
    with pytest.raises(NotCarriedOut, match="currentPage"):
        all_tickets(fake, kuaishou)


def test_what_cannot_be_read_is_told_beside_the_others(
    fake: KuaishouFake, kuaishou: Kuaishou
) -> None:
    orders = [fake.shop.place(900) for _ in range(2)]
    numbers = [fake.shop.apply(order, 10, 900, "不想要了") for order in orders]
    fake.shop.orders[orders[0]]["orderBaseInfo"]["status"] = 35
    fake.shop.tickets[numbers[0]]["oid"] = 0
    times = {
        "since": fake.now() - timedelta(hours=1),
        "until": fake.now() + timedelta(seconds=1),
    }

    unread = [
        one.number
        for one in (*kuaishou.changed_orders(**times), *kuaishou.changed_tickets(**times))
        if isinstance(one, Unreadable)
    ]

    assert unread == [str(orders[0]), str(numbers[0])]
    with pytest.raises(RecordUnreadable, match="35"):
        kuaishou.order(str(orders[0]))
    with pytest.raises(RecordUnreadable, match="order_no"):
        kuaishou.ticket(str(numbers[0]))


@pytest.mark.parametrize("row", [None, [], {}, {"status": 20, "handlingWay": 10}])
def test_a_row_without_a_number_stops_no_other(
    fake: KuaishouFake, kuaishou: Kuaishou, monkeypatch: pytest.MonkeyPatch, row: Any
) -> None:
    number = fake.buyer_applies(fake.places(500), "refund_only", 500)
    real = fake._read

    def read(method: str, param: dict[str, Any]) -> Any:
        answer = real(method, param)
        if method == "open.seller.order.refund.pcursor.list":
            answer["refundOrderInfoList"] = [row, *answer["refundOrderInfoList"]]
        return answer

    monkeypatch.setattr(fake, "_read", read)
    until = fake.now() + timedelta(seconds=1)
    found = list(kuaishou.changed_tickets(since=until - timedelta(hours=1), until=until))

    assert [type(one) for one in found] == [Unreadable, SeenTicket]
    assert isinstance(found[1], SeenTicket)
    assert found[1].record.ticket_no == number
