"""Bringing a file on the page: preview, mapping, taking in, mending, taking over (SPEC O11)."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from python_calamine import CalamineWorkbook

from aftersale.models import (
    ColumnMapping,
    FileImport,
    ImportFile,
    ImportPiece,
    ImportRow,
    Order,
    Refund,
    Shop,
    Ticket,
)
from aftersale.services.exports import run
from strategies.services import suggestions
from strategies.services.evaluator import Tally, decide_shop
from tests.exports import files
from tests.exports.files import csv_file, xlsx_file
from tests.factories import make_shop, make_strategy, make_user

pytestmark = pytest.mark.django_db

ORDERS = xlsx_file(
    files.KUAISHOU_ORDERS,
    [
        {
            "订单号": f"250000000000001{place}",
            "订单支付时间": "2025-10-30 20:00:09",
            "订单状态": "待发货" if place else "没见过",
            "实付款": "59.90",
            "成交数量": "1",
            "商品名称": "袜",
            "商品ID": "301",
        }
        for place in range(3)
    ],
)
REQUEST = {
    "售后单号": "A1",
    "订单编号": "2500000000000011",
    "买家ID": "88",
    "售后类型": "仅退款",
    "退款金额": "59.90",
    "售后状态": "待商家处理",
    "售后申请时间": "2025-11-01 08:00:00",
}


class Desk:
    """The pages as a person of the shop uses them, the slow cluster's part included."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.client = shop, Client()
        self.client.force_login(make_user(shop))

    def bring(self, name: str, content: bytes) -> FileImport:
        sent = {"shop": self.shop.pk, "files": SimpleUploadedFile(name, content)}
        answer = self.client.post("/admin/files/", sent)
        assert answer.status_code == 302, answer.getvalue().decode()
        return self.work(FileImport.objects.latest("pk"))

    def send(self, brought: FileImport, **sent: Any) -> FileImport:
        answer = self.client.post(f"/admin/files/{brought.pk}/", sent)
        assert answer.status_code == 302, answer.getvalue().decode()
        return self.work(brought)

    def work(self, brought: FileImport) -> FileImport:
        run.work(brought.pk, clock=timezone.now)
        brought.refresh_from_db()
        return brought

    def text(self, address: str) -> str:
        answer = self.client.get(address)
        assert answer.status_code == 200
        return answer.getvalue().decode()


@pytest.fixture
def desk():
    return Desk(make_shop(platform="kuaishou"))


def test_from_the_file_to_the_suggestion_that_is_taken_over(desk):
    make_strategy(desk.shop)
    brought = desk.bring("orders_20251101093000.xlsx", ORDERS)
    assert (brought.state, brought.counts) == ("ready", {"order": {"new": 2, "refused": 1}})
    assert Order.objects.count() == 0
    text = desk.text(f"/admin/files/{brought.pk}/")
    assert "the status “没见过” is not known here: nothing is guessed" in text
    assert "Nothing has been written yet." in text
    assert text.count("¥59.90") == 3

    brought = desk.send(brought, take_in="1")
    assert (brought.state, Order.objects.count()) == ("done", 2)
    assert not ImportFile.objects.exists()
    # The refused row, as a file that can be mended and brought again.
    answer = desk.client.get(f"/admin/files/{brought.pk}/refused/")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.getvalue())).get_sheet_by_index(0)
    head, *rows = sheet.to_python()
    assert (head[0], len(rows)) == ("Error", 1)
    mended = dict(zip(head, rows[0], strict=False)) | {"订单状态": "待发货"}
    again = desk.bring("mended_20251101093000.xlsx", xlsx_file(",".join(mended), [mended]))
    assert again.counts == {"order": {"new": 1}}
    desk.send(again, take_in="1")

    after = xlsx_file(files.KUAISHOU_AFTER_SALES, [REQUEST])
    desk.send(desk.bring("after_20251101093000.xlsx", after), take_in="1")
    decide_shop(desk.shop.pk, tally=Tally())
    assert Refund.objects.count() == 0
    (suggestion,) = suggestions.waiting(make_user(desk.shop))
    address = f"/admin/strategies/suggestions/?shop={desk.shop.pk}"
    case = desk.text(f"/admin/workbench/case/{suggestion.ticket_id}/")
    assert "Suggested by “" in case
    assert address in case
    now = desk.text(f"/admin/strategies/explain/{suggestion.ticket_id}/")
    assert "would suggest to refund ¥59.90 now." in now
    assert "A1" in desk.text(address)
    sent = {"shop": desk.shop.pk, "suggestions": suggestion.pk}
    assert desk.client.post("/admin/strategies/suggestions/", sent).status_code == 302
    assert Ticket.objects.get().status == "refunding"
    assert Refund.objects.get().requested_by is not None
    assert "Nothing is suggested" in desk.text(address)


def test_a_request_whose_order_the_same_files_bring_waits_for_nothing(desk):
    """Previewed together; one whose order is refused, or in no file, is said to wait."""
    requests = [
        REQUEST | {"售后单号": f"A{place}", "订单编号": f"250000000000001{place}"}
        for place in (0, 1, 7)
    ]
    after = xlsx_file(files.KUAISHOU_AFTER_SALES, requests)
    members = {"orders_20251101093000.xlsx": ORDERS, "after_20251101093000.xlsx": after}
    brought = desk.bring("both.zip", files.zip_file(**members))
    rows = ImportRow.objects.filter(file_import=brought, of_order=False).order_by("row")
    waits = "its order is in no file yet: the ticket waits for it"
    assert [str(row.note or "") for row in rows] == [waits, "", waits]


def test_columns_mapped_by_hand_are_known_the_next_time(desk):
    heads = "单,订,类,钱,时,态"
    row = {"单": "B1", "订": "1", "类": "只退钱", "钱": "5", "时": "2025-11-01 08:00", "态": "新"}
    brought = desk.bring("own.csv", csv_file(heads, [row]))
    assert brought.state == "mapping"
    address = f"/admin/files/{brought.pk}/mapping/"
    assert "只退钱" in desk.text(address)
    sent = {
        "kind": "after-sales",
        "head_row": "1",
        "column-ticket_no": "单",
        "column-order_no": "订",
        "column-type": "类",
        "column-amount": "钱",
        "column-applied_at": "时",
        "type-word-0": "只退钱",
        "type-means-0": "refund_only",
    }
    refusal = desk.client.post(address, sent)
    assert refusal.status_code == 422
    assert "These columns are needed: status" in refusal.getvalue().decode()
    assert not ColumnMapping.objects.exists()
    assert desk.client.post(address, {**sent, "column-status": "态"}).status_code == 302
    assert desk.work(brought).counts == {"ticket": {"new": 1}}
    assert desk.bring("own2.csv", csv_file(heads, [row])).state == "ready"


def test_what_was_killed_goes_on_where_it_was(desk, monkeypatch):
    """SPEC O11: a batch that is written stays, and the rest follows; nothing counts twice."""
    monkeypatch.setattr(run, "BATCH", 1)
    brought = desk.bring("orders_20251101093000.xlsx", ORDERS)
    desk.client.post(f"/admin/files/{brought.pk}/", {"take_in": "1"})
    real, calls = run.write.save, []

    def killed(*args: Any, **named: Any) -> None:
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(*args, **named)

    monkeypatch.setattr(run.write, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        desk.work(brought)
    brought.refresh_from_db()
    assert (brought.state, Order.objects.count()) == ("writing", 1)
    assert ImportRow.objects.filter(written=True).count() == 2
    brought = desk.work(brought)
    assert (brought.state, brought.done, Order.objects.count()) == ("done", 3, 2)
    assert brought.counts == {"order": {"new": 2, "refused": 1}}


def test_one_file_of_a_shop_at_a_time_and_whose_moment_is_corrected(desk):
    brought = desk.bring("orders.xlsx", ORDERS)
    brought = desk.send(brought, moment="1", exported_at="2025-11-01T09:00")
    assert brought.state == "ready"
    assert f"{brought.exported_at:%H:%M}" == "01:00"
    refusal = desk.client.post(
        f"/admin/files/{brought.pk}/", {"moment": "1", "exported_at": "2199-01-01T00:00"}
    )
    assert refusal.status_code == 422
    assert desk.send(brought, put_aside="1").state == "cancelled"
    assert not ImportRow.objects.exists()
    late = desk.client.post(f"/admin/files/{brought.pk}/", {"take_in": "1"})
    assert late.status_code == 409
    assert Order.objects.count() == 0


def test_each_refused_row_has_its_reason_and_comes_back_as_it_was_written():
    """SPEC O11: also the other rows of an order that is not taken in for one of them."""
    desk = Desk(make_shop(platform="taobao"))
    row = {"订单编号": "39001", "标题": "壳", "价格": "29.00", "购买数量": "1", "商家编码": "CASE"}
    content = csv_file(files.TAOBAO_LINES, [row, {**row, "标题": "绳", "商家编码": "ROPE"}])
    brought = desk.bring("lines.csv", content)
    assert brought.counts == {"order": {"refused": 1}}
    page = desk.text(f"/admin/files/{brought.pk}/")
    assert "its order is in no file yet: bring the file of the orders along" in page
    assert "not taken in because of another row of the same order" in page
    assert "No row can be taken in: mend them and bring the file again." in page
    assert 'name="take_in"' not in page
    answer = desk.client.get(f"/admin/files/{brought.pk}/refused/")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.getvalue())).get_sheet_by_index(0)
    head, *rows = sheet.to_python()
    assert head == [
        "Error",
        "订单编号",
        "标题",
        "价格",
        "购买数量",
        "外部系统编号",
        "商品属性",
        "商家编码",
    ]
    assert [one[1:] for one in rows] == [
        ["39001", "壳", "29.00", "1", "", "", "CASE"],
        ["39001", "绳", "29.00", "1", "", "", "ROPE"],
    ]


def test_columns_that_are_not_read_are_named_as_the_file_writes_them():
    desk = Desk(make_shop(platform="kuaishou"))
    brought = desk.bring("f.xlsx", ORDERS)
    (table,) = brought.tables
    assert "CPS达人ID" in table["left_out"]
    assert ["商品id", "商品ID"] in table["written"]


@pytest.mark.parametrize("left", ["at once", "by an older version"])
def test_a_file_on_which_the_program_failed_is_not_kept(desk, monkeypatch, left):
    """SPEC O11: what is read no more holds buyers' data that nobody can erase in it."""

    def fails(*_, **__):
        raise KeyError("a buyer's words")

    monkeypatch.setattr(run, "read", fails)
    brought = desk.bring("orders_20251101093000.xlsx", ORDERS)
    assert brought.state == "failed"
    if left == "by an older version":
        file = ImportFile.objects.create(file_import=brought, name="orders.xlsx")
        ImportPiece.objects.create(file=file, place=0, content=b"a buyer's telephone number")
        run.forget(now=brought.created_at + timedelta(days=29))
        assert ImportFile.objects.exists()
        run.forget(now=brought.created_at + timedelta(days=31))
    assert not ImportFile.objects.exists() and not ImportPiece.objects.exists()
