"""Sheets as Excel and people save them: forms of files, numbers, dates, lists in a cell."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from xlsxwriter import Workbook

from aftersale.models import BlockedBuyer, Shop
from aftersale.services.shared.errors import Refused
from strategies.models import Strategy
from tests.factories import NOON, make_strategy

from .uploads import NEW, REFUSED, UNCHANGED, call, exported, full, outcomes, owner, shop, written

__all__ = ["owner", "shop"]

pytestmark = pytest.mark.django_db


def workbook(rows: list[list[Any]]) -> bytes:
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True, "default_date_format": "yyyy/m/d h:mm"}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    return file.getvalue()


def far_away(row: int, column: int) -> bytes:
    """A workbook of a few hundred bytes whose last cell is there."""
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["buyer"])
        sheet.write(row, column, "b-1")
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"buyer\n",
        b"buyer,nobody\nb,x\n",
        b"buyer,buyer\nb,x\n",
        b"note\nx\n",
        b"buyer\nb,1,2\n",
        b"\x89PNG\r\n\0\0",
        b"PK\x03\x04 nonsense",
        b'buyer\n"b-1\n',
        b"buyer\n" + b"b-1\n" * 5_001,
        # Room for all cells up to the last one would be gigabytes.
        far_away(1_048_575, 0),
        far_away(1, 16_383),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        b"b" * (2 * 1024 * 1024 + 1),
    ],
)
def test_files_that_are_none(shop: Shop, owner: User, content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        call(shop, owner, "blocked-buyers", content)
    assert refused.value.pointer == "file"
    assert not BlockedBuyer.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff买家,原因\r\nb-1,太多\r\n".encode(),
        "买家,原因\nb-1,太多\n".encode("gb18030"),
        "Buyer;Why\nb-1;太多\n".encode(),
        workbook([["买家", "原因"], [None, None], ["b-1", "太多"]]),
        workbook([["buyer", "note"], ["b-1", "太多"]]),
    ],
)
def test_files_as_people_have_them(shop: Shop, owner: User, content: bytes) -> None:
    written(shop, owner, "blocked-buyers", content)
    assert list(BlockedBuyer.objects.values_list("buyer", "note")) == [("b-1", "太多")]


def test_numbers_and_times_as_excel_has_them(shop: Shop, owner: User) -> None:
    content = workbook(
        [
            ["scenario", "name", "single_amount_cap", "valid_from", "windows", "execution_time"],
            ["pre_ship_refund", "n", 20.5, NOON.replace(tzinfo=None), "9:00-12:00", "windows"],
        ]
    )
    assert outcomes(written(shop, owner, "strategies", content)) == [(2, NEW)]
    made = Strategy.objects.get()
    assert made.single_amount_cap == 2_050
    assert made.windows == [["09:00", "12:00"]]
    assert made.valid_from is not None
    assert made.valid_from.isoformat() == "2026-03-10T20:00:00+00:00"


@pytest.mark.parametrize(
    ("cell", "products"),
    [
        ("p-1,p-2", ["p-1", "p-2"]),
        ("p-1、p-2，p-3", ["p-1", "p-2", "p-3"]),
        ("p-1；p-2\np-3", ["p-1", "p-2", "p-3"]),
        ("p-1\u200b, p-1 ", ["p-1"]),
        ('="1234567890123456789"', ["1234567890123456789"]),
        ("'1234567890123456789", ["1234567890123456789"]),
        ("\t1234567890123456789\t", ["1234567890123456789"]),
        ("1234567890123456789", ["1234567890123456789"]),
        ("'90s", ["90s"]),
    ],
)
def test_o9_lists_and_numbers_in_a_cell(
    shop: Shop, owner: User, cell: str, products: list[str]
) -> None:
    """SPEC O9: "p-1,p-2" as one excluded product let both be refunded."""
    head = "scenario,name,single_amount_cap,product_condition,products\n"
    quoted = cell.replace('"', '""')
    content = f'{head}pre_ship_refund,no phones,100,exclude,"{quoted}"\n'
    assert outcomes(written(shop, owner, "strategies", content)) == [(2, NEW)]
    assert Strategy.objects.get().products == products
    for form in ("csv", "xlsx"):
        again = exported(shop, owner, "strategies", form)
        assert outcomes(written(shop, owner, "strategies", again)) == [(2, UNCHANGED)]


def test_o9_a_list_in_quotes_is_no_product(shop: Shop, owner: User) -> None:
    head = "scenario,name,single_amount_cap,product_condition,products\n"
    content = f'{head}pre_ship_refund,no phones,100,exclude,"""p-1、p-2"""\n'
    (refused,) = written(shop, owner, "strategies", content)
    assert (refused.outcome, Strategy.objects.count()) == (REFUSED, 0)
    assert [str(error) for error in refused.errors] == [
        "products: “p-1、p-2” has a comma, semicolon or line break:"
        " give each product as an entry of its own"
    ]


def test_o9_names_products_and_categories_survive_the_round_trip(shop: Shop, owner: User) -> None:
    products = ["'90s", "''1", "=1", '"q"', "'tis"]
    lists = {"products": products, "categories": ["a,b", "a、b", '"q"']}
    make_strategy(shop, name="'1 small", product_condition="include", **lists)
    for form in ("csv", "xlsx"):
        for code, lines in (("strategies", 1), ("products", 8)):
            again = exported(shop, owner, code, form)
            found = outcomes(written(shop, owner, code, again))
            assert [outcome for _line, outcome in found] == [UNCHANGED] * lines
    kept = Strategy.objects.get()
    assert (kept.products, kept.categories) == (products, lists["categories"])


@pytest.mark.parametrize(
    "content",
    [
        b"buyer\n1.23E+18\nb-2\n",
        b"buyer\n1E+18\nb-2\n",
        workbook([["buyer"], [1234567890123456789], ["b-2"]]),
        workbook([["buyer"], [1e15], ["b-2"]]),
        workbook([["buyer"], ["1.23E+18"], ["b-2"]]),
    ],
)
def test_o9_a_number_that_was_shortened_is_refused(shop: Shop, owner: User, content: bytes) -> None:
    """SPEC O9: a number of 19 digits was rounded, and somebody else blocked."""
    results = written(shop, owner, "blocked-buyers", content)
    assert outcomes(results) == [(2, REFUSED), (3, NEW)]
    [error] = results[0].errors
    assert error.pointer == "buyer" and "format the column as text" in error.message
    assert BlockedBuyer.objects.get().buyer == "b-2"


@pytest.mark.parametrize(
    ("number", "buyer"), [(123456789012345, "123456789012345"), (12.5, "12.5"), (7.0, "7")]
)
def test_o9_an_exact_number_of_a_cell_is_taken(
    shop: Shop, owner: User, number: float, buyer: str
) -> None:
    written(shop, owner, "blocked-buyers", workbook([["buyer"], [number]]))
    assert BlockedBuyer.objects.get().buyer == buyer


def test_o9_a_shortened_product_leaves_the_whole_list_alone(shop: Shop, owner: User) -> None:
    full(shop)
    content = "scenario,name,product\npre_ship_refund,night,p-1\npre_ship_refund,night,1.2E+18\n"
    assert outcomes(written(shop, owner, "products", content)) == [(2, REFUSED), (3, REFUSED)]
    assert Strategy.objects.get(name="night").products == ["p-9", "=1"]


@pytest.mark.parametrize(
    "text", ["2026/11/1 9:00", "2026-11-01 09:00", "2026年11月1日 9:00", "2026/11/1 9:00:00"]
)
def test_dates_as_excel_in_china_saves_them(shop: Shop, owner: User, text: str) -> None:
    content = f"scenario,name,single_amount_cap,valid_from\npre_ship_refund,n,20,{text}\n"
    assert outcomes(written(shop, owner, "strategies", content)) == [(2, NEW)]
    valid_from = Strategy.objects.get().valid_from
    assert valid_from is not None and valid_from.isoformat() == "2026-11-01T01:00:00+00:00"
