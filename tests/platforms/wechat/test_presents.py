"""Orders for somebody else, and group gifts that nobody took: a problem of their own at most."""

from datetime import timedelta

import pytest

from aftersale.platforms.known import Known
from aftersale.platforms.protocol import Fact, RecordUnreadable, SeenTicket, Unreadable
from aftersale.platforms.wechat import to_records
from tests.each import each
from tests.platforms.wechat.test_errors import answering
from tests.platforms.wechat.test_reading import ORDER

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
PRESENT = {**ORDER, "is_present": True, "present_giver_openid": "oGiver"}


def without(raw, *names):
    return {name: value for name, value in raw.items() if name not in names}


def changed(shop, fake, since):
    return list(shop.changed_tickets(since=since, until=fake.now() + SECOND))


@each(
    "raw, buyer, taken",
    [
        (PRESENT, "oGiver", "claimed"),
        (without(PRESENT, "openid"), "oGiver", "unclaimed"),
        (without(PRESENT, "openid", "present_giver_openid"), "?3705115058471208928", "unclaimed"),
    ],
)
def test_the_money_goes_back_to_the_giver(raw, buyer, taken):
    """A buyer whom nobody names is a stand-in for this order alone."""
    order = to_records.order_record("s", {**raw, "status": 12})
    assert (order.buyer, order.status) == (buyer, "pending_shipment")
    assert Fact("present", taken) in order.facts


@each("place", ["order", "order_detail", "ext_info", "order_present_info"])
def test_a_present_is_known_wherever_the_order_says_so(place):
    said = {"is_present": True, "present_giver_openid": "oGiver", "is_b2c_free_present": True}
    detail = dict(ORDER["order_detail"])
    raw = {**ORDER, "order_detail": detail}
    if place == "order":
        raw |= said
    elif place == "order_detail":
        detail |= said
    else:
        detail[place] = {**detail.get(place, {}), **said}
    order = to_records.order_record("s", {**raw, "order_detail": detail})
    assert (order.buyer, order.paid_amount) == ("oGiver", 0)
    assert Fact("present", "claimed") in order.facts


def test_an_order_without_a_buyer_delays_nobody(fake, shop):
    since = fake.now()
    nobodys, other = fake.places(500), fake.places(700)
    reads = fake._order_detail

    def detail(body):
        answer = reads(body)
        if str(body["order_id"]) == nobodys:
            del answer["order"]["openid"]
        return answer

    fake.answers["/channels/ec/order/get"] = detail
    found = list(shop.changed_orders(since=since, until=fake.now() + SECOND))
    assert [(one.order_no, one.buyer) for one in found] == [
        (nobodys, f"?{nobodys}"),
        (other, "oBuyer1"),
    ]


def test_nobody_paid_for_a_free_present():
    detail = {**ORDER["order_detail"], "order_present_info": {"is_b2c_free_present": True}}
    order = to_records.order_record("s", {**PRESENT, "order_detail": detail})
    assert (order.paid_amount, [line.paid_amount for line in order.lines]) == (0, [0, 0])


def test_a_gift_that_nobody_took_is_counted_with_each_order(fake, shop):
    since = fake.now()
    number = fake.gift_expires(order_11=510, order_12=490)
    parts = changed(shop, fake, since)
    assert [
        (one.record.ticket_no, one.record.order_no, one.record.amount, one.record.status)
        for one in parts
    ] == [(f"{number}-11", "11", 510, "refunding"), (f"{number}-12", "12", 490, "refunding")]
    assert all(one.facts == (Fact("kind", "group_gift"),) for one in parts)
    fake.advance(3600)
    fake.gift_is_paid(number)
    # Listed by its beginning alone, it is looked at again until it is over.
    later = changed(shop, fake, fake.now())
    assert [one.record.refund_result.status for one in later] == ["succeeded", "succeeded"]
    assert later[0].record.updated_at > parts[0].record.updated_at
    # Once all of it is here and over, nobody asks again.
    over = Known(are_over=lambda beginning: beginning == f"{number}-")
    asked = list(shop.changed_tickets(since=fake.now() - HOUR, until=fake.now(), known=over))
    assert asked == []
    assert shop.ticket(f"{number}-12").record.amount == 490
    assert shop.ticket(f"{number}-13") is None
    assert shop.ticket("404-12") is None
    # Under its own number it is all of them; a ticket is itself.
    assert [one.record.ticket_no for one in shop.tickets_of(number)] == [
        f"{number}-11",
        f"{number}-12",
    ]
    [one] = shop.tickets_of(f"{number}-12")
    assert (one.record.amount, one.request) == (490, number)
    assert (list(shop.tickets_of("404")), shop.ticket(number)) == ([], None)
    ticket = fake.buyer_applies(fake.places(500), "refund_only", 500)
    assert [one.record.ticket_no for one in shop.tickets_of(ticket)] == [ticket]


@each(
    "spoilt",
    [
        {"order_info_list": None},
        {"order_info_list": []},
        {"order_info_list": [{"order_id": "11", "refund_info": {"amount": 510}}, "12"]},
        {"order_info_list": [{"order_id": "11", "refund_info": {"amount": 510}}]},
        {"order_info_list": [{"order_id": "11"}]},
        {"refund_info": {"amount": "1,000"}},
    ],
)
def test_a_gift_that_does_not_say_whose_its_money_is_makes_no_record(fake, shop, spoilt):
    """Nor does it count as a gift of no order, or of a part of them."""
    since = fake.now()
    number = fake.gift_expires(order_11=510, order_12=490)
    tells = fake.answers["/channels/ec/aftersale/getpresentaftersaleorder"]

    def spoil(body):
        return {"after_sale_order": {**tells(body)["after_sale_order"], **spoilt}}

    fake.answers["/channels/ec/aftersale/getpresentaftersaleorder"] = spoil
    *_, one = changed(shop, fake, since)
    with pytest.raises(RecordUnreadable):
        shop.tickets_of(number)
    fake.answers["/channels/ec/aftersale/getpresentaftersaleorder"] = tells
    assert (one.number, one.reason) == (number, "What the platform says of it can't be read.")


@pytest.mark.parametrize(
    ("status", "unknown"),
    [
        ("PLATFORM_REFUNDING", False),
        ("MERCHANT_REFUND_SUCCESS", False),
        ("MERCHANT_PROCESSING", True),
        ("NEW", True),
    ],
)
def test_there_is_nothing_to_decide_on_a_gift(fake, shop, status, unknown):
    since = fake.now()
    number = fake.gift_expires(order_11=510)
    fake._gifts[number].status = status
    [part] = changed(shop, fake, since)
    assert part.unknown is unknown


@pytest.mark.parametrize("code", [48001, 61007, 10020003])
def test_gifts_that_may_not_be_asked_for_stop_nothing_else(fake, shop, code):
    since = fake.now()
    ticket = fake.buyer_applies(fake.places(500), "refund_only", 500)
    answering(fake, "/channels/ec/aftersale/getpresentaftersalelist", code)
    found = changed(shop, fake, since)
    assert [one.record.ticket_no for one in found if isinstance(one, SeenTicket)] == [ticket]
    assert [one.number for one in found if isinstance(one, Unreadable)] == ["gifts"]


def test_a_gift_that_can_not_be_read_is_told_beside_the_others(fake, shop):
    since = fake.now()
    bad, good = fake.gift_expires(order_11=510), fake.gift_expires(order_12=490)
    fake._gifts[bad].parts = {"11": -5}
    found = changed(shop, fake, since)
    assert found[0] == Unreadable(
        bad,
        "Not as expected: amount: expected money in yuan with at most two decimals, as a string,"
        ' e.g. "59.90", not below zero (read: “-0.05”).',
    )
    assert found[1].record.ticket_no == f"{good}-12"
