"""The lines of an order add up to what the goods cost; the rest is the freight (SPEC E2)."""

from random import Random

import pytest

from aftersale.platforms.wechat import gifts, to_records
from tests.each import each
from tests.platforms.wechat.test_codes import TICKET, seen
from tests.platforms.wechat.test_reading import ORDER


def order(paid, freight, *lines, **pay):
    detail = {
        **ORDER["order_detail"],
        "product_infos": [
            {"product_id": number, "sku_id": number, **line}
            for number, line in enumerate(lines, start=1)
        ],
        "price_info": {"order_price": paid, "freight": freight},
        "pay_info": {"pay_time": 1658509200, "payment_method": 1, **pay},
    }
    return to_records.order_record("s", {**ORDER, "order_detail": detail})


def amounts(record):
    return [line.paid_amount for line in record.lines]


@each(
    "paid, freight, lines, found",
    [
        # As the platform says, where that adds up.
        (3805, 5, [{"real_price": 3500}, {"real_price": 300}], [3500, 300]),
        # The price of a piece only: shared by it.
        (900, 100, [{"sale_price": 100, "sku_cnt": 3}, {"sale_price": 500}], [300, 500]),
        (500, 100, [{"sale_price": 100, "sku_cnt": 3}, {"sale_price": 500}], [150, 250]),
        # A price that was lowered after the order was placed is in no line.
        (2000, 0, [{"real_price": 3000}, {"real_price": 1000}], [1500, 500]),
        # A gift got nothing, and gives nothing.
        (9900, 0, [{"real_price": 9900}, {"real_price": 0, "is_free_gift": True}], [9900, 0]),
        (100, 0, [{"real_price": 0}, {"real_price": 0}, {"real_price": 0}], [34, 33, 33]),
        (100, 300, [{"real_price": 100}], [0]),
    ],
)
def test_lines(paid, freight, lines, found):
    record = order(paid, freight, *lines)
    assert (record.paid_amount, amounts(record)) == (paid, found)


@each("method", [3, 4, "3"])
def test_a_lottery_and_points_are_no_money(method):
    record = order(500, 0, {"real_price": 500}, payment_method=method)
    assert (record.paid_amount, amounts(record)) == (0, [0])


def test_they_add_up_whatever_they_cost():
    chance = Random(5)
    for _ in range(300):
        paid, freight = chance.randrange(10**9), chance.choice([0, chance.randrange(10**6)])
        prices = [chance.randrange(10**8) for _ in range(chance.randrange(1, 12))]
        record = order(paid, freight, *({"real_price": price} for price in prices))
        assert sum(amounts(record)) == max(0, paid - freight)
        assert all(amount >= 0 for amount in amounts(record))


@each("amount", [None, "", "1.5", 1.5, True, [], {"a": 1}, "1_000", "x"])
def test_an_amount_that_can_not_be_read_is_no_amount(amount):
    """As 0.00, or as a part of it, a refund that was paid would leave its money on the order."""
    with pytest.raises(ValueError):
        seen(status="MERCHANT_REFUND_SUCCESS", refund_info={"amount": amount})
    if amount is not None:
        with pytest.raises(ValueError):
            order(amount, 0, {"real_price": 500})
        with pytest.raises(ValueError):
            order(500, amount, {"real_price": 500})


def test_an_exchange_needs_no_amount():
    assert seen(type="EXCHANGE", refund_info={}).amount == 0


def test_a_gift_without_its_amount_is_no_gift_of_nothing():
    raw = {**TICKET, "order_info_list": [{"order_id": "1", "refund_info": {}}]}
    with pytest.raises(ValueError):
        gifts.tickets_of("s", raw)


@each(
    "status, pay, paid",
    [
        (20, {"pay_time": 0}, 23_800),
        (20, {}, 23_800),
        (10, {"pay_time": 0}, 0),
        (250, {"pay_time": "0"}, 0),
        (250, {"pay_time": 1662480000}, 23_800),
    ],
)
def test_whether_an_order_is_paid_its_status_says(status, pay, paid):
    raw = {**ORDER, "status": status}
    raw["order_detail"] = {**ORDER["order_detail"], "pay_info": pay}
    whole = to_records.order_record("s", raw)
    assert (whole.paid_amount > 0, paid > 0) in {(True, True), (False, False)}


@each("part, value", [("pay_info", 7), ("price_info", {}), ("price_info", {"freight": 5})])
def test_money_of_which_nothing_is_said_is_no_order_of_nothing(part, value):
    raw = {**ORDER, "order_detail": {**ORDER["order_detail"], part: value}}
    with pytest.raises(ValueError):
        to_records.order_record("s", raw)
