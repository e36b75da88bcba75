"""Sheets sent by the owner of a shop, for the tests of sheets."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import AuditEntry, BlockedBuyer, RejectReasonTemplate, Shop
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.sheets import kinds
from aftersale.services.sheets.write_file import csv_lines, xlsx
from strategies.models import RulebookRevision, Strategy, StrategyRevision
from tests.factories import NOON, make_shop, make_strategy, make_user

__all__ = ["owner", "shop"]

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
    return [model.objects.count() for model in (*models, AuditEntry)]


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
