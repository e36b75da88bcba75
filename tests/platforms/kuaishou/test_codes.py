"""Every code of PLATFORMS b2, both ways."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from aftersale.platforms.kuaishou import codes, to_records
from aftersale.platforms.protocol import Fact, Unreadable
from aftersale.records.schemas import OrderStatus, TicketStatus, TicketType
from tests.each import each

from .rows import AT, order, parcel, row, seen, ticket

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


@each("code, status", BOTH_VARIANTS)
def test_a_status_becomes_one_of_the_desks(code: int, status: str) -> None:
    record = ticket(row(status=code))

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


@each("way, kind", [(1, "return_refund"), (3, "exchange"), (10, "refund_only")])
def test_a_handling_way_becomes_a_type(way: int, kind: str) -> None:
    record = ticket(row(handlingWay=way))

    assert record.type == kind
    assert codes.HANDLING_OF[kind] == way


@each("way, kind", [(4, "reship"), (5, "repair")])
def test_goods_alone_are_for_people_as_an_exchange_is(way: int, kind: str) -> None:
    """SPEC O3."""
    found = seen(row(handlingWay=way, refundDesc="少了一件"))

    assert (found.record.type, found.record.note, found.unknown) == ("exchange", "少了一件", False)
    assert Fact("kind", kind) in found.facts


@each("way", [0, 2, 99])
def test_a_kind_that_is_not_known_is_kept_by_its_own_name(way: int) -> None:
    """SPEC O4: no exchange."""
    found = seen(row(handlingWay=way))

    assert (found.record.type, found.unknown) == ("refund_only", True)
    assert Fact("type_there", str(way)) in found.facts


@pytest.mark.parametrize("way", [0, 2, 99])
@pytest.mark.parametrize("status", [22, 30, 40, 45, 50, 60])
def test_money_is_never_read_from_a_kind_that_is_not_known(way: int, status: int) -> None:
    record = ticket(row(handlingWay=way, status=status))

    assert record.status == ("closed" if status == 60 else None)
    assert record.refund_result is None


@each("status", [0, 25, 99])
def test_a_status_that_is_not_known_is_kept_by_its_own_name(status: int) -> None:
    """SPEC O4: no arbitration; the ticket stays where it is, and its flag keeps the automation
    off it."""
    found = seen(row(status=status))

    assert (found.record.status, found.unknown) == (None, True)
    assert Fact("status_there", str(status)) in found.facts
    assert not seen(row()).unknown


@each("way", [3, 4, 5])
def test_goods_sent_are_no_money_paid(way: int) -> None:
    record = ticket(row(status=60, handlingWay=way))

    assert (record.status, record.refund_result) == ("closed", None)


def test_a_return_that_the_platform_confirmed_may_be_on_its_way() -> None:
    record = ticket(
        row(status=22, handlingWay=1, logisticsInfo={"expressNo": "SF1", "expressCode": 4})
    )

    assert record.status == "returning"


@each(
    "negotiation, text, status",
    [
        (0, "", "pending_review"),
        (1, "", "pending_review"),
        (2, "", "pending_review"),
        (3, "不符", "rejected"),
        (3, "【协商】请退货", "negotiating"),
    ],
)
def test_what_became_of_an_application(negotiation: int, text: str, status: str) -> None:
    record = ticket(
        row(
            status=11,
            negotiateStatus=negotiation,
            sellerDisagreeDesc=text,
            expireTime=AT + 1_000,
            validNegotiateBuyerModifyTimeStamp=AT + 2_000,
        )
    )

    assert record.status == status
    # The party whose turn it is decides which deadline counts.
    until = AT + (2_000 if negotiation == 3 else 1_000)
    assert record.due_at == datetime.fromtimestamp(until / 1000, UTC)


@each(
    "code, status",
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
    record = parcel(order(status=code))

    assert record.status == status
    assert codes.ORDER_STATUS_OF[status] == code


@each("code", [0, 35])
def test_an_order_in_an_unknown_status_is_not_guessed_at(code: int) -> None:
    unreadable = to_records.order_record(order(status=code), "s")

    assert unreadable == Unreadable(
        "2607602240240299",
        f"Kuaishou reports an order status that is not known here: {code}.",
    )


@each(
    "code, sent, status",
    [
        (30, 0, "pending_shipment"),
        (30, 1, "partially_shipped"),
        (40, 0, "shipped"),
        (40, 1, "partially_shipped"),
        (40, 2, "shipped"),
        (50, 1, "delivered"),
    ],
)
def test_an_order_whose_pieces_have_left_in_part(code: int, sent: int, status: str) -> None:
    """Which status it has meanwhile is not documented."""
    record = parcel({**order(status=code), "orderDeliveryInfo": {"deliveryNum": sent}})

    assert record.status == status


@each("kind, virtual", [(0, False), (1, False), (2, True), (3, True), (14, True)])
def test_orders_without_a_parcel_are_virtual(kind: int, virtual: bool) -> None:
    record = parcel(order(coType=kind))

    assert [line.virtual for line in record.lines] == [virtual]


@each("status", [10, 11, 40])
def test_a_negotiation_that_is_not_known_is_for_people(status: int) -> None:
    found = seen(row(status=status, negotiateStatus=9))
    assert (found.record.status, found.unknown) == (None, True)
    assert Fact("status_there", f"{status}, 9") in found.facts
    assert seen(row(status=50, negotiateStatus=9)).record.status == "refunding"
