"""PERFORMANCE, Lists: an owner's filters don't read what others did, however much that is."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from aftersale.models import Shop
from aftersale.services.access import audit_trail, tokens
from aftersale.services.access.audit_trail import Wanted
from aftersale.services.shared import index_only
from tests.factories import NOON, make_shop, make_user

pytestmark = pytest.mark.django_db

OTHERS = 5_000
# A hundredth of the others' is the small shop's, by its owner, from an address that both have.
_ENTRIES = """
INSERT INTO aftersale_auditentry (at, kind, user_id, token_id, whom_id, shop_id, address,
    request_id, subject, note, filters)
SELECT %(at)s - n * interval '1 minute', k.kind,
    CASE WHEN mine THEN %(owner)s ELSE %(other)s END,
    CASE WHEN NOT mine AND k.kind = 'call' THEN %(token)s END,
    CASE WHEN k.kind IN ('logged_in', 'member')
         THEN CASE WHEN mine THEN %(owner)s ELSE %(other)s END END,
    CASE WHEN k.kind <> 'logged_in' THEN CASE WHEN mine THEN %(shop)s ELSE %(others_shop)s END END,
    CASE WHEN mine THEN '203.0.113.1' ELSE '203.0.113.' || n %% 2 END, md5(n::text), '', '', '{}'
  FROM generate_series(1, %(others)s) n,
       LATERAL (SELECT n %% 100 = 99 AS mine,
                       (array['call', 'changed', 'logged_in', 'member'])[1 + n / 3 %% 4] AS kind) k
"""


@pytest.fixture
def owners() -> dict[str, User]:
    """Of a small shop and of a large one."""
    small, large = make_shop(), make_shop()
    owner = make_user(small, username="small")
    other = make_user(large, username="large")
    for shop, user in ((small, owner), (large, other)):
        tokens.create(shop_id=shop.pk, name="ERP", scopes=["read"], user=user, now=NOON)
    _fill(small, owner, large, other)
    return {"small": owner, "large": other}


def _fill(small: Shop, owner: User, large: Shop, other: User) -> None:
    token = large.api_tokens.get()
    with connection.cursor() as cursor:
        cursor.execute(
            _ENTRIES,
            {
                "at": NOON, "others": OTHERS, "owner": owner.pk, "other": other.pk,
                "shop": small.pk, "others_shop": large.pk, "token": token.pk,
            },
        )  # fmt: skip
        cursor.execute("ANALYZE aftersale_auditentry")


def read(user: User, monkeypatch: pytest.MonkeyPatch, **wanted: Any) -> tuple[int, set[str]]:
    """How many entries a page of the trail looks at, and by which indexes."""
    plans: list[str] = []

    def explained(sql: str, params: Any) -> list[tuple[Any, ...]]:
        explain = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) "
        plans.extend(line for (line,) in index_only_fetch(explain + sql, params))
        return index_only_fetch(sql, params)

    index_only_fetch = index_only.fetch
    with monkeypatch.context() as patched:
        patched.setattr(audit_trail.index_only, "fetch", explained)
        audit_trail.find(user=user, wanted=Wanted(**wanted), most=51)
    looked_at, indexes = 0, set()
    scan = re.compile(r"using (audit_\w+) on .*rows=([\d.]+) loops=(\d+)")
    for line in plans:
        if found := scan.search(line):
            indexes.add(found[1])
            looked_at += round(float(found[2]) * int(found[3]))
        elif "Rows Removed by Filter" in line:
            looked_at += int(line.rpartition(" ")[2])
    return looked_at, indexes


def test_an_owner_of_a_small_shop_reads_their_own_entries(
    owners: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    filters: list[dict[str, Any]] = [
        {},
        {"who": "large"},
        {"who": "small"},
        {"who": "ERP"},
        {"address": "203.0.113.0"},
        {"kind": "changed"},
        {"kind": "password"},
        {"who": "large", "kind": "changed"},
        {"who": "small", "kind": "password"},
        {"address": "203.0.113.1", "kind": "exported"},
        {"who": "large", "address": "203.0.113.1"},
    ]
    for wanted in filters:
        looked_at, indexes = read(owners["small"], monkeypatch, **wanted)
        assert looked_at <= 3 * 51, wanted
        assert not any(index.startswith("audit_all") for index in indexes), wanted


def test_an_operator_reads_the_newest_of_everybodys(
    owners: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = make_user(is_superuser=True)
    filters: list[dict[str, Any]] = [
        {},
        {"kind": "changed"},
        {"kind": "password"},
        {"who": "small"},
        {"who": "large"},
        {"address": "203.0.113.0"},
        {"address": "198.51.100.1"},
    ]
    for wanted in filters:
        looked_at, indexes = read(operator, monkeypatch, **wanted)
        assert looked_at <= 6 * 51, wanted
        assert any(index.startswith("audit_all") for index in indexes), wanted
