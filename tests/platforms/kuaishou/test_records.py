"""Money in fen, times to the millisecond, numbers as text; what is bad is left out, never fatal."""

from datetime import UTC, datetime

import pytest

from aftersale.platforms.kuaishou import to_records
from aftersale.platforms.kuaishou.values import milliseconds
from aftersale.platforms.protocol import Unreadable
from tests.each import each

from .rows import AT, order, parcel, row, ticket


def test_a_ticket_in_full() -> None:
    record = ticket(
        row(
            status=40,
            handlingWay=1,
            refundReasonDesc="质量问题",
            refundDesc="开线了",
            pictures='["https://p/1.jpg","https://p/2.jpg"]',
            logisticsInfo={"expressNo": "SF1020304050", "expressCode": 4},
            expireTime=AT + 604_800_000,
        )
    )

    assert record.model_dump(exclude_none=True) == {
        "shop": "shop-1",
        "ticket_no": "2607602240240301",
        "order_no": "2607602240240299",
        "line_no": 1,
        "type": "return_refund",
        "reason": "质量问题",
        "amount": 4_990,
        "applied_at": datetime(2023, 11, 14, 22, 13, 19, 123_000, UTC),
        "updated_at": datetime(2023, 11, 14, 22, 13, 20, 123_000, UTC),
        "note": "开线了",
        "evidence": ["https://p/1.jpg", "https://p/2.jpg"],
        "status": "returning",
        "due_at": datetime(2023, 11, 21, 22, 13, 20, 123_000, UTC),
        "return_shipment": {"carrier": "4", "tracking_no": "SF1020304050"},
        "labels": [],
    }
    assert milliseconds(record.updated_at) == AT


def test_an_order_in_full() -> None:
    record = parcel(order(status=50, sendTime=AT - 500, recvTime=AT - 100))

    assert (record.order_no, record.buyer, record.paid_amount) == (
        "2607602240240299",
        "open-1",
        4_990,
    )
    assert record.refunded_amount == 0
    assert record.labels == []
    assert record.shipped_at == datetime(2023, 11, 14, 22, 13, 19, 623_000, UTC)
    assert record.delivered_at == datetime(2023, 11, 14, 22, 13, 20, 23_000, UTC)
    [line] = record.lines
    # Longer than a float can hold.
    assert (line.line_no, line.product, line.quantity) == (1, "9007199254740993", 2)


@each(
    "pictures, links",
    [
        (None, []),
        ("", []),
        ("[]", []),
        ("https://p/1.jpg,https://p/2.jpg", ["https://p/1.jpg", "https://p/2.jpg"]),
        (["https://p/1.jpg", 7, "javascript:alert(1)"], ["https://p/1.jpg"]),
    ],
)
def test_pictures_in_whatever_form(pictures: object, links: list[str]) -> None:
    record = ticket(row(pictures=pictures))

    assert record.evidence == links


def test_numbers_may_come_as_text() -> None:
    record = ticket(row(refundFee="4990", updateTime=str(AT), oid="12"))

    assert (record.amount, record.order_no) == (4_990, "12")
    assert milliseconds(record.updated_at) == AT


@each("expires", [0, -1, 3_600, 10**18, None, "soon"])
def test_a_deadline_that_is_no_moment_is_none(expires: object) -> None:
    record = ticket(row(expireTime=expires))

    assert record.due_at is None


def test_a_ticket_that_is_over_has_no_deadline() -> None:
    record = ticket(row(status=70, expireTime=AT + 1_000))

    assert record.due_at is None


def test_a_platforms_own_refund_carries_when_it_arrived() -> None:
    record = ticket(row(status=60, endTime=AT + 500))

    assert record.refund_result is not None
    assert milliseconds(record.refund_result.at or record.updated_at) == AT + 500


def test_text_that_the_database_cannot_hold_is_cleaned() -> None:
    record = ticket(row(refundDesc="a\x00b\ud800c", refundReasonDesc="x" * 99))

    assert (record.note, record.reason) == ("abc", "x" * 64)


@pytest.mark.parametrize(
    "bad", [{"refundId": None}, {"oid": 0}, {"updateTime": 0}, {"refundFee": -5}]
)
def test_what_cannot_be_recorded_is_told_without_its_words(
    bad: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    unreadable = to_records.seen_ticket(row(refundDesc="私密", **bad), "s")

    assert isinstance(unreadable, Unreadable)
    assert unreadable.number == ("" if "refundId" in bad else "2607602240240301")
    assert "私密" not in f"{unreadable} {caplog.text}"
