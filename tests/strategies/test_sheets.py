"""Sheets of strategies, products, reject texts, block lists: previewed, then written by row."""

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import translation

from aftersale.models import AuditEntry, BlockedBuyer, RejectReasonTemplate, Shop
from aftersale.services.shared.errors import NotAllowed, NotFound, Stale
from aftersale.services.sheets import kinds
from strategies.models import RulebookRevision, Strategy, StrategyRevision
from strategies.services.export_strategies import documents
from tests.factories import make_shop, make_strategy, make_user
from tests.queries import counted_queries

from .uploads import (
    CHANGED,
    NEW,
    REFUSED,
    UNCHANGED,
    call,
    counts,
    exported,
    full,
    outcomes,
    owner,
    shop,
    written,
)

__all__ = ["owner", "shop"]


pytestmark = pytest.mark.django_db


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
    assert AuditEntry.objects.filter(kind="buyer_blocked").count() == 300
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
    assert run("apply_strategies", str(file)) == ("night: unchanged\nsmall: unchanged\n", "", 0)
    before = counts(), documents(shop.pk)
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
