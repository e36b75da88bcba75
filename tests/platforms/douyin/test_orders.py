"""Orders: status by parcels and lines, kinds, gifts, buyers, and what is shown beside them."""

from typing import Any

from aftersale.platforms.douyin import to_records
from aftersale.platforms.protocol import Unreadable
from tests.each import each

from .rows import AT, line, order, parcel


@each(
    "code, status",
    [
        (1, "pending_payment"),
        (103, "pending_payment"),
        (105, "pending_shipment"),
        (2, "pending_shipment"),
        (101, "partially_shipped"),
        (3, "shipped"),
        ("3", "shipped"),
        (4, "closed"),
        (5, "completed"),
    ],
)
def test_statuses(code: Any, status: str) -> None:
    assert parcel(order(order_status=code)).status == status


@each("code", [0, 7, 99, None, "x", 10**30])
def test_a_status_that_is_not_known_is_not_guessed(code: Any) -> None:
    found = to_records.order_record(order(order_status=code), "shop-1")
    assert isinstance(found, Unreadable)
    assert str(code) in found.reason


@each("main", [21, 22, 39])
def test_an_order_that_was_refunded_is_closed(main: int) -> None:
    assert parcel(order(main_status=main)).status == "closed"


def sent(*counts: int) -> list[dict[str, Any]]:
    return [{"ship_time": AT, "product_info": [{"product_count": count}]} for count in counts]


@each(
    "parcels, status",
    [
        (sent(1), "partially_shipped"),
        (sent(1, 1), "partially_shipped"),
        (sent(1, 2), "shipped"),
        # The list leaves them out.
        ([], "shipped"),
        (None, "shipped"),
        ([{"ship_time": AT, "product_info": []}], "shipped"),
    ],
)
def test_fewer_pieces_than_bought_are_a_part(parcels: Any, status: str) -> None:
    assert parcel(order(line(item_num=3), logistics_info=parcels)).status == status


def test_a_gift_is_a_line_of_nothing_that_does_not_count_as_missing() -> None:
    gift = line(order_id="9" * 19, given_product_type="FREE", pay_amount=0)
    record = parcel(order(line(), gift, logistics_info=sent(1)))
    assert record.status == "shipped"
    assert [one.paid_amount for one in record.lines] == [4_990, 0]
    assert to_records.goods_lines(order(line(), gift)) == (line()["order_id"],)


def test_delivered_once_every_line_has_arrived() -> None:
    here, away = line(logistics_receipt_time=AT), line(order_id="8" * 19)
    assert parcel(order(here)).status == "delivered"
    assert parcel(order(here)).delivered_at is not None
    assert parcel(order(here, away, pay_amount=9_980)).status == "shipped"


def test_lines_are_the_same_in_whichever_order_they_come() -> None:
    lines = [line(order_id=number) for number in ("21", "3", "100")]
    for answer in (lines, lines[::-1]):
        assert to_records.line_numbers(order(*answer)) == ("3", "21", "100")


@each(
    "values, of_line, type",
    [
        ({}, {}, "ordinary"),
        ({"trade_type": 2}, {}, "deposit"),
        ({}, {"pre_sale_type": 2}, "deposit"),
        ({}, {"pre_sale_type": 1}, "ordinary"),
        ({"biz": 22}, {}, "cross_border"),
        ({"tax_amount": 90}, {}, "cross_border"),
    ],
)
def test_types(values: dict[str, Any], of_line: dict[str, Any], type: str) -> None:
    assert parcel(order(line(**of_line), **values)).type == type


def test_virtual_goods_and_campaigns() -> None:
    record = parcel(order(line(goods_type=1), trade_type=1))
    assert record.lines[0].virtual
    assert record.labels == ["campaign"]
    assert parcel(order(order_type=5)).lines[0].virtual
    assert not parcel(order()).lines[0].virtual


def test_a_buyers_name_of_any_length_is_one_buyer() -> None:
    long = {"doudian_open_id": "#" + "zLyd4U4J3p" * 12}
    assert parcel(order(**long)).buyer == parcel(order(**long)).buyer
    assert len(parcel(order(**long)).buyer) == 48
    other = {"doudian_open_id": long["doudian_open_id"][:-1] + "q"}
    assert parcel(order(**long)).buyer != parcel(order(**other)).buyer
    # Without any name, a stand-in for this order alone.
    nobody = parcel(order(doudian_open_id=None))
    assert nobody.buyer == f"?{nobody.order_no}"


def test_what_people_see_beside_an_order() -> None:
    shown = parcel(
        order(
            line(
                author_id=8_341,
                author_name="某主播",
                pre_sale_type=1,
                sku_order_tag_ui=[{"key": "k", "text": "极速退款"}],
            ),
            ship_time=0,
            order_status=2,
            exp_ship_time=AT + 9,
            promotion_pay_amount=250,
            seller_remark_stars=4,
            seller_words="客户电话13800138000，急",
        )
    ).facts
    values = {fact.name: fact.value for fact in shown}
    assert {fact.name for fact in shown if fact.at} == {"ship_by"}
    assert values == {
        "ship_by": "",
        "presale": "full",
        "sold_by": "某主播",
        "paid_with": "alipay",
        "channel_discount": "2.50",
        "seller_flag": "orange",
        "seller_note": "客户电话…，急",
        "mark_there": "极速退款",
    }
