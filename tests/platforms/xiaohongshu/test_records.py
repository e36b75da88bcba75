"""A request as Xiaohongshu sends it, as a ticket."""

from typing import Any

from aftersale.platforms.protocol import Unreadable
from aftersale.platforms.xiaohongshu import to_records
from tests.each import each

from .rows import AT, NUMBER, detail, exact, order, seen, ticket
from .shop import line


def unreadable(row: dict[str, Any]) -> str:
    found = to_records.seen_ticket(exact(row), "shop-1", NUMBER, None)
    assert isinstance(found, Unreadable), found
    assert found.number == NUMBER
    return found.reason


@each(
    "yuan, fen",
    [
        (49.9, 4_990),
        (0.01, 1),
        (19.99, 1_999),
        (1.10, 110),
        (1234567.89, 123_456_789),
        (185, 18_500),
        ("50.00", 5_000),
        ("50.5", 5_050),
        (0, 0),
        (0.0, 0),
    ],
)
def test_yuan_are_exact(yuan: Any, fen: int) -> None:
    assert ticket(expectedRefundAmountYuan=yuan).amount == fen


@each("yuan", [0.001, 50.005, "50.", "5e1", "", "much", -1, -0.01, True, None, [], 1e30, 10**30])
def test_what_is_no_amount_is_not_taken_for_one(yuan: Any) -> None:
    assert "amount" in unreadable(detail(expectedRefundAmountYuan=yuan))


def test_goods_and_freight_make_the_amount_where_the_whole_is_missing() -> None:
    values = {"appliedSkusAmountYuan": 180.0, "appliedShipFeeAmountYuan": 5.0}
    assert ticket(expectedRefundAmountYuan=None, **values).amount == 18_500
    assert ticket(expectedRefundAmountYuan=None, returnType=2).amount == 0


def test_what_went_back_is_what_counts() -> None:
    """A deposit that went back with it is more than was asked for."""
    values = {"expectedRefundAmountYuan": 50.0, "refundAmountYuan": 80.0, "status": 4}
    assert ticket(**values, refundStatus=2).amount == 8_000
    assert ticket(**values, refundStatus=1).amount == 5_000
    assert ticket(**{**values, "refundAmountYuan": None}, refundStatus=2).amount == 5_000


@each("missing", ["orderId", "applyTime", "updatedAt"])
def test_what_is_missing_is_named_without_the_buyers_words(missing: str) -> None:
    row = detail(desc="我的电话是13800001111")
    del row["afterSaleInfo"][missing]
    reason = unreadable(row)
    assert "can't be read" in reason
    assert "13800001111" not in reason


@each("row", [{}, {"afterSaleInfo": None}, detail(returnsId="R1")])
def test_a_record_of_another_number_is_not_taken(row: dict[str, Any]) -> None:
    assert "another number" in unreadable(row)


@each(
    "expires, due",
    [(AT + 500, True), (-1, False), (0, False), (None, False), (AT // 1000, False)],
)
def test_a_deadline_is_told_or_there_is_none(expires: Any, due: bool) -> None:
    assert (ticket(expireTime=expires).due_at is not None) is due


@each("name", ["after_sale", "afterSale"])
def test_both_spellings_of_the_parcel_are_read(name: str) -> None:
    row = detail(returnType=1, status=3)
    row["logisticsInfo"] = {
        name: {"expressNo": "YT900", "expressCompanyCode": "yuantong", "expressCompanyName": ""}
    }
    shipment = seen(row).record.return_shipment
    assert shipment is not None
    assert (shipment.carrier, shipment.tracking_no) == ("yuantong", "YT900")
    row["logisticsInfo"] = {name: {"expressNo": ""}}
    assert seen(row).record.return_shipment is None


def test_pictures_are_links() -> None:
    links = ["https://pictures.invalid/1.jpg", None, "javascript:1", 7, "http://p.invalid/2"]
    found = ticket(proofPhotos=links)
    assert found.evidence == ["https://pictures.invalid/1.jpg", "http://p.invalid/2"]
    assert ticket(proofPhotos="https://p.invalid").evidence == []


def test_facts_are_shown_beside_a_ticket() -> None:
    row = detail(
        returnType=6,
        cargoStatus=1,
        returnsTag=32,
        appliedShipFeeAmountYuan=6.5,
        supportCarriageInsurance=True,
        closeReasonZh="商品无质量问题",
        exchangeSKUs=[{"skuName": "亚麻衬衫 L", "appliedCount": 2}],
    )
    row["negotiateRecords"] = [{"title": "买家发起退款", "time": "2026-11-30 10:00:00"}, None, {}]
    assert [(fact.name, fact.value) for fact in seen(row).facts] == [
        ("kind", "price_protection"),
        ("goods_received", "no"),
        ("paid_by_rule", "after_shipping"),
        ("freight_asked", "6.50"),
        ("freight_insurance", "yes"),
        ("our_refusal", "商品无质量问题"),
        ("exchange_for", "亚麻衬衫 L × 2"),
        ("history", "2026-11-30 10:00:00 买家发起退款"),
    ]


def skus(*numbers: int) -> dict[str, Any]:
    return {"skus": [{"skuId": line(number, 0)["skuId"]} for number in numbers]}


@each(
    "asked, lines, line_no",
    [
        (skus(2), (1, 2), 2),
        (skus(2, 2), (1, 2), 2),
        # Of several lines, of none, and where two lines are alike nobody can tell.
        (skus(1, 2), (1, 2), None),
        (skus(3), (1, 2), None),
        (skus(1), (1, 1), None),
        ({"skus": []}, (1,), None),
        ({}, (1,), None),
        ({"skus": [{"skuId": ""}]}, (1,), None),
    ],
)
def test_a_ticket_is_about_the_line_of_its_goods(
    asked: dict[str, Any], lines: tuple[int, ...], line_no: int | None
) -> None:
    whole = order(*(line(number, 100) for number in lines))
    assert to_records.line_of(asked, whole) == line_no
    assert to_records.line_of(asked, None) is None
