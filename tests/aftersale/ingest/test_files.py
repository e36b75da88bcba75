"""INTERFACES, Commands: files of records, whatever is in them."""

import gzip
import io
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from pydantic import BaseModel, ConfigDict

from aftersale.models import Order, Shop, Ticket
from aftersale.services import ingest
from aftersale.services.ingest import files, passes
from aftersale.services.shared.outcomes import NEW, Outcome, Result, refused
from tests.aftersale.ingest.record_factories import at, order, shop, ticket

from .conftest import the_ticket

pytestmark = pytest.mark.django_db

Run = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command's exit status, and the lines of its two outputs."""

    def call(*paths: object) -> tuple[int, list[str], list[str]]:
        status = 0
        try:
            call_command("ingest", *map(str, paths))
        except SystemExit as stop:
            status = int(stop.code or 0)
        out, err = capsys.readouterr()
        return status, out.splitlines(), err.splitlines()

    return call


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def to_file(*lines: dict[str, Any] | bytes, name: str = "a.ndjson") -> Path:
        path = tmp_path / name
        path.write_bytes(
            b"".join(
                (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n"
                for line in lines
            )
        )
        return path

    return to_file


def test_kinds_in_any_sequence_and_twice(run: Run, write: Callable[..., Path]) -> None:
    path = write(ticket(), order(), {"kind": "fund_entry", "shop": "s1", "fund": "wallet",
                 "entry_no": "f1", "amount": "-5.00", "at": at(0)}, shop())  # fmt: skip
    assert run(path) == (
        0,
        [
            "shop: new 1, changed 0, unchanged 0, refused 0",
            "fund_entry: new 1, changed 0, unchanged 0, refused 0",
            "order: new 1, changed 0, unchanged 0, refused 0",
            "ticket: new 1, changed 0, unchanged 0, refused 0",
            "total: new 4, changed 0, unchanged 0, refused 0",
        ],
        [],
    )
    assert the_ticket().awaiting_evaluation
    status, out, _err = run(path)
    assert (status, out[-1]) == (0, "total: new 0, changed 0, unchanged 4, refused 0")


def test_records_wait_for_a_shop_that_comes_much_later(
    run: Run, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "BATCH_LINES", 2)
    first = write(order(), ticket(), order(order_no="O2"), order(shop="s2", order_no="X"))
    second = write(order(order_no="O3"), shop(), ticket(shop="s3"), name="b.ndjson")
    status, out, err = run(first, second)
    assert status == 1
    assert "order: new 3, changed 0, unchanged 0, refused 1" in out
    assert "ticket: new 1, changed 0, unchanged 0, refused 1" in out
    assert err == [
        f"{first}:4: order X: shop: expected the code of a known shop (read: “s2”)",
        f"{second}:3: ticket T1: shop: expected the code of a known shop (read: “s3”)",
    ]
    assert the_ticket().awaiting_evaluation


def test_older_version_is_counted_by_name(run: Run, write: Callable[..., Path]) -> None:
    path = write(shop(), order(updated_at=at(1)), order(), order(updated_at=at(1)))
    assert run(path)[1][-1] == (
        "total: new 2, changed 0, unchanged 2 (1 older than stored), refused 0"
    )


def test_each_wrong_line_gets_its_sentence_and_the_rest_goes_in(
    run: Run, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 5_000)
    path = write(
        shop(),
        order(),
        b"{not json",
        b"",
        b"[1]",
        b'{"kind": "parcel"}',
        b'{"shop": "s1"}',
        b'{"kind": "ticket", "ticket_no": "\xff"}',
        ticket(amount="1.234", colour="red"),
        ticket(applied_at="2026-03-11T12:00:00"),
        ticket(line_no=3),
        json.dumps(ticket(note="x" * 20_000)).encode(),
        ticket(ticket_no="T\n9", amount=5),
        b"[" * 4_000,
        b'{"kind": "ticket", "line_no": ' + b"9" * 4_500 + b"}",
        ticket(ticket_no="T2"),
        ticket(ticket_no="T3", buyer_note="\ud800"),
        _twice(ticket(ticket_no="T4"), "amount", "1.00"),
        _twice(order(order_no="O4"), "line_no", 1),
        b'{"kind": "ticket", "kind": "order"}',
        json.dumps(ticket(ticket_no="T5", reason="\ud800")).encode(),
    )
    status, out, err = run(path)
    assert status == 1
    assert out[-1] == "total: new 3, changed 0, unchanged 0, refused 17"
    starts = {
        3: "the line is not valid JSON",
        5: "expected a JSON object",
        6: "kind: expected one of shop, fund_entry, order, ticket",
        7: "kind: expected one of shop, fund_entry, order, ticket",
        8: "the line is not valid UTF-8",
        10: "ticket T1: applied_at: expected a time with an offset",
        11: "ticket T1: line_no: expected a line of order O1 (1, 2), not 3",
        12: "the line is too long for a record",
        13: "ticket T<U+000A>9: amount: expected",
        14: "the line is not valid JSON",
        17: "ticket T3: buyer_note: unknown key",
        18: "ticket T4: amount: the key is given more than once",
        19: "order O4: lines[0].line_no: the key is given more than once",
        20: "kind: expected one of shop, fund_entry, order, ticket",
        21: "ticket T5: reason: expected a text in valid Unicode",
    }
    for number, start in starts.items():
        assert [line for line in err if line.startswith(f"{path}:{number}: {start}")], number
    of_nine = [line for line in err if line.startswith(f"{path}:9: ")]
    assert of_nine[0].startswith(f"{path}:9: ticket T1: amount: expected money in yuan")
    assert of_nine[1] == f"{path}:9: ticket T1: colour: unknown key"
    assert [line for line in err if line.startswith(f"{path}:15: ")]
    assert list(Ticket.objects.values_list("ticket_no", flat=True)) == ["T2"]
    assert list(Order.objects.values_list("order_no", flat=True)) == ["O1"]


def test_blank_lines_are_passed_over_and_counted(run: Run, write: Callable[..., Path]) -> None:
    path = write(b"", shop(), b"  \t", {**order(), "colour": "red"}, b"", b"")
    status, out, err = run(path)
    assert out[-1] == "total: new 1, changed 0, unchanged 0, refused 1"
    assert (status, err) == (1, [f"{path}:4: order O1: colour: unknown key"])


CHINESE = order(order_no="O9", buyer="买家")
FORMS = {
    "a list": (json.dumps([order(), shop()]).encode(), "the file is one JSON list: write each"),
    "a list over lines": (b"\n[\n" + json.dumps(order()).encode() + b"\n]\n", "one JSON list"),
    "indented": (json.dumps(order(), indent=2).encode(), "a record goes over several lines"),
    "half indented": (b'{"kind": "order",\n"shop": "s1"}\n', "a record goes over several lines"),
    "UTF-16": (json.dumps(order()).encode("utf-16"), "the file is UTF-16: save it as UTF-8"),
    "UTF-16 without a mark": (json.dumps(order()).encode("utf-16-le"), "the file is UTF-16"),
    "GBK": (
        "\n".join(json.dumps(line, ensure_ascii=False) for line in (shop(), CHINESE)).encode("gbk"),
        "the file is GBK: save it as UTF-8",
    ),
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(("content", "sentence"), FORMS.values(), ids=FORMS.keys())
def test_another_form_of_file_gets_one_sentence(
    run: Run,
    write: Callable[..., Path],
    tmp_path: Path,
    content: bytes,
    sentence: str,
    zipped: bool,
) -> None:
    path = tmp_path / ("a.ndjson.gz" if zipped else "a.ndjson")
    path.write_bytes(gzip.compress(content) if zipped else content)
    status, out, err = run(path, write(shop(), name="b.ndjson"))
    assert (status, len(err)) == (1, 1)
    assert err[0].startswith(f"{path}: ") and sentence in err[0]
    assert out[-1] == "total: new 1, changed 0, unchanged 0, refused 0"
    assert not Order.objects.exists()


def test_one_damaged_line_among_chinese_ones_is_no_file_in_gbk(
    run: Run, write: Callable[..., Path]
) -> None:
    said = json.dumps(CHINESE, ensure_ascii=False)
    path = write(shop(), said.encode("gbk"), said.encode())
    status, out, err = run(path)
    assert (status, err) == (1, [f"{path}:2: the line is not valid UTF-8"])
    assert Order.objects.get().buyer == "买家"


def _twice(record: dict[str, Any], key: str, first: Any) -> bytes:
    """The record's line with another value of the key in front of its own."""
    pair = f'"{key}": '
    return json.dumps(record).replace(pair, f"{pair}{json.dumps(first)}, {pair}", 1).encode()


def test_a_key_that_is_called_kind_inside_a_record_deceives_nobody(
    run: Run, write: Callable[..., Path]
) -> None:
    odd = {"return_shipment": {"kind": "order"}, **ticket()}
    noted = ticket(ticket_no="T2", note='{"kind": "order"}')
    status, out, err = run(write(shop(), odd, {"note": noted["note"], **noted}))
    assert (status, out[-1]) == (1, "total: new 2, changed 0, unchanged 0, refused 1")
    assert Ticket.objects.get().ticket_no == "T2"
    assert ":2: " in err[0]


def test_gzip(run: Run, write: Callable[..., Path], tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(gzip.compress(write(shop(), order()).read_bytes()))
    assert run(path)[1][-1] == "total: new 2, changed 0, unchanged 0, refused 0"


def test_broken_gzip_keeps_what_was_read(
    run: Run, tmp_path: Path, write: Callable[..., Path]
) -> None:
    lines = [json.dumps(shop())] + [
        json.dumps(order(order_no=f"O{n}-{'%x' % (n * 7919**5)}")) for n in range(8000)
    ]
    whole = gzip.compress("\n".join(lines).encode())
    path = tmp_path / "cut.ndjson.gz"
    path.write_bytes(whole[: len(whole) // 2])
    status, out, err = run(path, write(order(order_no="next file")))
    assert status == 1
    taken = Order.objects.count()
    assert taken > 1000
    assert f"after line {taken}; those before are kept" in err[0]
    assert out[-1] == f"total: new {taken + 1}, changed 0, unchanged 0, refused 0"
    assert Order.objects.filter(order_no="next file").exists()


@pytest.mark.parametrize("content", [b"no gzip at all", b""])
def test_file_that_is_no_gzip(run: Run, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(content)
    status, out, err = run(path)
    assert out == ["total: new 0, changed 0, unchanged 0, refused 0"]
    assert (status, len(err)) == ((1, 1) if content else (0, 0))


def test_file_that_cannot_be_opened(run: Run, tmp_path: Path, write: Callable[..., Path]) -> None:
    missing, folder = tmp_path / "missing.ndjson", tmp_path
    status, out, err = run(missing, folder, write(shop()))
    assert status == 1
    assert err == [f"{missing}: No such file or directory", f"{folder}: Is a directory"]
    assert out[-1] == "total: new 1, changed 0, unchanged 0, refused 0"


@pytest.mark.parametrize("zipped", [False, True])
def test_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch, zipped: bool) -> None:
    data = b"\xef\xbb\xbf" + json.dumps(shop()).encode()  # as Windows tools write it
    stream = io.BytesIO(gzip.compress(data) if zipped else data)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(stream)))
    assert run("-")[1][-1] == "total: new 1, changed 0, unchanged 0, refused 0"
    assert Shop.objects.count() == 1


@pytest.fixture
def colours() -> Iterator[None]:
    class ColourRecord(BaseModel):
        model_config = ConfigDict(extra="forbid")
        shop: str
        name: str

    def save(records: Any, *, shops: Any, now: Any) -> list[Result]:
        assert now.tzinfo
        assert all(record.shop in shops for record in records)
        return [
            refused("name", "expected a colour")
            if record.name == "loud"
            else Result(Outcome.NEW, note="painted over")
            if record.name == "grey"
            else NEW
            for record in records
        ]

    ingest.register("colour", ColourRecord, save, number="name")
    yield
    ingest.unregister("colour")


def test_other_apps_add_kinds(run: Run, write: Callable[..., Path], colours: None) -> None:
    rows = [{"kind": "colour", "shop": "s1", "name": name} for name in ("red", "loud", "grey")]
    path = write(*rows, shop())
    status, out, err = run(path)
    assert status == 1
    assert "colour: new 2, changed 0, unchanged 0, refused 1; 1 painted over" in out
    assert err == [f"{path}:2: colour loud: name: expected a colour"]


def test_memory_stays_flat(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held-back and refused records too: five times the file takes no more memory."""
    monkeypatch.setattr(passes, "BATCH_LINES", 100)

    def peak(copies: int) -> int:
        path = tmp_path / f"{copies}.ndjson"
        with path.open("w") as file:
            file.write(json.dumps(shop()) + "\n")
            for number in range(copies):
                file.write(json.dumps(order(order_no=f"O{number}")) + "\n")
                file.write(json.dumps(order(shop="nowhere")) + "\n")
        tracemalloc.start()
        try:
            run = passes.Pass(clock=timezone.now, refuse=lambda text: None, moved=lambda _: None)
            counts = run.run([str(path)])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            assert counts.total()[Outcome.REFUSED] == copies

    peak(10)
    # A list of all records would take 8 MB more.
    assert peak(3_000) < 1.3 * peak(600)
