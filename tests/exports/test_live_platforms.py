"""Files of Kuaishou, WeChat shop and Douyin, with their oddities (SPEC O9, O11, INTERFACES)."""

from datetime import UTC, datetime

import pytest

from aftersale.models import (
    ExportedLine,
    ImportFile,
    ImportRow,
    Order,
    PlatformFacts,
    Refund,
    Ticket,
)
from tests.exports import files
from tests.exports.files import csv_file, xlsx_file
from tests.exports.stored import AT, STAMP, counts, order, ticket

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("bring", ["kuaishou"], indirect=True)
def test_kuaishou(bring):
    """One row an order; the buyer comes from the after-sales; deadlines of the shop alone."""
    orders = xlsx_file(
        files.KUAISHOU_ORDERS,
        [
            {
                "订单号": "2500000000000011",
                "订单创建时间": "2025-10-30 20:00:00",
                "订单支付时间": "2025-10-30 20:00:09",
                "订单状态": "待发货",
                "实付款": "¥1,299.00",
                "成交数量": "２",
                "商品名称": "大衣",
                "商品ID": "301",
                "商品规格": "驼色",
                "收货人姓名": "张*",
                "收货人电话": "13800000000",
                "发货时间": "-",
            }
        ],
    )
    after_sales = xlsx_file(
        files.KUAISHOU_AFTER_SALES,
        [
            {
                "售后单号": "25900011",
                "订单编号": "2500000000000011",
                "买家ID": "880001",
                "售后类型": "仅退款",
                "退款金额": "1,299.00",
                "售后状态": "待商家处理",
                "售后原因": "不想要了",
                "申请描述": "太大，\n换小",
                "售后申请时间": "2025-11-01 08:00:00",
                "超时时间": "2025-11-03 08:00:00",
            },
            {
                "售后单号": "25900012",
                "订单编号": "2500000000000011",
                "买家ID": "880001",
                "售后类型": "退货退款",
                "退款金额": "1.00",
                "售后状态": "待买家退货",
                "售后申请时间": "2025-11-01 08:00:00",
                "超时时间": "2025-11-07 08:00:00",
            },
        ],
    )

    assert bring(("orders.xlsx", orders)) == (
        0,
        f"{counts('order', new=1)}\n{counts('total', new=1)}\n",
        "",
    )
    assert order("2500000000000011") == {
        "status": "pending_shipment",
        "buyer": "?2500000000000011",
        "paid": 129_900,
        "refunded": 0,
        "lines": [(1, "301", "大衣 驼色", 2, 129_900)],
    }
    assert bring((f"as{STAMP}.xlsx", after_sales))[0] == 0
    assert ticket("25900011") == (
        "2500000000000011",
        None,
        "refund_only",
        "pending_review",
        129_900,
        "no_longer_wanted",
    )
    found = Ticket.objects.get(ticket_no="25900011")
    assert (found.note, found.buyer, found.due_at) == (
        "太大，\n换小",
        "880001",
        datetime(2025, 11, 3, 0, 0, tzinfo=UTC),
    )
    assert (found.updated_at, found.exported_at) == (AT, AT)
    assert Ticket.objects.get(ticket_no="25900012").due_at is None
    assert order("2500000000000011")["buyer"] == "880001"
    # Again, both: nothing changes, the buyer stays, and no file or personal cell is kept.
    out = bring(("orders.xlsx", orders), (f"as{STAMP}.xlsx", after_sales))[1]
    assert out.splitlines()[-1] == counts("total", unchanged=3)
    assert order("2500000000000011")["buyer"] == "880001"
    assert not ImportFile.objects.exists()
    kept = " ".join(str(cells) for cells in ImportRow.objects.values_list("cells", flat=True))
    assert "张*" not in kept
    assert "13800000000" not in kept


@pytest.mark.parametrize("bring", ["wechat"], indirect=True)
def test_wechat(bring):
    """Sums repeated on each row, serial times, GBK, one refund told by two files once."""
    row = {
        "订单号": "3729000000000000777",
        "订单下单时间": 45960.5,
        "支付时间": "2025/10/30 12:01",
        "订单状态": "待发货",
        "订单实际支付金额": 118,
        "商品数量": 1,
    }
    tea = {"商品编码（平台）": "101", "商品名称": "茶", "商品属性": "100g"}
    cup = {"商品编码（平台）": "102", "商品名称": "杯", "商品属性": "白"}
    orders = xlsx_file(
        files.WECHAT_ORDERS,
        [
            {**row, **tea, "商品实际价格(总共)": 63, "商品已退款金额": 10},
            {**row, **cup, "商品实际价格(总共)": 55},
        ],
    )
    after_sales = csv_file(
        files.WECHAT_AFTER_SALES,
        [
            {
                "售后单号": "20000071",
                "售后申请时间": "2025/10/31 9:05",
                "商品编码（平台）": "101",
                "用户到账时间": "2025/10/31 12:00",
                "订单编号": "3729000000000000777",
                "退款类型": "仅退款",
                "退款原因": "拍错/多拍",
                "退款金额": "10",
                "退款状态": "退款成功",
            }
        ],
        encoding="gbk",
    )
    assert bring((f"o{STAMP}.xlsx", orders))[0] == 0
    assert order("3729000000000000777") == {
        "status": "pending_shipment",
        "buyer": "?3729000000000000777",
        "paid": 11_800,
        "refunded": 1_000,
        "lines": [(1, "101", "茶 100g", 1, 6_300), (2, "102", "杯 白", 1, 5_500)],
    }
    created = Order.objects.get().created_at
    assert created == datetime(2025, 10, 30, 4, 0, tzinfo=UTC)
    assert bring(("as.csv", after_sales))[0] == 0
    assert ticket("20000071")[1:5] == (1, "refund_only", "refunded", 1_000)
    found = Order.objects.get()
    # The larger of the two, never the sum.
    assert (found.refunded_amount, found.committed) == (0, 1_000)
    assert Refund.objects.get().settled_at == datetime(2025, 10, 31, 4, 0, tzinfo=UTC)
    # One row of the order says another sum: which is right nobody knows.
    wrong = xlsx_file(
        files.WECHAT_ORDERS,
        [{**row, **tea, "订单号": "9"}, {**row, **cup, "订单号": "9", "订单实际支付金额": 119}],
    )
    status, out, err = bring((f"w{STAMP}.xlsx", wrong))
    assert (status, out.splitlines()[-1]) == (1, counts("total", refused=1))
    assert err == (
        f"w{STAMP}.xlsx:2: order 9: 订单实际支付金额: differs between the rows of this order:"
        " ¥118.00, ¥119.00\n"
    )


@pytest.mark.parametrize("bring", ["douyin"], indirect=True)
def test_douyin(bring):
    """Sub orders are lines; what was owed and never paid is 0; joined rows are one line."""
    row = {
        "主订单编号": "\t6917000000000000800",
        "商品数量": 1,
        "订单提交时间": "2025-10-30 10:00:00",
        "支付完成时间": "2025-10-30 10:00:08",
        "订单状态": "待发货",
    }
    orders = csv_file(
        files.DOUYIN_ORDERS,
        [
            {
                **row,
                "子订单编号": "\t6917000000000000801",
                "选购商品": "\t洗面奶, 100ml",
                "商品ID": "\t3568000000000000002",
                "订单应付金额": "39.00",
                "支付优惠": "2.00",
                "收件人": "##密文",
            },
            {
                **row,
                "子订单编号": "\t6917000000000000802",
                "选购商品": '\t"小样"',
                "商品数量": 2,
                "商品ID": "\t3568000000000000003",
                "订单应付金额": "0.02",
                "支付优惠": "-",
            },
            {
                "主订单编号": "\t6917000000000000900",
                "子订单编号": "\t6917000000000000900",
                "选购商品": "\t面膜",
                "订单应付金额": "49.90",
                "支付完成时间": "-",
                "订单状态": "已关闭",
            },
            {
                **row,
                "主订单编号": "\t6917000000000000950",
                "子订单编号": "\t6917000000000000951;6917000000000000952",
                "选购商品": "A;B",
                "商品ID": "1;2",
                "商品数量": 5,
                "订单应付金额": "58.90",
            },
        ],
    )
    base = {
        "订单号": "6917000000000000800",
        "售后申请时间": "2025-11-01 08:00:00",
        "自动处理截止时间": "2025-11-03 08:00:00",
        "售后原因": "多拍/拍错/不想要",
    }
    after_sales = xlsx_file(
        files.DOUYIN_AFTER_SALES,
        [
            {
                **base,
                "售后单号": "1467001",
                "商品单号": "6917000000000000802",
                "售后类型": "未发货退款",
                "退商品金额（元）": "¥0.02",
                "退运费金额（元）": "-",
                "退支付优惠（元）": "-",
                "售后状态": "待商家处理",
            },
            {
                **base,
                "售后单号": "1467002",
                "商品单号": "6917000000000000801",
                "售后类型": "换货",
                "退商品金额（元）": "-",
                "售后状态": "售后关闭",
            },
            {**base, "售后单号": "1467003", "售后类型": "补寄", "售后状态": "待商家处理"},
            {
                **base,
                "售后单号": "1467004",
                "商品单号": "6917000000000000801",
                "售后类型": "退货退款",
                "退商品金额（元）": "39.00",
                "退支付优惠（元）": "2.00",
                "售后状态": "神秘状态",
            },
        ],
    )
    # The requests first: they wait for their orders, and their lines have their numbers already.
    status, out, _err = bring(("售后单-2025-11-01 09_30_00.xlsx", after_sales))
    assert (status, out.splitlines()[0]) == (0, counts("ticket", new=3) + "; 1 left out")
    assert bring((f"o{STAMP}.csv", orders))[0] == 0

    numbers = {
        one.line_key: one.line_no for one in ExportedLine.objects.filter(order_no__endswith="800")
    }
    assert numbers == {"6917000000000000802": 1, "6917000000000000801": 2}
    found = order("6917000000000000800")
    assert (found["paid"], found["lines"]) == (
        3_702,
        [
            (1, "3568000000000000003", '"小样"', 2, 2),
            (2, "3568000000000000002", "洗面奶, 100ml", 1, 3_700),
        ],
    )
    assert (order("6917000000000000900")["status"], order("6917000000000000900")["paid"]) == (
        "closed",
        0,
    )
    assert order("6917000000000000950")["lines"] == [(1, "?", "A;B", 5, 5_890)]
    assert ticket("1467001")[1:5] == (1, "refund_only", "pending_review", 2)
    assert ticket("1467002")[1:5] == (2, "exchange", "closed", 0)
    # A word that is not known: its own name is shown, and it is for people.
    unknown = Ticket.objects.get(ticket_no="1467004")
    assert (unknown.status, unknown.flags, unknown.awaiting_evaluation) == (
        "pending_review",
        ["unknown_there"],
        False,
    )
    assert PlatformFacts.objects.get().facts == [["status_there", "神秘状态", None]]
    # Half of the order alone drops no line and no money.
    half = csv_file(
        files.DOUYIN_ORDERS,
        [
            {
                **row,
                "子订单编号": "\t6917000000000000801",
                "选购商品": "\t洗面奶, 100ml",
                "商品ID": "\t3568000000000000002",
                "订单应付金额": "39.00",
                "支付优惠": "2.00",
                "订单状态": "已发货",
            }
        ],
    )
    assert bring(("h_20251101094000.csv", half))[0] == 0
    found = order("6917000000000000800")
    assert (found["status"], found["paid"], len(found["lines"])) == ("shipped", 3_702, 2)
    # The older file again: the order does not go back.
    status, _out, err = bring(("orders.csv", orders))
    assert status == 1
    assert "the order would go back from “Shipped” to “To be shipped”" in err
    assert order("6917000000000000800")["status"] == "shipped"
