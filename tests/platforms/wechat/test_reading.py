"""Orders and tickets as the platform gives them, as records."""

from datetime import UTC, datetime, timedelta

import pytest

from aftersale.platforms.wechat import to_records
from tests.each import each
from tests.platforms.wechat.test_codes import NOW, TICKET, seen

ORDER = {
    "order_id": 3705115058471208928,
    "status": 30,
    "openid": "oBuyer",
    "create_time": 1658505600,
    "update_time": 1658509300,
    "order_detail": {
        "product_infos": [
            {"product_id": 234245, "sku_id": "23424", "sku_cnt": 2, "title": "健身环",
             "sale_price": 2000, "real_price": 3500},
            {"product_id": "234245", "sku_id": "23425", "sku_cnt": 3, "sale_price": 100},
        ],
        "pay_info": {"pay_time": 1658509200},
        "price_info": {"order_price": 3805, "freight": 5},
        "delivery_info": {
            "deliver_method": 0,
            "ship_done_time": 1658509299,
            "delivery_product_info": [{"delivery_time": 1658509290}, {"delivery_time": 0}],
        },
        "ext_info": {"confirm_receipt_time": 0},
        "commission_infos": [
            {"type": 0, "amount": 70, "finder_id": "sph1", "nickname": "达人"},
            {"type": 1, "amount": 30},
        ],
        "settle_info": {"predict_commission_fee": 19},
    },
}  # fmt: skip


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_an_order():
    order = to_records.order_record("shop-1", ORDER)
    assert (order.shop, order.order_no, order.buyer) == ("shop-1", "3705115058471208928", "oBuyer")
    assert (order.status, order.paid_amount, order.refunded_amount) == ("shipped", 3805, 0)
    assert (order.created_at, order.paid_at) == (moment(1658505600), moment(1658509200))
    assert (order.shipped_at, order.updated_at) == (moment(1658509290), moment(1658509300))
    assert (order.delivered_at, order.completed_at, order.labels) == (None, None, [])
    lines = [(x.line_no, x.product, x.title, x.quantity, x.paid_amount) for x in order.lines]
    assert lines == [(1, "234245", "健身环", 2, 3500), (2, "234245", "", 3, 300)]
    splits = [(x.beneficiary, x.account, x.amount) for x in order.commission_splits]
    assert splits == [("talent", "sph1", 70), ("team_leader", "", 30), ("platform", "", 19)]


def test_an_order_that_is_not_paid_has_paid_nothing():
    detail = {**ORDER["order_detail"], "pay_info": {}, "delivery_info": {}}
    order = to_records.order_record("s", {**ORDER, "status": 10, "order_detail": detail})
    assert (order.status, order.paid_amount, order.paid_at) == ("pending_payment", 0, None)
    assert order.shipped_at is None


@each("method", [1, 3])
def test_virtual_goods(method):
    detail = {**ORDER["order_detail"], "delivery_info": {"deliver_method": method}}
    order = to_records.order_record("s", {**ORDER, "order_detail": detail})
    assert [line.virtual for line in order.lines] == [True, True]


def test_an_unknown_order_status_is_not_guessed_at():
    """Guessed, it could refund goods that have left."""
    with pytest.raises(to_records.UnknownStatus, match="777"):
        to_records.order_record("s", {**ORDER, "status": 777})


def test_a_received_order_is_complete():
    detail = {**ORDER["order_detail"], "ext_info": {"confirm_receipt_time": 1658600000}}
    order = to_records.order_record("s", {**ORDER, "status": 100, "order_detail": detail})
    assert order.delivered_at == order.completed_at == moment(1658600000)


@each(
    "product, line",
    [
        ({"product_id": "234245", "sku_id": 23424}, 1),
        ({"product_id": 234245, "sku_id": "23425"}, 2),
        ({"product_id": "1", "sku_id": "2"}, None),
        ({}, None),
    ],
)
def test_a_tickets_line_is_found_by_its_goods(product, line):
    assert to_records.line_no(to_records.goods_of(ORDER), product) == line


def test_of_two_lines_with_the_same_goods_none_is_guessed():
    """One may be the gift that came with the other."""
    goods = (("1", "2"), ("1", "2"), ("1", "3"))
    assert to_records.line_no(goods, {"product_id": 1, "sku_id": 2}) is None
    assert to_records.line_no(goods, {"product_id": 1, "sku_id": 3}) == 3


def test_a_ticket():
    record = seen(
        details={"desc": "尺码\x00不合", "media_id_list": ["x"]},
        return_info={"waybill_id": "SF1", "delivery_id": "SF", "delivery_name": "顺丰"},
        reason_text="不想要了",
    )
    assert (record.ticket_no, record.order_no) == ("1768715750567651", "1768683047558651")
    assert (record.line_no, record.amount, record.reason) == (1, 11, "不想要了")
    assert (record.applied_at, record.updated_at) == (moment(1662480000), moment(1662483600))
    assert record.note == "尺码不合"
    assert record.return_shipment is not None
    shipment = record.return_shipment
    assert (shipment.carrier, shipment.tracking_no) == ("顺丰", "SF1")
    assert (record.due_at, record.refund_result, record.arbitration_result) == (None, None, None)


@each(
    "deadline, due",
    [
        (3600, NOW + timedelta(hours=1)),
        (1772600000, moment(1772600000)),
        ("1772600000", moment(1772600000)),
        (0, None),
        (-5, None),
        (None, None),
    ],
)
def test_a_deadline_is_a_moment_or_what_is_left(deadline, due):
    """SPEC O5; sources contradict each other (PLATFORMS e2)."""
    assert seen(deadline=deadline).due_at == due


@each("status", ["MERCHANT_REFUND_SUCCESS", "MERCHANT_RETURN_SUCCESS"])
def test_a_refund_that_was_paid(status):
    result = seen(status=status, complete_time=1662490000).refund_result
    assert result is not None
    assert (result.status, result.at) == ("succeeded", moment(1662490000))


def test_a_refund_that_failed():
    answer = {"code": "NOTENOUGH", "ret": 1, "message": "余额不足"}
    result = seen(status="PLATFORM_REFUND_FAIL", refund_resp=answer).refund_result
    assert result is not None
    assert (result.status, result.reason) == ("failed", "余额不足 NOTENOUGH 1")


def test_a_dispute_that_ended_with_a_refund_was_for_the_buyer():
    for why in (5, "5"):
        refund = {"amount": "11", "refund_reason": why}
        record = seen(status="MERCHANT_REFUND_SUCCESS", refund_info=refund)
        assert (record.arbitration_result, record.amount) == ("buyer", 11)


@each(
    "status, why, flag, paid",
    [
        ("PLATFORM_REFUNDING", 4, False, True),
        ("MERCHANT_REFUND_SUCCESS", 4, False, True),
        ("MERCHANT_REFUND_SUCCESS", "4", False, True),
        ("MERCHANT_REFUND_SUCCESS", "3", True, False),
        ("PLATFORM_REFUNDING", 0, True, True),
        ("MERCHANT_PROCESSING", 0, True, False),
        ("MERCHANT_REFUND_SUCCESS", 3, True, False),
        ("MERCHANT_REFUND_SUCCESS", 1, True, False),
        ("MERCHANT_REFUND_SUCCESS", 9, False, False),
    ],
)
def test_the_platforms_own_fast_refunds(status, why, flag, paid):
    """SPEC F2."""
    raw = {
        **TICKET,
        "status": status,
        "refund_info": {"amount": 11, "refund_reason": why},
        "product_info": {"fast_refund": flag},
    }
    found = to_records.seen_ticket("s", raw, line_no=1, read_at=NOW)
    assert found.paid_by_fast_refund is paid
