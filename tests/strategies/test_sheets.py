"""Sheets of strategies, products, reject texts, block lists: previewed, then written by row."""

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import translation
from xlsxwriter import Workbook

from aftersale.models import BlockedBuyer, RejectReasonTemplate, Shop, ShopEvent
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.sheets import kinds
from aftersale.services.sheets.write_file import csv_lines, xlsx
from strategies.models import RulebookRevision, Strategy, StrategyRevision
from strategies.services.export_strategies import documents
from tests.factories import NOON, make_shop, make_strategy, make_user
from tests.queries import counted_queries

pytestmark = pytest.mark.django_db

NEW, CHANGED, UNCHANGED, REFUSED = (
    Outcome.NEW,
    Outcome.CHANGED,
    Outcome.UNCHANGED,
    Outcome.REFUSED,
)


@pytest.fixture
def shop() -> Shop:
    return make_shop(code="ks-1", timezone="Asia/Shanghai")


@pytest.fixture
def owner(shop: Shop) -> User:
    return make_user(shop, "owner")


def call(shop: Shop, user: User, code: str, content: str | bytes, **more: Any) -> Any:
    content = content.encode() if isinstance(content, str) else content
    work = kinds.write if "seen" in more else kinds.preview
    return work(
        kinds.kind_of(code), shop_id=shop.pk, name="f.csv", content=content, user=user, now=NOON,
        **more,
    )  # fmt: skip


def written(shop: Shop, user: User, code: str, content: str | bytes) -> list[kinds.RowResult]:
    """Previewed and then written: both say the same."""
    before = counts()
    seen = call(shop, user, code, content)
    assert counts() == before
    results = call(shop, user, code, content, seen=kinds.fingerprint(seen))
    assert results == seen
    return results


def counts() -> list[int]:
    models = (Strategy, StrategyRevision, RulebookRevision, BlockedBuyer, RejectReasonTemplate)
    return [model.objects.count() for model in (*models, ShopEvent)]


def outcomes(results: list[kinds.RowResult]) -> list[tuple[int, Outcome]]:
    return [(result.line, result.outcome) for result in results]


def exported(shop: Shop, user: User, code: str, form: str = "csv") -> bytes:
    kind = kinds.kind_of(code)
    head = [str(column.label) for column in kind.columns]
    rows = kinds.rows_of(kind, shop_id=shop.pk, user=user)
    if form == "xlsx":
        return b"".join(xlsx(head, rows))
    return "".join(csv_lines(head, rows)).encode()


def full(shop: Shop) -> None:
    make_strategy(
        shop, name="night", windows=[["22:00", "08:00"], ["12:00", "13:30"]],
        execution_time="windows", valid_from="2026-11-01T00:00:00+08:00",
        valid_until="2026-12-01T16:32:07.250000+08:00",
        buyer_reasons=["no_longer_wanted"], product_condition="include", products=["p-9", "=1"],
        categories=["shoes"], breaker={"hits": 5, "minutes": 10}, remark="-x, \"y\"\nz",
    )  # fmt: skip
    make_strategy(shop, name="small", scenario="post_ship_refund", order_statuses=["shipped"])


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_is_exported_comes_back_unchanged(
    shop: Shop, owner: User, form: str, language: str
) -> None:
    full(shop)
    before = documents(shop.pk)
    with translation.override(language):
        content = exported(shop, owner, "strategies", form)
    assert outcomes(written(shop, owner, "strategies", content)) == [(2, UNCHANGED), (3, UNCHANGED)]
    with translation.override(language):
        content = exported(shop, owner, "products", form)
    assert outcomes(written(shop, owner, "products", content)) == [
        (2, UNCHANGED),
        (3, UNCHANGED),
        (4, UNCHANGED),
    ]
    assert documents(shop.pk) == before
    call(shop, owner, "blocked-buyers", "buyer,note\n=b,-x\n", seen=_seen(shop, owner))
    for code in ("blocked-buyers", "reject-texts"):
        with translation.override(language):
            content = exported(shop, owner, code, form)
        assert {outcome for _line, outcome in outcomes(written(shop, owner, code, content))} == {
            UNCHANGED
        }


def _seen(shop: Shop, owner: User) -> str:
    return kinds.fingerprint(call(shop, owner, "blocked-buyers", "buyer,note\n=b,-x\n"))


def test_rows_that_are_wrong_stand_beside_those_that_are_written(shop: Shop, owner: User) -> None:
    """SPEC O7: what a file makes or changes is not enabled."""
    make_strategy(shop, name="night")
    results = written(
        shop,
        owner,
        "strategies",
        "scenario,name,single_amount_cap,enabled\n"
        "pre_ship_refund,night,80,yes\n"
        "pre_ship_refund,cheap,0.5,\n"
        "发货前-自动仅退款,small,20.5,\n"
        "nowhere,x,20,\n"
        "pre_ship_refund,small,30,\n",
    )
    assert outcomes(results) == [
        (2, CHANGED),
        (3, REFUSED),
        (4, NEW),
        (5, REFUSED),
        (6, REFUSED),
    ]
    assert [error.pointer for row in results for error in row.errors] == [
        "single_amount_cap",
        "scenario",
        "name",
    ]
    assert len(results[0].changes) == 3  # the cap, enabled, and "stored not enabled"
    found = Strategy.objects.order_by("priority").values_list(
        "name", "single_amount_cap", "enabled"
    )
    assert list(found) == [("night", 8_000, False), ("small", 2_050, False)]
    revision = StrategyRevision.objects.filter(strategy__name="night").latest("number")
    assert (revision.number, revision.created_by) == (3, owner)


def test_a_column_that_is_not_there_stays_and_an_empty_cell_is_the_default(
    shop: Shop, owner: User
) -> None:
    full(shop)
    written(shop, owner, "strategies", "scenario,name,remark\npre_ship_refund,night,\n")
    night = Strategy.objects.get(name="night")
    assert (night.remark, night.products, night.breaker_hits) == ("", ["p-9", "=1"], 5)


def test_a_product_list_is_replaced_whole_or_not_at_all(shop: Shop, owner: User) -> None:
    full(shop)
    results = written(
        shop,
        owner,
        "products",
        "scenario,name,product,category\n"
        "pre_ship_refund,night,p-1,\n"
        "pre_ship_refund,night,,hats\n"
        "pre_ship_refund,night,p-1,\n",
    )
    assert outcomes(results) == [(2, CHANGED), (3, CHANGED), (4, CHANGED)]
    night = Strategy.objects.get(name="night")
    assert (night.products, night.categories, night.enabled) == (["p-1"], ["hats"], False)
    results = written(
        shop,
        owner,
        "products",
        "scenario,name,product\npre_ship_refund,night,p-2\npre_ship_refund,night,\n"
        "post_ship_refund,small,p-2\npre_ship_refund,none,p-2\n",
    )
    assert outcomes(results) == [(2, REFUSED), (3, REFUSED), (4, REFUSED), (5, REFUSED)]
    night.refresh_from_db()
    assert night.products == ["p-1"]


def test_block_list(shop: Shop, owner: User) -> None:
    results = written(shop, owner, "blocked-buyers", f"buyer,note\nb-1,rude\n{'b' * 65},\nb-1,\n")
    assert outcomes(results) == [(2, NEW), (3, REFUSED), (4, UNCHANGED)]
    assert list(BlockedBuyer.objects.values_list("buyer", "note", "created_by")) == [
        ("b-1", "rude", owner.pk)
    ]


def test_a_long_block_list_changes_the_rules_once(shop: Shop, owner: User) -> None:
    """A rulebook for each row took minutes, and the page has one."""
    rows = "".join(f"b-{number},n\n" for number in range(300))
    revisions = RulebookRevision.objects.count()
    with counted_queries() as asked:
        results = call(shop, owner, "blocked-buyers", f"buyer,note\n{rows}")
    assert len(asked) <= 60
    assert {outcome for _line, outcome in outcomes(results)} == {NEW}
    assert not BlockedBuyer.objects.exists()
    written(shop, owner, "blocked-buyers", f"buyer,note\n{rows}")
    assert BlockedBuyer.objects.count() == 300
    assert ShopEvent.objects.filter(kind="buyer_blocked").count() == 300
    assert RulebookRevision.objects.count() <= revisions + 1


def test_reject_texts(shop: Shop, owner: User) -> None:
    """SPEC P2: placeholders are checked, an empty text goes back to the default."""
    content = "reason,text\nreason_mismatch,{oops}\nalready_shipped,Sorry {buyer}\nnone,x\n"
    results = written(shop, owner, "reject-texts", content)
    assert outcomes(results) == [(2, REFUSED), (3, NEW), (4, REFUSED)]
    assert RejectReasonTemplate.objects.get().text == "Sorry {buyer}"
    results = written(shop, owner, "reject-texts", "reason,text\nalready_shipped,\n")
    assert outcomes(results) == [(2, CHANGED)]
    assert not RejectReasonTemplate.objects.exists()


def test_what_changed_since_the_preview_is_shown_again(shop: Shop, owner: User) -> None:
    content = "buyer\nb-1\n"
    seen = kinds.fingerprint(call(shop, owner, "blocked-buyers", content))
    call(shop, owner, "blocked-buyers", content, seen=seen)
    before = counts()
    with pytest.raises(Stale):
        call(shop, owner, "blocked-buyers", content, seen=seen)
    assert counts() == before


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


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("single_amount_cap", "1.234", "expected yuan with at most two decimals, e.g. 59.90"),
        ("valid_from", "tomorrow", "expected a date and time, e.g. 2026/11/21 23:05"),
        ("valid_from", "2026/13/1", "expected a date and time, e.g. 2026/11/21 23:05"),
        ("windows", "22-8", "expected daily times as 22:00-08:00, several separated by ;"),
        ("skip_label_printed", "maybe", "expected yes or no"),
        ("product_condition", "some", "expected one of All products, "),
        ("order_statuses", "lost", "expected one of Shipped, Delivered"),
        ("products", "?", "“?” stands for a product that is not known"),
    ],
)
def test_errors_say_what_fits_a_sheet(
    shop: Shop, owner: User, column: str, cell: str, said: str
) -> None:
    values = {"scenario": "post_ship_refund", "name": "n", "single_amount_cap": "20"}
    values[column] = cell
    content = f"{','.join(values)}\n{','.join(values.values())}\n"
    [row] = written(shop, owner, "strategies", content)
    assert [error.pointer for error in row.errors] == [column]
    assert row.errors[0].message.startswith(said)
    assert not set("[]{}") & set(row.errors[0].message)
    assert not Strategy.objects.exists()


def test_a_row_of_a_strategy_with_a_blank_in_its_name_keeps_its_other_columns(
    shop: Shop, owner: User
) -> None:
    full(shop)
    written(shop, owner, "strategies", "scenario,name,remark\npre_ship_refund,night\u3000,x\n")
    assert Strategy.objects.get(name="night").products == ["p-9", "=1"]


@pytest.mark.parametrize(
    ("code", "role"),
    [
        ("strategies", "cs_manager"),
        ("products", "cs_manager"),
        ("blocked-buyers", "cs_manager"),
        ("reject-texts", "cs_agent"),
    ],
)
def test_who_may(shop: Shop, code: str, role: str) -> None:
    with pytest.raises(NotAllowed):
        call(shop, make_user(shop, role), code, "buyer\nb-1\n")
    with pytest.raises(NotFound):
        call(shop, make_user(make_shop()), code, "buyer\nb-1\n")
    assert counts()[3] == 0


def test_the_eleventh_is_refused(shop: Shop, owner: User) -> None:
    """SPEC T3."""
    lines = "".join(f"pre_ship_refund,s{n},20\n" for n in range(11))
    results = written(shop, owner, "strategies", "scenario,name,single_amount_cap\n" + lines)
    assert [result.outcome for result in results] == [NEW] * 10 + [REFUSED]


def run(*args: str) -> tuple[str, str, int]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*args, stdout=out, stderr=err)
    except SystemExit as end:
        return out.getvalue(), err.getvalue(), int(end.code or 0)
    return out.getvalue(), err.getvalue(), 0


def test_strategies_under_version_control(shop: Shop, tmp_path: Any) -> None:
    full(shop)
    out, _err, _code = run("export_strategies", "ks-1")
    content = json.loads(out)
    file = tmp_path / "strategies.json"
    file.write_text(out)
    before = counts(), documents(shop.pk)
    assert run("apply_strategies", str(file)) == ("night: unchanged\nsmall: unchanged\n", "", 0)
    content["strategies"][0]["daily_cap"] = "60000.00"
    content["strategies"][1]["single_amount_cap"] = "0.10"
    file.write_text(json.dumps(content))
    said = run("apply_strategies", str(file), "--dry-run")
    assert (counts(), documents(shop.pk)) == before
    assert said == (
        "night: changed (stored not enabled)\n"
        "  enabled: true -> false\n"
        '  daily_cap: "50000.00" -> "60000.00"\n'
        "Nothing was written.\n",
        "2: small: single_amount_cap: expected 1.00 to 99999.00 yuan (read: “0.10”)\n",
        1,
    )
    assert run("apply_strategies", str(file))[2] == 1
    night = Strategy.objects.get(name="night")
    assert (night.daily_cap, night.enabled) == (6_000_000, False)


def test_the_command_as_somebody_has_their_rights(shop: Shop, tmp_path: Any) -> None:
    full(shop)
    file = tmp_path / "strategies.json"
    content = documents(shop.pk)
    content[0]["remark"] = "new"
    file.write_text(json.dumps({"strategies": content}))
    agent = make_user(shop, "cs_agent")
    with pytest.raises(Exception, match="does not allow"):
        run("apply_strategies", str(file), "--as", agent.username)
    assert Strategy.objects.get(name="night").remark != "new"
    run("apply_strategies", str(file), "--as", make_user(shop, "admin").username)
    assert Strategy.objects.get(name="night").remark == "new"
