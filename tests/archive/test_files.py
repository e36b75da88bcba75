"""Contents of an archive, and that nothing is lost however a run ends (SPEC O12)."""

import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from aftersale.models import Archive, ArchivedTicket, AuditEntry, Order, Refund, Shop, Ticket
from aftersale.services.archive import files, parts
from aftersale.services.archive import run as archive_run
from monitoring.models import DeskCount
from strategies.models import Decision
from tests.factories import make_shop, make_user

from .past import BUYER, NOW, counted, differences, folder, old, run

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """kill -9: no code of the run's goes on."""


@pytest.fixture
def shop() -> Shop:
    return make_shop(archive_months=14)


def unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def contents(shop: Shop, end: str) -> list[dict[str, Any]]:
    found = []
    for path in sorted(Path(folder(shop)).glob(f"*{end}")):
        if end == files.RECORDS and path.name.endswith(files.ROWS):
            continue
        found += map(json.loads, unpacked(path).splitlines())
    return found


def test_the_files_hold_all_and_no_buyer(shop: Shop) -> None:
    """SPEC P7: neither number, note, picture nor parcel of a buyer; all amounts to the fen."""
    ticket, rejected = old(shop, paid=3_000), old(shop, paid=None)
    refund = Refund.objects.get()
    assert run(shop) == (2, 2, False, "")
    records = contents(shop, files.RECORDS)
    assert [record["kind"] for record in records] == ["order", "ticket"] * 2
    order, paid, _order, refused = records
    assert (order["order_no"], order["buyer"]) == (ticket.order_no, f"?{ticket.order_no}")
    assert order["paid_amount"] == "100.00" and len(order["lines"]) == 2
    # Less was paid than was asked for.
    assert (paid["amount"], paid["status"]) == ("30.00", "refunded")
    assert paid["refund_result"]["status"] == "succeeded"
    assert (refused["ticket_no"], refused["status"]) == (rejected.ticket_no, "rejected")
    assert "refund_result" not in refused
    rows = contents(shop, files.ROWS)[0]["rows"]
    assert rows["aftersale_ticket"][0]["amount"] == 6_000
    assert rows["aftersale_refund"][0]["public_number"] == refund.public_number
    assert {table: len(found) for table, found in rows.items()} == {
        "aftersale_order": 1, "aftersale_orderline": 2, "aftersale_ticket": 1,
        "aftersale_ticketevent": 2, "aftersale_refund": 1, "aftersale_refundattempt": 1,
        "strategies_decision": 1,
    }  # fmt: skip
    for path in Path(folder(shop)).glob("*"):
        for theirs in (BUYER, "13800138000", "example.org/a.jpg", "SF1234567"):
            assert theirs.encode() not in unpacked(path), path
    (manifest,) = Path(folder(shop)).glob(f"*{files.MANIFEST}")
    said = json.loads(manifest.read_text())
    assert (said["orders"], said["tickets"], said["paid"], said["refunded"]) == (
        2,
        2,
        20_000,
        3_000,
    )
    assert said["files"] == Archive.objects.get().digests
    assert all(files.digest_of(manifest.parent / name) == d for name, d in said["files"].items())
    entry = AuditEntry.objects.get(kind="archived")
    assert (entry.shop, entry.note) == (shop, "2 tickets of 2 orders")


def test_what_is_left_adds_up_and_figures_stay(shop: Shop) -> None:
    old(shop), old(shop, paid=3_000)
    young = old(shop, status_at=NOW)
    counted()
    before = sorted(DeskCount.objects.exclude(source="x").values_list("day", "source", "number"))
    assert differences() == [] and len(before) > 3
    assert run(shop)[:2] == (2, 2)
    assert differences() == []
    counted()  # a later count does not count what is gone
    after = sorted(DeskCount.objects.values_list("day", "source", "number"))
    assert after == before
    assert Ticket.objects.get() == young and Decision.objects.get().ticket == young


def test_ingest_of_an_archive_elsewhere_pays_nothing_again(shop: Shop) -> None:
    """Another shop stands for another database: all is there, its refunds are done."""
    ticket = old(shop, paid=3_000)
    assert not run(shop).failure
    other = make_shop()
    lines = [json.dumps(record | {"shop": other.code}) for record in contents(shop, files.RECORDS)]
    path = Path(folder(shop)) / "copy.ndjson"
    path.write_text("\n".join(lines))
    call_command("ingest", str(path), stdout=StringIO())
    refund = Refund.objects.get(shop=other)
    assert (refund.status, refund.amount, refund.attempts.count()) == ("succeeded", 3_000, 1)
    order = Order.objects.get(shop=other)
    assert (order.order_no, order.committed, order.refundable_amount) == (
        ticket.order_no, 3_000, 7_000,
    )  # fmt: skip
    assert differences() == []
    # Into the database that it came from nothing comes back.
    (name,) = Archive.objects.values_list("name", flat=True)
    call_command("ingest", f"{folder(shop)}/{name}{files.RECORDS}", stdout=StringIO())
    assert not Order.objects.filter(shop=shop).exists()


def test_killed_while_writing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    old(shop), old(shop)
    with monkeypatch.context() as patch:
        patch.setattr(files.Writing, "done", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            run(shop)
    assert Archive.objects.get().state == "writing" and Ticket.objects.count() == 2
    left = {path.name for path in Path(folder(shop)).glob("2*")}
    assert left and all(name.endswith(".part") for name in left)
    assert run(shop)[:2] == (2, 2)
    assert Archive.objects.get().state == "done"
    assert not left & {path.name for path in Path(folder(shop)).glob("2*")}


def test_killed_while_taking_out(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch is whole or has not happened; the next run carries the archive through."""
    for _ in range(3):
        old(shop)
    monkeypatch.setattr(archive_run, "BATCH", 1)
    delete = parts.delete

    def dies(pks: list[int]) -> dict[str, int]:
        gone = delete(pks)
        if ArchivedTicket.objects.count() == 2:
            raise Killed
        return gone

    with monkeypatch.context() as patch:
        patch.setattr(parts, "delete", dies)
        with pytest.raises(Killed):
            run(shop)
    assert (Ticket.objects.count(), ArchivedTicket.objects.count()) == (2, 1)
    assert Archive.objects.get().state == "written" and differences() == []
    # The first batch is gone already; its time is over with the second.
    assert run(shop, steps=1) == (1, 1, True, "")
    assert run(shop)[:2] == (1, 1)
    assert Archive.objects.get().state == "done" and ArchivedTicket.objects.count() == 3
    assert len(contents(shop, files.ROWS)) == 3 and differences() == []


@pytest.mark.parametrize("when", ["open", "rename"])
def test_an_archive_that_cannot_be_written(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """One sentence where it shows; nothing is taken out, and it is over when it works again."""
    old(shop)
    with monkeypatch.context() as patch:

        def full(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(
            files if when == "open" else Path, "_opened" if when == "open" else when, full
        )
        done = run(shop)
    assert done.orders == 0 and Ticket.objects.count() == 1
    shop.refresh_from_db()
    assert (
        str(shop.archive_failure)
        == str(done.failure)
        == (
            "The archive can't be written (No space left on device): nothing was taken out of the"
            " database."
        )
    )
    assert run(shop)[:2] == (1, 1)
    shop.refresh_from_db()
    assert shop.archive_failure == ""


@pytest.mark.parametrize("how", ["gone", "changed", "cut"])
def test_damaged_files_take_nothing_out(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    old(shop)
    with monkeypatch.context() as patch:
        patch.setattr(archive_run, "_take_out", lambda *_: False)
        run(shop)
    archive = Archive.objects.get()
    path = files.paths_of(archive)[files.ROWS]
    content = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes(content[:-20] if how == "cut" else content + b"\0")
    done = run(shop)
    assert done.orders == 0 and "not what was written" in str(done.failure)
    assert Ticket.objects.count() == 1 and Archive.objects.get().state == "written"
    path.write_bytes(content)
    assert run(shop)[:2] == (1, 1)


def test_wrong_content_is_found_before_anything_goes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verified from the disk: counts and amounts, not only what was meant to be written."""
    old(shop)
    line = files.line_of

    def less(content: dict[str, Any]) -> bytes:
        return line(content).replace(b'"amount":"60.00"', b'"amount":"59.99"')

    with monkeypatch.context() as patch:
        patch.setattr(files, "line_of", less)
        assert "not what was written" in str(run(shop).failure)
    assert Ticket.objects.count() == 1
    assert run(shop)[:2] == (1, 1)


def test_a_table_that_the_archive_does_not_know_keeps_the_batch(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that appear after reading and are deleted without standing in the file undo it all."""
    ticket = old(shop)
    rows_of = parts.rows_of

    def fewer(pks: list[int]) -> dict[int, Any]:
        found = rows_of(pks)
        for rows in found.values():
            rows["aftersale_ticketevent"] = rows["aftersale_ticketevent"][:1]
        return found

    monkeypatch.setattr(parts, "rows_of", fewer)
    assert "not what was written" in str(run(shop).failure)
    assert Ticket.objects.get() == ticket and ticket.events.count() == 2
    assert not ArchivedTicket.objects.exists()


def test_another_process_at_work(shop: Shop) -> None:
    old(shop)
    with files.alone(shop.pk) as alone:
        assert alone and run(shop) == (0, 0, False, "")
    assert run(shop).orders == 1


def test_the_command(shop: Shop) -> None:
    """Of the shops that archive, or of one; exit 1 where one can't."""
    old(shop), make_user(shop)
    said = StringIO()
    call_command("archive", stdout=said)
    # By the clock of today all of it is younger than fourteen months, or not.
    assert said.getvalue().startswith(shop.code)
