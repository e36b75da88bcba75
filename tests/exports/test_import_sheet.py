"""Files of no known head, damaged ones, and mappings by hand (SPEC O9, O11, INTERFACES)."""

import io

import pytest
from django.core.management import CommandError
from msoffcrypto.format.ooxml import OOXMLFile

from aftersale.models import (
    NO_MOMENT,
    FileImport,
    ImportFile,
    Ticket,
)
from tests.exports import files
from tests.exports.files import csv_file, xlsx_file, zip_file
from tests.exports.stored import AT, STAMP, counts, order, ticket

pytestmark = pytest.mark.django_db


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
