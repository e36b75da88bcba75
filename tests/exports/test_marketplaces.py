"""Files of Taobao, Pinduoduo and Xiaohongshu, with their oddities (SPEC O9, O11, INTERFACES)."""

from datetime import UTC, datetime

import pytest

from aftersale.models import (
    ImportRow,
    Order,
)
from tests.exports import files
from tests.exports.files import csv_file, xlsx_file
from tests.exports.stored import STAMP, counts, order, ticket

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("bring", ["taobao"], indirect=True)
def test_taobao(bring):
    """Two files make an order; its sum is shared by price and pieces to the fen."""
    orders = csv_file(
        files.TAOBAO_ORDERS,
        [
            {
                "订单编号": '="3900000000000001234"',
                "买家会员名": "样**",
                "买家实际支付金额": "106.00",
                "订单状态": "买家已付款，等待卖家发货",
                "订单创建时间": "2025-10-30 09:00:00",
                "宝贝标题": "壳 ，绳 ",
                "宝贝种类": "2",
                "宝贝总数量": "3",
            }
        ],
        encoding="gbk",
    )
    lines = csv_file(
        files.TAOBAO_LINES,
        [
            {
                "订单编号": '="3900000000000001234"',
                "标题": "壳 ",
                "价格": "29.00",
                "购买数量": "2",
                "商家编码": "CASE",
                "备注": "null",
            },
            {
                "订单编号": '="3900000000000001234"',
                "标题": "绳 ",
                "价格": "40.00",
                "购买数量": "1",
                "商家编码": "ROPE",
            },
        ],
        encoding="gbk",
    )
    after_sales = csv_file(
        files.TAOBAO_AFTER_SALES,
        [
            {
                "订单编号": "3900000000000001234",
                "退款编号": "'150000000000001234",
                "商品编码": "ROPE",
                "买家退款金额": "43.27",
                "是否需要退货": "否",
                "退款的申请时间": "2025-11-01 07:00:00",
                "退款状态": "买家已经申请退款,等待卖家同意",
            }
        ],
    )
    status, _out, err = bring(("lines202511010930.csv", lines))
    assert (status, err) == (
        1,
        "lines202511010930.csv:2: order 3900000000000001234: its order is in no file yet:"
        " bring the file of the orders along\n",
    )
    named = [("a202511010930.csv", orders), ("lines202511010930.csv", lines)]
    assert bring(*named)[0] == 0
    assert order("3900000000000001234") == {
        "status": "pending_shipment",
        "buyer": "样**",
        "paid": 10_600,
        "refunded": 0,
        "lines": [(1, "CASE", "壳", 2, 6_273), (2, "ROPE", "绳", 1, 4_327)],
    }
    assert bring(("as.csv", after_sales))[0] == 0
    assert ticket("150000000000001234")[1:5] == (2, "refund_only", "pending_review", 4_327)
    # The orders' file alone knows no lines: it takes none away.
    assert bring(("a202511010940.csv", orders))[0] == 0
    assert len(order("3900000000000001234")["lines"]) == 2


@pytest.mark.parametrize("bring", ["pinduoduo"], indirect=True)
def test_pinduoduo(bring):
    """Tabs behind values; a status that joins order and refund; closing rows are counted."""
    orders = csv_file(
        files.PINDUODUO_ORDERS,
        [
            {
                "商品": "台灯",
                "订单号": "251027-600000294410922",
                "订单状态": "未发货，退款成功",
                "用户实付金额(元)": "59.00\t",
                "商家实收金额(元)": "61.00\t",
                "商品数量(件)": "1\t",
                "支付时间": "\t",
                "商品id": "754\t",
                "商品规格": "暖光",
            }
        ],
    )
    after_sales = xlsx_file(
        files.PINDUODUO_AFTER_SALES,
        [
            {
                "售后编号": "20000101",
                "订单编号": "251027-600000294410922",
                "交易金额": "59.00",
                "售后状态": "退款成功",
                "退款类型": "仅退款",
                "退款金额": "59.00",
                "申请时间": "2025-10-28 08:30:00",
            },
            {"售后编号": "合计", "交易金额": "59.00", "退款金额": "59.00"},
        ],
    )
    assert bring(("orders_export2025-11-01-09-30-00.csv", orders))[0] == 0
    found = order("251027-600000294410922")
    assert (found["status"], found["paid"], found["refunded"]) == ("closed", 5_900, 5_900)
    stored = Order.objects.get()
    assert (stored.created_at, stored.paid_at) == (datetime(2025, 10, 26, 16, tzinfo=UTC), None)
    out = bring((f"hash{STAMP}.xlsx", after_sales))[1]
    assert out.splitlines()[-1] == counts("total", new=1) + "; 1 closing rows passed by"
    stored.refresh_from_db()
    assert (stored.refunded_amount, stored.committed, stored.over_refunded) == (0, 5_900, False)


@pytest.mark.parametrize("bring", ["xiaohongshu"], indirect=True)
def test_xiaohongshu(bring):
    """Gifts are lines of 0.00; identity numbers are never kept; a request finds its line by
    name."""
    row = {
        "订单号": "P802000000000000001",
        "订单状态": "待配货",
        "SKU件数": 1,
        "支付时间": "2025-10-30 12:00:10",
        "用户编号": "5f01",
        "订购人身份证号/ID Number": "110101199001010011",
    }
    orders = xlsx_file(
        files.XIAOHONGSHU_ORDERS,
        [
            {
                **row,
                "小红书编码": "X1",
                "规格ID": "a1",
                "SKU名称": "发夹",
                "用户应付金额(元)": "24.90",
                "商品ID": "64a1",
            },
            {
                **row,
                "小红书编码": "X2",
                "规格ID": "a2",
                "SKU名称": "贴纸",
                "用户应付金额(元)": "0.00",
                "商品ID": "64a2",
            },
        ],
    )
    after_sales = xlsx_file(
        files.XIAOHONGSHU_AFTER_SALES,
        [
            {
                "售后单号": "R1",
                "订单号": "P802000000000000001",
                "商品名称": "贴纸",
                "申请售后金额(元)": "24.90",
                "售后类型": "仅退款",
                "售后状态": "待商家处理",
                "售后申请时间": "2025-11-01 08:00:00",
            }
        ],
    )
    assert bring(("o.xlsx", orders), ("as.xlsx", after_sales))[0] == 0
    assert order("P802000000000000001") == {
        "status": "pending_shipment",
        "buyer": "5f01",
        "paid": 2_490,
        "refunded": 0,
        "lines": [(1, "64a1", "发夹", 1, 2_490), (2, "64a2", "贴纸", 1, 0)],
    }
    assert ticket("R1")[1] == 2
    assert "110101" not in str(list(ImportRow.objects.values_list("cells", flat=True)))
