"""SPEC M1: decisions are found by every key, and exported exactly as they are found."""

import csv
import io
import tempfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from aftersale.admin.kit import change_list
from aftersale.models import Ticket
from aftersale.services.sheets import write_file
from strategies.admin.search import export
from strategies.models import Decision, Strategy

from .clients import client_in, url
from .scene import AT, Scene, more_tickets

LIST = reverse("admin:strategies_decision_changelist")


def cells(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def part(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(f"xl/{name}.xml").decode()


def client(own: Scene, language: str = "en") -> Client:
    return client_in(language, own.people["cs_agent"])


def as_csv(client: Client, **query: str) -> list[dict[str, str]]:
    response = client.get(reverse("automation:decisions-export", args=["csv"]), query)
    assert response.status_code == 200 and response.streaming
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def listed(client: Client, **query: str) -> int:
    return client.get(LIST, query).context["cl"].result_count


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 4),
        ({"q": "mine-1"}, 1),
        ({"q": "mine-order"}, 1),
        ({"q": "mine-buyer"}, 4),
        ({"q": "nobody"}, 0),
        ({"reason": "other"}, 3),
        ({"reason": "damaged"}, 1),
        ({"scenario__exact": "pre_ship_refund"}, 1),
        ({"outcome__exact": "refund"}, 1),
        ({"source__exact": "strategy"}, 1),
        ({"why__exact": "none_hit"}, 3),
        # 10:00 in Shanghai; the end does not count.
        ({"from": "2026-11-20T10:00"}, 3),
        ({"from": "2026-11-20T10:01"}, 0),
        ({"to": "2026-11-20T10:00"}, 1),
        ({"from": "2026-11-19T10:00", "to": "2026-11-20T10:00"}, 1),
        ({"from": "no time", "to": "x"}, 4),
    ],
)
def test_search_and_export_find_the_same(own: Scene, query: dict[str, str], found: int) -> None:
    more_tickets(own, 3)
    last = Decision.objects.latest("pk")
    Decision.objects.filter(pk=last.pk).update(
        decided_at=AT - timedelta(days=1), reason="damaged", outcome="refund", why="",
        source="strategy", scenario="pre_ship_refund", strategy=own.row(Strategy),
    )  # fmt: skip
    asking = client(own)
    assert listed(asking, **query) == found
    assert len(as_csv(asking, **query)) == found


def test_a_strategys_decisions(own: Scene, foreign: Scene) -> None:
    Decision.objects.update(strategy=own.row(Strategy))
    asking, key = client(own), str(own.row(Strategy).pk)
    assert len(as_csv(asking, strategy=key)) == 1
    assert as_csv(asking, strategy=str(foreign.row(Strategy).pk)) == []


def test_what_a_row_says(own: Scene) -> None:
    """The shop's clock, yuan, the user's words; no buyer."""
    (row,) = as_csv(client(own))
    assert row["Decided at"] == "2026-11-20 10:00:00" and row["Amount (yuan)"] == "123.45"
    assert (row["Ticket"], row["Order"]) == ("mine-ticket", "mine-order")
    assert row["Outcome"] == "For people" and row["Application reason"] == "Other reason"
    assert "mine-buyer" not in row.values()
    (chinese,) = as_csv(client(own, "zh-hans"))
    assert chinese["金额（元）"] == "123.45" and "转人工" in chinese.values()


def test_only_of_ones_own_shops(own: Scene, foreign: Scene) -> None:
    assert {row["Shop"] for row in as_csv(client(own))} == {"mine-shop"}
    assert as_csv(client(own), q="theirs-ticket") == []
    address = reverse("automation:decisions-export", args=["csv"])
    assert client(own).get(address, {"shop": foreign.shop.pk}).status_code == 200
    assert as_csv(client(own), shop=str(foreign.shop.pk)) in ([], as_csv(client(own)))
    assert Client().get(address).status_code == 302
    assert client(own).get(reverse("automation:decisions-export", args=["pdf"])).status_code == 404


def test_an_address_that_asks_for_nonsense_is_refused(own: Scene) -> None:
    address = reverse("automation:decisions-export", args=["csv"])
    for query in ({"nonsense": "1"}, {"to": "\0"}, {"id__regex": "("}):
        assert client(own).get(address, query).status_code == 400


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_text_becomes_a_formula(own: Scene, start: str) -> None:
    evil = f'{start}cmd|" /C calc"!A0'
    Ticket.objects.update(ticket_no=evil)
    (row,) = as_csv(client(own))
    assert row["Ticket"] == f"'{evil}" and row["Amount (yuan)"] == "123.45"
    pieces = write_file.xlsx(["Ticket"], [[evil, Decimal("-1.50")]])
    content = b"".join(pieces)
    assert cells(content)[1] == [evil, -1.5]
    # A text, and shown as one that was typed after an apostrophe.
    styles, sheet = (part(content, name) for name in ("styles", "worksheets/sheet1"))
    formats = styles.split("<cellXfs")[1].split("<xf ")[1:]
    quoted = next(number for number, one in enumerate(formats) if "quotePrefix" in one)
    assert f'<c r="A2" s="{quoted}" t="inlineStr">' in sheet


def test_as_excel_reads_it(own: Scene) -> None:
    response = client(own).get(reverse("automation:decisions-export", args=["xlsx"]))
    assert response["Content-Type"] == export.XLSX
    assert 'filename="afterdesk-decisions-mine-code-' in response["Content-Disposition"]
    assert response.streaming
    content = b"".join(response.streaming_content)
    assert 'topLeftCell="A2"' in part(content, "worksheets/sheet1")
    row = dict(zip(*cells(content), strict=True))
    assert row["Decided at"] == datetime(2026, 11, 20, 10) and row["Amount (yuan)"] == 123.45


def test_the_name_has_the_shop_and_the_dates(own: Scene) -> None:
    response = client(own).get(
        reverse("automation:decisions-export", args=["csv"]),
        {"from": "2026-11-01T00:00", "to": "2026-11-21T00:00"},
    )
    name = 'filename="afterdesk-decisions-mine-code-20261101-20261121.csv"'
    assert name in response["Content-Disposition"]


def test_more_than_a_sheet_holds_is_said(own: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    more_tickets(own, 2)
    monkeypatch.setattr(export, "MOST_ROWS", 3)
    address = reverse("automation:decisions-export", args=["xlsx"])
    response = client(own).get(address, {"reason": "other"}, follow=True)
    assert response.redirect_chain == [(f"{LIST}?reason=other", 302)]
    assert "Excel holds at most 2 rows" in response.content.decode()
    assert len(as_csv(client(own))) == 3


def test_every_row_arrives_as_it_was_given() -> None:
    """All texts are texts, also long numbers and what a library could take for XML of its own."""
    at = AT.replace(tzinfo=None)
    texts = [
        "6912345678901234567", "1.23E+18", "0012", "=1\r\n", "<r><t>x</t></r>", "_x000D_", " a ",
        "𠮷" * 5,
    ]  # fmt: skip

    def rows() -> Iterator[list[Any]]:
        for number in range(3_000):
            yield [f"<&>\x00{number}\ud800", at, Decimal("1.5"), *texts]

    headers = ["a", "b", "c", *"defghijk"]
    found = cells(b"".join(write_file.xlsx(headers, rows())))
    assert found[0] == headers and len(found) == 3_001
    assert found[1:] == [[f"<&>{number}", at, 1.5, *texts] for number in range(3_000)]


def test_a_number_longer_than_a_spreadsheet_keeps_is_a_text() -> None:
    amounts = [Decimal("9999999999999.99"), Decimal("12345678901234567.89")]
    found = cells(b"".join(write_file.xlsx(["Amount"], [[amount] for amount in amounts])))
    assert found[1:] == [[9999999999999.99], ["12345678901234567.89"]]


@pytest.mark.parametrize("letter", ["x", "𠮷"])
def test_a_text_longer_than_a_cell_is_cut(letter: str) -> None:
    found = cells(b"".join(write_file.xlsx(["Note"], [[letter * 40_000]])))
    units = len(letter.encode("utf-16-le")) // 2
    assert found[1] == [letter * (32_767 // units)]


@pytest.mark.parametrize("ending", ["read", "abandoned", "failed"])
def test_no_temporary_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left: list[int] = []

    def rows() -> Iterator[list[Any]]:
        yield ["1"]
        left.append(len(list(tmp_path.iterdir())))
        if ending == "failed":
            raise ConnectionError

    pieces = write_file.xlsx(["a"], rows())
    if ending == "failed":
        with pytest.raises(ConnectionError):
            next(pieces)
    elif ending == "abandoned":
        next(pieces)
        pieces.close()  # type: ignore[attr-defined]
    else:
        assert len(cells(b"".join(pieces))) == 2
    assert left == [1] and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_memory_stays_flat(kind: str) -> None:
    def many(number: int) -> Iterator[list[Any]]:
        for _ in range(number):
            yield [AT.replace(tzinfo=None), "text " * 20, Decimal("1.50")]

    def write(number: int) -> int:
        tracemalloc.start()
        if kind == "csv":
            for _ in write_file.csv_lines(["a", "b", "c"], many(number)):
                pass
        else:
            for _ in write_file.xlsx(["a", "b", "c"], many(number)):
                pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    write(10)
    assert write(4_000) < write(400) + 300_000


def test_the_list_links_to_its_export(own: Scene) -> None:
    text = client(own).get(LIST, {"reason": "other", "q": "mine-buyer"}).content.decode()
    address = reverse("automation:decisions-export", args=["csv"])
    assert f"{address}?q=mine-buyer&amp;reason=other" in text or (
        f"{address}?reason=other&amp;q=mine-buyer" in text
    )
    assert url(Decision, "change", own.row(Decision).pk) in text


def test_a_filter_without_a_time_exports_all(own: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list looks through the newest only; a file leaves nothing out."""
    more_tickets(own, 5)
    monkeypatch.setattr(change_list, "MOST_READ", 2)
    viewer = client(own)
    assert listed(viewer, why__exact="none_hit") == 2
    assert len(as_csv(viewer, why__exact="none_hit")) > 5
