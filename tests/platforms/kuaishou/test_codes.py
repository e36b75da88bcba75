"""Every code of PLATFORMS.md b2, both ways."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from aftersale.platforms.kuaishou import codes, records
from aftersale.records import OrderStatus, TicketStatus, TicketType

AT = 1_700_000_000_123

BOTH_VARIANTS = [
    (10, "pending_review"),
    (11, "pending_review"),
    (12, "rejected"),
    (20, "arbitration"),
    (21, "arbitration"),
    (22, "awaiting_return"),
    (23, "arbitration"),
    (30, "awaiting_return"),
    (40, "returning"),
    (45, "returning"),
    (50, "refunding"),
    (60, "refunded"),
    (70, "closed"),
]


def row(**values: Any) -> dict[str, Any]:
    return {
        "refundId": 2607602240240301,
        "oid": 2607602240240299,
        "refundFee": 4_990,
        "handlingWay": 10,
        "status": 10,
        "negotiateStatus": 1,
        "createTime": AT - 1_000,
        "updateTime": AT,
        **values,
    }


def order(**base: Any) -> dict[str, Any]:
    return {
        "orderBaseInfo": {
            "oid": 2607602240240299,
            "buyerOpenId": "open-1",
            "status": 30,
            "totalFee": 4_990,
            "createTime": AT - 1_000,
            "payTime": AT - 900,
            "updateTime": AT,
            **base,
        },
        "orderItemInfo": {"itemId": 9_007_199_254_740_993, "num": 2, "itemTitle": "围巾"},
    }


@pytest.mark.parametrize(("code", "status"), BOTH_VARIANTS)
def test_a_status_becomes_one_of_the_desks(code: int, status: str) -> None:
    record = records.ticket_record(row(status=code), "s")

    assert record is not None
    assert record.status == status
    assert code in codes.STATUSES_OF[status]


def test_the_tables_hold_every_code_once() -> None:
    assert {code for code, _ in BOTH_VARIANTS} == set(codes.TICKET_STATUS)
    assert set(codes.TICKET_STATUS) == set(codes.Status) - {codes.Status.UNKNOWN}
    assert set().union(*codes.STATUSES_OF.values()) == set(codes.TICKET_STATUS)
    assert set(codes.TICKET_STATUS.values()) <= set(get_args(TicketStatus))
    assert set(codes.ORDER_STATUS.values()) <= set(get_args(OrderStatus))
    assert set(codes.ORDER_STATUS_OF) == set(get_args(OrderStatus))
    assert set(codes.HANDLING_OF) == set(get_args(TicketType))
    groups = [
        codes.NOT_AUTHENTICATED,
        codes.NOT_PERMITTED,
        codes.BAD_SIGNATURE,
        codes.THROTTLED,
        codes.QUOTA_SPENT,
        codes.SUCCEEDED,
    ]
    assert sum(map(len, groups)) == len(frozenset().union(*groups))


@pytest.mark.parametrize(
    ("way", "kind"), [(1, "return_refund"), (3, "exchange"), (10, "refund_only")]
)
def test_a_handling_way_becomes_a_type(way: int, kind: str) -> None:
    record = records.ticket_record(row(handlingWay=way), "s")

    assert record is not None
    assert record.type == kind
    assert codes.HANDLING_OF[kind] == way


@pytest.mark.parametrize("way", [0, 4, 5, 99])
def test_what_the_desk_has_no_type_for_is_for_people(way: int) -> None:
    """SPEC O3: an exchange is always for people."""
    record = records.ticket_record(row(handlingWay=way, refundDesc="少了一件"), "s")

    assert record is not None
    assert record.type == "exchange"
    assert record.note.endswith("\n少了一件")


@pytest.mark.parametrize("status", [0, 25, 99])
def test_a_status_that_is_not_known_is_never_evaluated(status: int) -> None:
    record = records.ticket_record(row(status=status), "s")

    assert record is not None
    assert record.status == "negotiating"
    assert str(status) in record.note


@pytest.mark.parametrize("way", [3, 4, 5])
def test_goods_sent_are_no_money_paid(way: int) -> None:
    record = records.ticket_record(row(status=60, handlingWay=way), "s")

    assert record is not None
    assert (record.status, record.refund_result) == ("closed", None)


def test_a_return_that_the_platform_confirmed_may_be_on_its_way() -> None:
    record = records.ticket_record(
        row(status=22, handlingWay=1, logisticsInfo={"expressNo": "SF1", "expressCode": 4}), "s"
    )

    assert record is not None
    assert record.status == "returning"


@pytest.mark.parametrize(
    ("negotiation", "text", "status"),
    [
        (0, "", "pending_review"),
        (1, "", "pending_review"),
        (2, "", "pending_review"),
        (3, "不符", "rejected"),
        (3, "【协商】请退货", "negotiating"),
    ],
)
def test_what_became_of_an_application(negotiation: int, text: str, status: str) -> None:
    record = records.ticket_record(
        row(
            status=11,
            negotiateStatus=negotiation,
            sellerDisagreeDesc=text,
            expireTime=AT + 1_000,
            validNegotiateBuyerModifyTimeStamp=AT + 2_000,
        ),
        "s",
    )

    assert record is not None
    assert record.status == status
    # Whose turn it is decides which deadline counts.
    until = AT + (2_000 if negotiation == 3 else 1_000)
    assert record.due_at == datetime.fromtimestamp(until / 1000, UTC)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (10, "pending_payment"),
        (30, "pending_shipment"),
        (40, "shipped"),
        (50, "delivered"),
        (70, "completed"),
        (80, "closed"),
    ],
)
def test_an_orders_status(code: int, status: str) -> None:
    record = records.order_record(order(status=code), "s")

    assert record is not None
    assert record.status == status
    assert codes.ORDER_STATUS_OF[status] == code


@pytest.mark.parametrize("code", [0, 35])
def test_an_order_in_an_unknown_status_is_not_guessed_at(code: int) -> None:
    assert records.order_record(order(status=code), "s") is None


@pytest.mark.parametrize(
    ("sent", "status"), [(0, "shipped"), (1, "partially_shipped"), (2, "shipped")]
)
def test_an_order_is_shipped_there_with_its_first_piece(sent: int, status: str) -> None:
    record = records.order_record(
        {**order(status=40), "orderDeliveryInfo": {"deliveryNum": sent}}, "s"
    )

    assert record is not None
    assert record.status == status


@pytest.mark.parametrize(
    ("kind", "virtual"), [(0, False), (1, False), (2, True), (3, True), (14, True)]
)
def test_orders_without_a_parcel_are_virtual(kind: int, virtual: bool) -> None:
    record = records.order_record(order(coType=kind), "s")

    assert record is not None
    assert [line.virtual for line in record.lines] == [virtual]
