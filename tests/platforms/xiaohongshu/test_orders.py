"""An order's cost and status, from Xiaohongshu's rows (SPEC O1)."""

from typing import Any

from aftersale.platforms.protocol import Unreadable
from aftersale.platforms.xiaohongshu import to_records
from tests.each import each

from .rows import AT, ORDER, order, parcel
from .shop import line


def amounts(row: dict[str, Any]) -> tuple[int, list[int]]:
    record = parcel(row)
    return record.paid_amount, [one.paid_amount for one in record.lines]


def unreadable(row: dict[str, Any]) -> str:
    record = to_records.order_record(row, "shop-1", ORDER)
    assert isinstance(record, Unreadable)
    assert record.number == ORDER
    return record.reason


@each(
    "code, status",
    [
        (1, "pending_payment"),
        (2, "pending_shipment"),
        (3, "pending_shipment"),
        (4, "pending_shipment"),
        (5, "partially_shipped"),
        (6, "shipped"),
        ("6", "shipped"),
        (7, "completed"),
        (8, "closed"),
        (9, "closed"),
        (10, "shipped"),
    ],
)
def test_statuses(code: Any, status: str) -> None:
    assert parcel(order(orderStatus=code)).status == status


def test_an_exchange_asked_for_after_the_end_leaves_the_order_completed() -> None:
    found = parcel(order(orderStatus=10, finishTime=AT))
    assert (found.status, found.completed_at) == ("completed", found.updated_at)
    assert ("order_there", "exchange_asked") in {(fact.name, fact.value) for fact in found.facts}


@each("code", [0, 11, None, "", [], True, 10**30])
def test_an_unknown_status_is_never_guessed(code: Any) -> None:
    assert "order status that is not known here" in unreadable(order(orderStatus=code))


@each(
    "values, type",
    [
        ({}, "ordinary"),
        ({"logisticsMode": 1, "logistics": "red_bonded"}, "ordinary"),
        ({"logisticsMode": 2}, "cross_border"),
        ({"logisticsMode": "4"}, "cross_border"),
        ({"logistics": "red_express"}, "cross_border"),
        ({"logistics": "red_box"}, "cross_border"),
        ({"logistics": "red_domestic_trade"}, "ordinary"),
        ({"logistics": "red_auto"}, "ordinary"),
        ({"orderType": 2, "logisticsMode": 2}, "deposit"),
        ({"orderType": 5}, "ordinary"),
    ],
)
def test_types(values: dict[str, Any], type: str) -> None:
    assert parcel(order(**values)).type == type


@each(
    "row, paid, of_lines",
    [
        # Freight is a part of what was paid, and of no line.
        (order(line(1, 9_000), totalPayAmount=9_700, totalShippingFree=700), 9_700, [9_000]),
        (order(line(1, 4_000), line(2, 2_500), totalPayAmount=6_500), 6_500, [4_000, 2_500]),
        (order(line(1, 9_900), line(2, 0, skuTag=1), totalPayAmount=9_900), 9_900, [9_900, 0]),
        # Tax in the lines, deposit in the whole.
        (order(line(1, 10_910, totalTaxAmount=910), totalPayAmount=10_910), 10_910, [10_910]),
        (
            order(line(1, 20_000), orderType=2, totalPayAmount=20_000, totalDepositAmount=3_000),
            20_000,
            [20_000],
        ),
        # Lines that do not add up are scaled to what was paid, to the fen.
        (order(line(1, 100), line(2, 100), line(3, 100), totalPayAmount=200), 200, [67, 67, 66]),
        (order(line(1, 100), line(2, 300), totalPayAmount=500), 500, [125, 375]),
        (order(line(1, 0), line(2, 0), totalPayAmount=101), 101, [51, 50]),
        (order(line(1, -5), line(2, 300), totalPayAmount=300), 300, [0, 300]),
        # Freight above what was paid.
        (order(line(1, 100), totalPayAmount=300, totalShippingFree=900), 300, [0]),
        # Nothing was paid, or not yet.
        (order(line(1, 0), orderType=5, totalPayAmount=0), 0, [0]),
        (order(line(1, 4_990), orderStatus=1), 0, [0]),
        (order(line(1, 4_990), orderStatus=9, paidTime=0), 0, [0]),
        (order(line(1, 4_990), orderStatus=9), 4_990, [4_990]),
        (order(line(1, 4_990), totalPayAmount="4990", totalShippingFree="0"), 4_990, [4_990]),
    ],
)
def test_lines_and_freight_add_up_to_what_was_paid(
    row: dict[str, Any], paid: int, of_lines: list[int]
) -> None:
    assert amounts(row) == (paid, of_lines)
    freight = row["totalShippingFree"]
    assert sum(of_lines) == max(0, paid - int(freight))


def test_pieces_of_one_product_are_added_up() -> None:
    """For the sake of rounding one product may come twice."""
    pieces = [
        {"quantity": 2, "paidAmountPerSku": 1_667},
        {"quantity": 1, "paidAmountPerSku": 1_666},
    ]
    whole = line(1, 0, skuDetailList=pieces)
    del whole["totalPaidAmount"], whole["skuQuantity"]
    row = order(whole, line(2, 400), totalPayAmount=5_400)

    record = parcel(row)

    assert [one.paid_amount for one in record.lines] == [5_000, 400]
    assert [one.quantity for one in record.lines] == [3, 1]


@each("amount", [None, "", "a lot", 49.9, -1, 10**30, True, []])
def test_an_amount_that_cannot_be_read_is_none(amount: Any) -> None:
    assert "paid_amount" in unreadable(order(totalPayAmount=amount))


@each("name", ["updateTime", "skuList", "totalPayAmount"])
def test_what_is_missing_is_named(name: str) -> None:
    row = order()
    del row[name]
    record = to_records.order_record(row, "shop-1", ORDER)
    assert isinstance(record, Unreadable)


def test_a_record_of_another_number_is_not_taken() -> None:
    assert "another number" in unreadable(order(orderId="P2"))


def test_nobody_named_is_nobody_else() -> None:
    assert parcel(order(userId="")).buyer == f"?{ORDER}"


def test_what_is_checked_by_the_platform_is_not_shipped() -> None:
    found = parcel(order(orderStatus=2, deliveryTime=0))
    assert found.labels == ["risk"]
    assert [fact.value for fact in found.facts if fact.name == "do_not_ship"] == ["risk_check"]


def test_what_needs_no_parcel_is_virtual() -> None:
    tagged = parcel(order(orderTagList=["PRINTED", "NO_LOGISTICS_SHIP"]))
    assert [one.virtual for one in tagged.lines] == [True]
    assert [one.virtual for one in parcel(order(orderTagList=None)).lines] == [False]


def test_facts_are_shown_beside_an_order() -> None:
    found = parcel(
        order(
            line(1, 4_990, kolName="主播小林"),
            orderStatus=4,
            orderType=4,
            promiseLastDeliveryTime=AT,
            paymentType=5,
            sellerRemark="加急，电话13800001111",
            sellerRemarkFlag=2,
        )
    )
    told = [(fact.name, fact.value) for fact in found.facts]
    assert told == [
        ("ship_by", ""),
        ("presale", "full"),
        ("sold_by", "主播小林"),
        ("paid_with", "later"),
        ("seller_flag", "red"),
        ("seller_note", "加急，电话…"),
    ]
    exchanged = parcel(order(line(1, 0), orderType=5, totalPayAmount=0, originalOrderId="P5"))
    assert ("exchange_of", "P5") in {(fact.name, fact.value) for fact in exchanged.facts}
