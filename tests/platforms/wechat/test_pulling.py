"""Pulling what has changed: windows, pages, duplicates, and rows that can't be read."""

from datetime import timedelta

import pytest

from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import NotCarriedOut, RecordUnreadable, Unreadable
from tests.platforms.fakes import Fault
from tests.platforms.wechat.test_errors import answering
from tests.platforms.wechat.wire import Error

LIST = "/channels/ec/aftersale/getaftersalelist"
SECOND = timedelta(seconds=1)


def numbers(shop, fake, since):
    found = shop.changed_tickets(since=since, until=fake.now() + SECOND)
    return [seen.record.ticket_no for seen in found]


def many(fake, count=7):
    return [
        fake.buyer_applies(fake.places(100 * n), "refund_only", 100 * n)
        for n in range(1, count + 1)
    ]


def test_all_pages_each_once(fake, shop):
    since = fake.now()
    assert numbers(shop, fake, since) == []
    tickets = many(fake)
    assert numbers(shop, fake, since) == tickets
    orders = [o.order_no for o in shop.changed_orders(since=since, until=fake.now() + SECOND)]
    assert orders == list(fake._orders)


@pytest.mark.parametrize("fault", [Fault.DUPLICATES, Fault.OUT_OF_ORDER])
def test_pages_that_repeat_themselves_or_are_not_in_order(fake, shop, fault):
    since = fake.now()
    tickets = many(fake)
    fake.fail(fault, 2)
    assert sorted(numbers(shop, fake, since)) == sorted(tickets)


def test_windows_of_a_day(fake, shop):
    since = fake.now()
    first = many(fake, 1)
    fake.advance(3 * 86400 + 5)
    second = many(fake, 1)
    # An unanswered request has changed on the way.
    assert set(numbers(shop, fake, since)) == {*first, *second}
    asked = fake.wire.paths.count(LIST)
    assert asked == 4


def test_orders_are_asked_for_in_weeks(fake, shop):
    since = fake.now()
    order = fake.places(100)
    until = since + timedelta(days=15)
    assert [o.order_no for o in shop.changed_orders(since=since, until=until)] == [order]
    assert fake.wire.paths.count("/channels/ec/order/list/get") == 3


def test_nothing_is_asked_for_no_time(fake, shop):
    now = fake.now()
    assert list(shop.changed_tickets(since=now, until=now)) == []
    assert fake.wire.paths == []


def test_parts_of_a_second_are_asked_for_whole(fake, shop):
    ticket = many(fake, 1)[0]
    now = fake.now()
    half = timedelta(milliseconds=500)
    found = shop.changed_tickets(since=now + half, until=now + 2 * half + half)
    assert [seen.record.ticket_no for seen in found] == [ticket]


def test_a_row_that_can_not_be_read_does_not_hold_up_the_others(fake, shop):
    since = fake.now()
    tickets = many(fake, 3)
    fake._tickets[tickets[0]].extra = {"update_time": None}
    fake._tickets[tickets[1]].extra = {"status": "SOMETHING_NEW", "type": "NEW"}
    found = list(shop.changed_tickets(since=since, until=fake.now() + SECOND))
    assert found[0] == Unreadable(
        tickets[0],
        "Not as expected: updated_at: expected a time with an offset, e.g."
        ' "2026-11-21T23:05:00+08:00" (read: null).',
    )
    assert [seen.record.ticket_no for seen in found[1:]] == tickets[1:]
    # Codes that the desk does not know are for people, and move nothing (SPEC O4).
    strange = found[1]
    assert (strange.record.status, strange.record.type) == (None, "refund_only")
    assert strange.unknown


@pytest.mark.parametrize(
    "extra",
    [
        {"update_time": None},
        {"update_time": "x"},
        {"update_time": 10**40},
        {"create_time": []},
        {"refund_info": {"amount": "many"}},
        {"refund_info": {"amount": -1}},
        {"after_sale_order_id": ""},
        {"deadline": 10**30},
        {"order_id": None},
        {"order_id": []},
        {"order_id": True},
        {"product_info": []},
    ],
)
def test_one_ticket_that_can_not_be_read(fake, shop, extra):
    ticket = many(fake, 1)[0]
    fake._tickets[ticket].extra = extra
    if extra == {"product_info": []}:
        assert shop.ticket(ticket).record.line_no is None
        return
    with pytest.raises(RecordUnreadable):
        shop.ticket(ticket)


def test_an_order_that_can_not_be_read(fake, shop):
    order = fake.places(100)
    fake._orders[order].prices = ()
    with pytest.raises(RecordUnreadable, match="lines"):
        shop.order(order)
    found = list(shop.changed_orders(since=fake.now(), until=fake.now() + SECOND))
    assert found == [
        Unreadable(
            order,
            "Not as expected: lines: expected at least 1 entries (read: a list of length 0).",
        )
    ]


@pytest.mark.parametrize("key", ["", None, "key-0"])
def test_pages_without_end(fake, shop, key):
    fake.answers[LIST] = lambda body: {
        "after_sale_order_id_list": [],
        "has_more": True,
        "next_key": key,
    }
    with pytest.raises(TimedOut):
        numbers(shop, fake, fake.now())
    assert fake.wire.paths.count(LIST) <= 2


@pytest.mark.parametrize("keys", [["1", "2", "1", "2"], ["1", "2", "3", "4"]])
def test_pages_that_go_round_or_have_nothing_new(fake, shop, keys):
    left = iter(keys)
    fake.answers[LIST] = lambda body: {
        "after_sale_order_id_list": ["7"],
        "has_more": True,
        "next_key": next(left),
    }
    with pytest.raises(TimedOut):
        numbers(shop, fake, fake.now())
    assert fake.wire.paths.count(LIST) == 4 - len(list(left))


@pytest.mark.parametrize("answer", [{}, {"after_sale_order": None}, {"after_sale_order": []}])
def test_an_answer_without_its_ticket(fake, shop, answer):
    since = fake.now()
    ticket = many(fake, 1)[0]
    fake.answers["/channels/ec/aftersale/getaftersaleorder"] = lambda body: answer
    with pytest.raises(RecordUnreadable):
        shop.ticket(ticket)
    said = "What the platform says of it can't be read."
    found = list(shop.changed_tickets(since=since, until=fake.now() + SECOND))
    assert found == [Unreadable(ticket, said)]


def test_an_answer_without_its_order_only_costs_the_line(fake, shop):
    ticket = many(fake, 1)[0]
    fake.answers["/channels/ec/order/get"] = lambda body: {"order": 5}
    assert shop.ticket(ticket).record.line_no is None


@pytest.mark.parametrize("rows", [5, "12", {"a": 1}])
def test_a_list_that_is_none(fake, shop, rows):
    fake.answers[LIST] = lambda body: {"after_sale_order_id_list": rows}
    with pytest.raises(TimedOut):
        numbers(shop, fake, fake.now())
    ticket = many(fake, 1)[0]
    fake.answers["/channels/ec/aftersale/rejectreason/get"] = lambda body: {"reason_list": rows}
    assert list(shop.reject_reasons(ticket)) == []


def test_a_row_that_is_refused_does_not_hold_up_the_others(fake, shop):
    since = fake.now()
    tickets = many(fake, 2)
    reads = fake._ticket_detail

    def refuse(body):
        if body["after_sale_order_id"] == tickets[0]:
            raise Error(10020003, "rid: 1")
        return reads(body)

    fake.answers["/channels/ec/aftersale/getaftersaleorder"] = refuse
    found = list(shop.changed_tickets(since=since, until=fake.now() + SECOND))
    assert found[0] == Unreadable(tickets[0], "The platform refuses: rid: 1 (10020003)")
    assert [seen.record.ticket_no for seen in found[1:]] == tickets[1:]


def test_a_ticket_whose_order_is_refused_is_told_without_its_line(fake, shop):
    since = fake.now()
    ticket = many(fake, 1)[0]
    answering(fake, "/channels/ec/order/get", 10020003)
    assert shop.ticket(ticket).record.line_no is None
    assert numbers(shop, fake, since) == [ticket]
    order = fake._tickets[ticket].order.number
    found = list(shop.changed_orders(since=since, until=fake.now() + SECOND))
    assert found == [Unreadable(order, "The platform refuses: 原因 rid: 1 (10020003)")]


def test_a_list_that_is_refused(fake, shop):
    answering(fake, LIST, 10020004)
    with pytest.raises(NotCarriedOut):
        numbers(shop, fake, fake.now())


def test_a_line_of_an_order_with_several(fake, shop):
    ticket = fake.buyer_applies(fake.places(100, 200), "refund_only", 200, line=2)
    assert shop.ticket(ticket).record.line_no == 2


def test_what_is_left_counts_from_the_platforms_clock(fake, shop):
    """SPEC O5; the two clocks differ by months here."""
    fake.deadline_is_rest = True
    ticket = many(fake, 1)[0]
    assert shop.ticket(ticket).record.due_at == fake._tickets[ticket].due


def test_a_ticket_of_an_order_that_was_read_is_one_call(fake, shop):
    """A round reads orders first, and keeps what each consists of."""
    since = fake.now()
    many(fake, 5)
    until = fake.now() + SECOND
    assert len(list(shop.changed_orders(since=since, until=until))) == 5
    fake.wire.paths.clear()
    found = list(shop.changed_tickets(since=since, until=until))
    assert [seen.record.line_no for seen in found] == [1] * 5
    assert fake.wire.paths.count("/channels/ec/aftersale/getaftersaleorder") == 5
    assert "/channels/ec/order/get" not in fake.wire.paths
    # Each order is asked for once where it was not read.
    fresh = fake.connect()
    assert len(list(fresh.changed_tickets(since=since, until=until))) == 5
    assert fake.wire.paths.count("/channels/ec/order/get") == 5
    assert len(list(fresh.changed_tickets(since=since, until=until))) == 5
    assert fake.wire.paths.count("/channels/ec/order/get") == 5
