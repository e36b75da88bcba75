"""An order's money, type and labels as strategies, caps and the warehouse need them."""

from typing import Any

from aftersale.platforms.kuaishou import Kuaishou, to_records
from aftersale.platforms.protocol import Fact, Unreadable
from tests.each import each

from .fake import KuaishouFake
from .rows import AT, order, parcel


def deposit(first: int, rest: int) -> dict[str, Any]:
    """Both steps with what was paid of them; 0: not yet."""
    return {
        "orderPaymentStatus": {"payStepType": 1},
        "orderPaymentSteps": [
            {"payStepNo": 1, "payStepStatus": 30 if first else 10, "paymentFee": first},
            {"payStepNo": 2, "payStepStatus": 30 if rest else 10, "paymentFee": rest},
        ],
    }


def test_freight_is_paid_beside_the_goods() -> None:
    """SPEC O2: a full refund with its freight can be approved; E2: what exceeds the lines' sum is
    the freight."""
    record = parcel(order(totalFee=16_800, expressFee=700))

    assert record.paid_amount == 17_500
    assert [line.paid_amount for line in record.lines] == [16_800]


@each("status", [30, 40, 50, 70, 80])
def test_nothing_is_paid_before_payment(status: int) -> None:
    assert parcel(order(status=10, totalFee=16_800, expressFee=700)).paid_amount == 0
    assert parcel(order(status=status, totalFee=16_800)).paid_amount == 16_800


def test_an_order_that_closed_unpaid_has_paid_nothing() -> None:
    for never in (0, None, ""):
        assert parcel(order(status=80, totalFee=16_800, payTime=never)).paid_amount == 0


@each("first, rest, paid", [(2_500, 0, 2_500), (2_500, 13_000, 15_500), (0, 0, 0)])
def test_of_a_deposit_order_the_paid_steps_count(first: int, rest: int, paid: int) -> None:
    """SPEC S2: it goes to people, whatever is paid of it."""
    record = parcel({**order(totalFee=15_500), "orderStepInfo": deposit(first, rest)})

    assert (record.type, record.paid_amount) == ("deposit", paid)
    assert sum(line.paid_amount for line in record.lines) == paid


@each(
    "base, type, labels",
    [
        ({}, "ordinary", []),
        ({"coType": 8}, "cross_border", []),
        ({"coType": 8, "allActivityType": [6]}, "deposit", ["campaign"]),
        ({"allActivityType": [18, 16]}, "ordinary", ["campaign"]),
        ({"allActivityType": None}, "ordinary", []),
        ({"preSale": 1}, "ordinary", []),
        ({"riskCode": 10001}, "ordinary", ["risk"]),
        ({"riskCode": "10001"}, "ordinary", ["risk"]),
        ({"riskCode": 7}, "ordinary", ["risk"]),
        ({"disableDeliveryReasonCode": [2]}, "ordinary", ["risk"]),
        ({"disableDeliveryReasonCode": [1]}, "ordinary", ["risk"]),
        ({"disableDeliveryReasonCode": [0], "riskCode": 0}, "ordinary", []),
    ],
)
def test_what_kind_of_order_it_is(base: dict[str, Any], type: str, labels: list[str]) -> None:
    """SPEC O1: `risk` is what the platform calls risky or says not to ship."""
    record = parcel(order(**base))

    assert (record.type, record.labels) == (type, labels)


@each(
    "service, labels",
    [({"instantRefund": True}, ["fast_refund"]), ({"instantRefund": False}, []), (None, [])],
)
def test_the_service_of_instant_refund_is_the_label(service: object, labels: list[str]) -> None:
    """SPEC F1."""
    row = order()
    row["orderItemInfo"]["serviceInfo"] = service

    assert parcel(row).labels == labels


@each("status, promise, shown", [(30, 0, True), (30, "0", True), (30, AT, False), (40, 0, False)])
def test_an_order_that_may_not_be_shipped_now_says_so(
    status: int, promise: object, shown: bool
) -> None:
    """An open request may be why, so the order is not called risky by it."""
    record = parcel(order(status=status, validPromiseShipmentTimeStamp=promise))
    assert (Fact("do_not_ship", "not_now") in record.facts) is shown
    assert record.labels == []
    unsaid = parcel(order(status=status))
    assert "do_not_ship" not in {fact.name for fact in unsaid.facts}


def test_gifts_are_lines_for_nothing() -> None:
    """SPEC E3: they do not decide the product condition."""
    record = parcel(
        {
            **order(),
            "subOrderInfo": [
                {"subOrderType": 1, "subOrderItemInfo": {"itemId": 5, "num": 1}},
                {"subOrderType": 2, "subOrderItemInfo": {"itemId": 77, "num": 3, "price": 990}},
            ],
        }
    )

    assert [(line.line_no, line.product, line.quantity) for line in record.lines] == [
        (1, "9007199254740993", 2),
        (2, "77", 3),
    ]
    assert [line.paid_amount for line in record.lines] == [4_990, 0]


def test_what_people_see_beside_an_order() -> None:
    record = parcel(
        {
            **order(
                riskCode=10001,
                disableDeliveryReasonCode=[1, 9],
                validPromiseShipmentTimeStamp=AT,
                remindShipmentSign=1,
                payType=88,
            ),
            "orderItemInfo": {
                "itemId": 1,
                "num": 1,
                "serviceInfo": {"freight": True, "serviceRuleInfo": {"refundRule": "3"}},
            },
            "orderCpsInfo": {"distributorName": "带货人"},
            "addressUpdateAuditInfo": {"auditStatus": 10},
            "orderNote": {
                "orderNoteInfo": [
                    {"note": "电话 13800138000 催过", "flagTagCode": "red_flag_tag_order"}
                ]
            },
            "orderAddress": {"desensitiseConsignee": "张*", "province": "浙江省"},
        }
    )

    assert [(fact.name, fact.value) for fact in record.facts] == [
        ("do_not_ship", "risk"),
        ("do_not_ship", "group_not_full"),
        ("do_not_ship", "9"),
        ("ship_by", ""),
        ("urged", "1"),
        ("freight_insurance", "yes"),
        ("return_rule", "negotiated"),
        ("address_change", "waiting"),
        ("sold_by", "带货人"),
        ("paid_with", "later"),
        ("seller_flag", "red"),
        # A number that may be somebody's is not kept.
        ("seller_note", "电话 … 催过"),
    ]
    assert "facts" not in record.model_dump()


def test_what_the_platform_bore_goes_back_too(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    """`refundFee` has the platform's part of a discount in it: asked for where something goes
    back, of orders that had a discount."""
    number = fake.shop.place(9_000, freight=600)
    row = fake.shop.orders[number]
    row["orderBaseInfo"]["discountFee"] = 800
    row["_platform_bears"] = 300

    before = kuaishou.order(str(number))
    fake.shop.apply(number, 10, 9_900, "不想要了")
    after = kuaishou.order(str(number))

    assert before is not None
    assert after is not None
    assert (before.paid_amount, after.paid_amount) == (9_600, 9_900)
    assert sum(line.paid_amount for line in after.lines) == 9_300
    asked = [method for _, method in fake.requests]
    assert asked.count("open.seller.order.fee.detail") == 1


def test_a_full_refund_with_freight_is_approved(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    number = fake.shop.place(9_000, freight=600)
    ticket_no = fake.buyer_applies(str(number), "refund_only", 9_600)

    order = kuaishou.order(str(number))
    ticket = kuaishou.ticket(ticket_no)

    assert order is not None
    assert ticket is not None
    assert ticket.record.amount == order.paid_amount == 9_600
    assert Fact("started_by", "buyer") in ticket.facts


@each("activities", [[6], ["6"], ["18", "6"]])
def test_activities_may_come_as_text(activities: list[Any]) -> None:
    record = parcel(order(allActivityType=activities))
    assert (record.type, record.labels) == ("deposit", ["campaign"])
    assert parcel(order(allActivityType=["0"])).labels == []


@each(
    "name, value", [("totalFee", "x"), ("totalFee", -1), ("expressFee", "1.5"), ("expressFee", [])]
)
def test_an_amount_that_can_not_be_read_makes_no_order(name: str, value: Any) -> None:
    found = to_records.order_record(order(**{name: value}), "shop-1")
    assert isinstance(found, Unreadable)


@each("fee", ["x", -1, []])
def test_a_step_that_can_not_be_read_makes_no_part_of_a_deposit(fee: Any) -> None:
    steps = deposit(2_500, 13_000)
    steps["orderPaymentSteps"][1]["paymentFee"] = fee
    found = to_records.order_record({**order(totalFee=15_500), "orderStepInfo": steps}, "shop-1")
    assert isinstance(found, Unreadable)
