"""Every code of PLATFORMS b3 to b5 has its word, and every word of ours its code."""

from datetime import UTC, datetime
from typing import get_args

from aftersale.models import OrderStatus, TicketStatus, TicketType
from aftersale.platforms.protocol import Fact, SeenTicket
from aftersale.platforms.wechat import codes, to_records
from aftersale.platforms.wechat.disputes import Dispute
from aftersale.records import schemas
from aftersale.reject_reasons import BY_CODE
from tests.each import each

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TICKET = {
    "after_sale_order_id": "1768715750567651",
    "order_id": "1768683047558651",
    "status": "MERCHANT_PROCESSING",
    "type": "REFUND",
    "create_time": 1662480000,
    "update_time": 1662483600,
    "refund_info": {"amount": 11},
}


def whole(dispute: Dispute | None = None, **changes: object) -> SeenTicket:
    raw = {**TICKET, **changes}
    return to_records.seen_ticket("s", raw, line_no=1, read_at=NOW, dispute=dispute)


def seen(**changes: object) -> schemas.TicketRecord:
    return whole(None, **changes).record


@each(
    "theirs, ours",
    [
        ("USER_CANCELD", "cancelled"),
        ("MERCHANT_PROCESSING", "pending_review"),
        ("MERCHANT_REJECT_REFUND", "rejected"),
        ("MERCHANT_REJECT_RETURN", "rejected"),
        ("MERCHANT_REJECT_EXCHANGE", "rejected"),
        ("MERCHANT_REJECT_RESHIP", "rejected"),
        ("USER_WAIT_RETURN", "awaiting_return"),
        ("RETURN_CLOSED", "closed"),
        ("MERCHANT_WAIT_RECEIPT", "returning"),
        ("MERCHANT_OVERDUE_REFUND", "refunding"),
        ("MERCHANT_REFUND_SUCCESS", "refunded"),
        ("MERCHANT_RETURN_SUCCESS", "refunded"),
        ("PLATFORM_REFUNDING", "refunding"),
        ("PLATFORM_REFUND_FAIL", "refund_failed"),
        ("USER_WAIT_CONFIRM", "refunding"),
        ("MERCHANT_REFUND_RETRY_FAIL", "closed"),
        ("MERCHANT_FAIL", "closed"),
        ("USER_WAIT_CONFIRM_UPDATE", "negotiating"),
        ("USER_WAIT_HANDLE_MERCHANT_AFTER_SALE", "negotiating"),
        ("WAIT_PACKAGE_INTERCEPT", "negotiating"),
        ("USER_WAIT_RECEIPT", "closed"),
        ("MERCHANT_EXCHANGE_SUCCESS", "closed"),
    ],
)
def test_statuses(theirs, ours):
    assert seen(status=theirs).status == ours


def test_no_status_is_forgotten():
    assert len(codes.TICKET_STATUS) == 22
    assert set(codes.TICKET_STATUS.values()) == set(TicketStatus) - {"arbitration"}


@each(
    "number, ours",
    {
        1: "cancelled",
        2: "pending_review",
        4: "rejected",
        5: "rejected",
        6: "awaiting_return",
        7: "closed",
        8: "returning",
        12: "refunding",
        13: "refunded",
        14: "refunded",
        15: "refunding",
        16: "refund_failed",
        17: "refunding",
        18: "closed",
        19: "closed",
    }.items(),
)
def test_older_numbers_of_statuses_also_as_texts(number, ours):
    assert seen(status=number).status == seen(status=str(number)).status == ours


@each("status", ["SOMETHING_NEW", 99, "", None])
def test_a_status_that_is_not_known_is_kept_by_its_own_name(status):
    """SPEC O4: no arbitration; the ticket stays where it is, and its flag keeps the automation
    off it."""
    ticket = whole(status=status)
    assert (ticket.record.status, ticket.unknown) == (None, True)
    assert Fact("status_there", str(status or "–")) in ticket.facts
    assert not whole().unknown


@each(
    "type, ours",
    [
        ("REFUND", "refund_only"),
        ("RETURN", "return_refund"),
        ("EXCHANGE", "exchange"),
        ("RESHIP", "exchange"),
        (1, "refund_only"),
        ("2", "return_refund"),
        (3, "exchange"),
        (4, "exchange"),
    ],
)
def test_types(type, ours):
    """Goods that are sent again are for people, as an exchange is (SPEC O3)."""
    assert (seen(type=type).type, whole(type=type).unknown) == (ours, False)


@each("type", ["NEW_TYPE", 9, "", None])
def test_a_type_that_is_not_known_is_kept_by_its_own_name(type):
    """SPEC O4: no exchange."""
    ticket = whole(type=type)
    assert (ticket.record.type, ticket.unknown) == ("refund_only", True)
    assert Fact("type_there", str(type or "–")) in ticket.facts


@each(
    "status, ours",
    [
        ("USER_WAIT_RETURN", None),
        ("MERCHANT_WAIT_RECEIPT", None),
        ("PLATFORM_REFUNDING", None),
        ("MERCHANT_REFUND_SUCCESS", "closed"),
        ("USER_CANCELD", "cancelled"),
    ],
)
def test_money_is_never_read_from_a_type_that_is_not_known(status, ours):
    record = seen(type="NEW_TYPE", status=status)
    assert (record.status, record.refund_result) == (ours, None)


def test_every_type_can_be_offered_but_an_exchange():
    assert set(codes.OFFERED_TYPE) == set(TicketType) - {"exchange"}
    assert set(codes.TICKET_TYPE.values()) == set(TicketType) - {"refund_keep_goods"}


@each(
    "reason, text, ours",
    [
        ("10000021", "质量问题", "质量问题"),
        ("10009999", "全新的原因", "全新的原因"),
        ("10009999", "", "10009999"),
        ("NO_REASON_7_DAYS", "", "七天无理由"),
        ("", "", ""),
    ],
)
def test_reasons_are_their_text(reason, text, ours):
    assert seen(reason=reason, reason_text=text).reason == ours


def test_every_documented_reason_has_a_label():
    assert len(codes.REASONS) == 24
    for code, label in codes.REASONS.items():
        assert seen(reason=code).reason == label


@each(
    "status, ours",
    [
        (5, "pending_payment"),
        (10, "pending_payment"),
        (12, "pending_shipment"),
        (13, "pending_shipment"),
        (20, "pending_shipment"),
        (21, "partially_shipped"),
        (30, "shipped"),
        (100, "completed"),
        (190, "closed"),
        (200, "closed"),
        (250, "closed"),
    ],
)
def test_order_statuses(status, ours):
    assert codes.ORDER_STATUS[status] == ours
    assert len(codes.ORDER_STATUS) == 11
    assert set(codes.ORDER_STATUS.values()) == set(OrderStatus) - {"delivered"}


def test_our_words_are_the_records_words():
    assert set(codes.TICKET_STATUS.values()) <= set(get_args(schemas.TicketStatus))
    assert set(codes.TICKET_TYPE.values()) <= set(get_args(schemas.TicketType))
    assert set(codes.ORDER_STATUS.values()) <= set(get_args(schemas.OrderStatus))
    assert set(codes.BENEFICIARY.values()) <= set(get_args(schemas.Beneficiary))


def test_every_reject_reason_of_the_catalogue_has_the_platforms():
    """SPEC P2."""
    assert set(codes.REJECT_REASONS) == set(BY_CODE)
    assert all(numbers or labels for numbers, labels in codes.REJECT_REASONS.values())


@each("sub_type", [None, "", 0, "DEFAULT", "REFUND_PRICE_DIFF"])
def test_kinds_of_a_request_that_are_known(sub_type):
    assert whole(sub_type=sub_type).unknown is False


@each("sub_type", ["REFUND_NEW", 7, ["DEFAULT"]])
def test_a_kind_that_is_not_known_is_for_people_by_its_own_name(sub_type):
    ticket = whole(sub_type=sub_type)
    assert ticket.unknown is True
    assert Fact("type_there", str(sub_type)) in ticket.facts
