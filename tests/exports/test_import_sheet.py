"""Files of each platform, through the command, with their oddities (SPEC O9, O11, INTERFACES)."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from msoffcrypto.format.ooxml import OOXMLFile

from aftersale.models import (
    NO_MOMENT,
    ExportedLine,
    FileImport,
    ImportFile,
    ImportRow,
    Order,
    PlatformFacts,
    Refund,
    Shop,
    Ticket,
)
from tests.exports import files
from tests.exports.files import csv_file, xlsx_file, zip_file
from tests.factories import make_shop

pytestmark = pytest.mark.django_db

STAMP = "_20251101093000"
AT = datetime(2025, 11, 1, 1, 30, tzinfo=UTC)


class Bringing:
    def __init__(self, shop: Shop, folder: Path) -> None:
        self.shop, self.folder = shop, folder

    def __call__(self, *named: tuple[str, bytes], **options: Any) -> tuple[int, str, str]:
        """Status, output and errors of the command."""
        paths = []
        for name, content in named:
            path = self.folder / name
            path.write_bytes(content)
            paths.append(str(path))
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(
                "import_sheet", *paths, shop=self.shop.code, stdout=out, stderr=err, **options
            )
        except SystemExit as ended:
            return int(ended.code or 0), out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def bring(tmp_path, request):
    platform = getattr(request, "param", "other")
    return Bringing(make_shop(platform=platform), tmp_path)


def order(number: str) -> dict[str, Any]:
    found = Order.objects.get(order_no=number)
    return {
        "status": found.status,
        "buyer": found.buyer,
        "paid": found.paid_amount,
        "refunded": found.refunded_amount,
        "lines": [
            (line.line_no, line.product, line.title, line.quantity, line.paid_amount)
            for line in found.lines.all()
        ],
    }


def ticket(number: str) -> tuple[Any, ...]:
    found = Ticket.objects.get(ticket_no=number)
    return (
        found.order_no,
        found.line_no,
        found.type,
        found.status,
        found.amount,
        found.reason,
    )


def counts(kind: str, new: int = 0, changed: int = 0, unchanged: int = 0, refused: int = 0) -> str:
    return f"{kind}: new {new}, changed {changed}, unchanged {unchanged}, refused {refused}"


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


def test_jd_and_its_two_row_head(bring):
    """GBK with apostrophes and tabs; a row of groups above the head; unsettled sums refused."""
    row = {"订单号": "'3001\t", "应付金额": "88.00", "订单状态": "(删除)等待出库", "下单帐号": "jd"}
    orders = csv_file(
        files.JD_ORDERS,
        [
            {**row, "商品ID": "'11\t", "商品名称": "甲", "订购数量": "2", "京东价": "29.00"},
            {**row, "商品ID": "'12\t", "商品名称": "乙", "订购数量": "1", "京东价": "40.00"},
        ],
        encoding="gbk",
    )
    base = {"订单号": "3001", "客户期望": "退货", "服务单状态": "待审核"}
    base |= {"售后申请时间": "2025-11-01 08:00:00"}
    after_sales = xlsx_file(
        files.JD_AFTER_SALES,
        [
            {**base, "服务单号": "S1", "商品编号": "12", "退款金额": "40.00"},
            {**base, "服务单号": "S2", "退款金额": ""},
        ],
        above=[["申请信息", "", "", "", "", "", "", "", "商品信息", ""]],
    )
    assert bring(("o.csv", orders))[0] == 0
    found = order("3001")
    assert (found["status"], found["buyer"], found["paid"]) == ("closed", "jd", 0)
    status, out, err = bring(("as.xlsx", after_sales))
    assert (status, out.splitlines()[0]) == (1, counts("ticket", new=1, refused=1))
    assert err == (
        "as.xlsx:4: ticket S2: 退款金额: missing: the sum that is asked for is not settled yet\n"
    )
    assert ticket("S1")[1:5] == (2, "return_refund", "pending_review", 4_000)


HEADS = "售后单号,订单编号,售后类型,退款金额(元),申请时间,售后状态,商家处理截止时间"


def test_notes_above_totals_below_and_damaged_numbers(bring):
    """SPEC O9: a number that Excel has damaged is refused, never guessed."""
    row = {
        "售后单号": "ＡＳ１",
        "订单编号": "２６３３",
        "售后类型": "仅退款",
        "退款金额(元)": "￥５９．９０",
        "申请时间": "2025年11月1日 8:55",
        "售后状态": "待处理",
        "商家处理截止时间": "—",
    }
    content = csv_file(
        HEADS,
        [row, {**row, "售后单号": "2.63E+15"}],
        encoding="gbk",
        above=["导出时间：2025-11-01 09:30:00", "说明：/ 表示没有,,,,"],
        below=[["合计", "/", "", "59.90"], ["共2条"]],
    )
    status, out, err = bring(("notes.csv", content))
    assert (status, out.splitlines()[-1]) == (
        1,
        counts("total", new=1, refused=1) + "; 2 closing rows passed by",
    )
    assert "notes.csv:5: " in err
    assert "was damaged when the file was opened and saved in Excel" in err
    assert ticket("AS1") == ("2633", None, "refund_only", "pending_review", 5_990, "")
    assert Ticket.objects.get().updated_at == AT
    cell = xlsx_file(HEADS, [{**row, "售后单号": 6917926768823643751}])
    status, _out, err = bring(("cell.xlsx", cell))
    assert status == 1
    assert "6917926768823644160 was damaged" in err
    assert Ticket.objects.count() == 1


def test_files_that_hold_nothing_or_can_not_be_opened(bring, tmp_path):
    """Limits and passwords come before parsing; nothing is left of a file that is refused."""
    plain = csv_file(HEADS, [{"售后单号": "A", "订单编号": "1"}])
    locked = tmp_path / "locked.xlsx"
    with locked.open("wb") as out:
        OOXMLFile(io.BytesIO(xlsx_file(HEADS, []))).encrypt("a1b2c3", out)
    content = locked.read_bytes()
    assert bring(("空.xlsx", xlsx_file("暂无数据", [])))[::2] == (0, "The file holds no rows.\n")
    assert bring(("快手_a1b2c3.xlsx", content))[0] == 0
    assert bring(("other.xlsx", content), password="a1b2c3")[0] == 0
    for name, given, problem in (
        ("other.xlsx", content, "The file has a password"),
        ("x.xlsx", b"PK\x03\x04", "The zip file is damaged"),
        ("x.csv", csv_file("a,b,c", []), "The file's head is not known"),
        ("x.zip", zip_file(a_txt=b"x"), "The zip file holds no export"),
        ("bomb.zip", zip_file(**{"a.csv": b"0" * 30_000_000}), "unpacks to many times its size"),
    ):
        with pytest.raises(CommandError, match=problem):
            bring((name, given))
    parts = zip_file(**{"1.csv": plain, "__MACOSX/._1.csv": b"x", "~$2.csv": b"x"})
    status, out, err = bring(("p.zip", parts))
    assert (status, out.splitlines()[-1]) == (1, counts("total", refused=1))
    assert err.startswith("p.zip/1.csv:2: ticket A: 售后类型: missing")
    assert not ImportFile.objects.exists()
    assert FileImport.objects.count() == 4


def test_a_mapping_by_hand_is_remembered_and_a_dry_run_writes_nothing(bring, tmp_path):
    heads = "单,订,类,钱,时,态"
    row = {"单": "A1", "订": "1", "类": "只退钱", "钱": "5", "时": "2025-11-01 08:00", "态": "新"}
    content = csv_file(heads, [row])
    mapping = tmp_path / "map.json"
    mapping.write_text(
        '{"kind": "after-sales", "columns": {"ticket_no": "单", "order_no": "订", "type": "类",'
        ' "amount": "钱", "applied_at": "时", "status": "态"}, "types": {"只退钱": "refund_only"},'
        ' "statuses": {"新": "pending_review"}}'
    )
    assert bring((f"m{STAMP}.csv", content), map=str(mapping), dry_run=True)[:2] == (
        0,
        f"{counts('ticket', new=1)}\n{counts('total', new=1)}\n",
    )
    assert (Ticket.objects.count(), FileImport.objects.count()) == (0, 0)
    assert bring((f"m{STAMP}.csv", content))[0] == 0  # remembered
    assert ticket("A1") == ("1", None, "refund_only", "pending_review", 500, "")
    # Corrected, the same export is another version of itself.
    mapping.write_text(mapping.read_text().replace("refund_only", "return_refund"))
    out = bring((f"m{STAMP}.csv", content), map=str(mapping))[1]
    assert out.splitlines()[0] == counts("ticket", changed=1)
    assert ticket("A1")[2] == "return_refund"


def test_an_export_without_a_moment_counts_as_old(bring):
    content = csv_file(
        HEADS,
        [
            {
                "售后单号": "A1",
                "订单编号": "1",
                "售后类型": "仅退款",
                "退款金额(元)": "1",
                "申请时间": "2025-11-01 08:00",
                "售后状态": "已撤销",
            }
        ],
    )
    assert bring(("a.csv", content))[0] == 0
    assert Ticket.objects.get().exported_at == NO_MOMENT
    # It may be older than what is stored: nothing goes back by it.
    back = content.decode("utf-8-sig").replace("已撤销", "待处理").encode()
    status, _out, err = bring(("b.csv", back))
    assert status == 1
    assert "would go back from “Withdrawn” to “To be handled”" in err
    assert ticket("A1")[3] == "cancelled"
    assert bring(("c.csv", back), exported_at="2025-11-01T10:00:00+08:00")[0] == 0
