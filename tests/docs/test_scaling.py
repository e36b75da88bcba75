"""docs/scaling.md: which keys, foreign keys and joins do not carry the shop, each with its reason.

A database that is spread by shop keeps a shop's rows together. What is unique, or refers to another
row, can then be kept by the database only where the shop is part of it.
"""

import re

import pytest
from django.apps import apps
from django.db import connection

from tests.docs.citations import DOCS

PAGE = (DOCS / "scaling.md").read_text()
APPS = ("aftersale", "strategies", "monitoring")
# A ticket's way from arrival to paid: what is written or locked for each ticket.
ON_THE_WAY = (
    "aftersale_order", "aftersale_orderline", "aftersale_ticket", "aftersale_ticketevent",
    "aftersale_refund", "aftersale_refundattempt", "strategies_decision",
    "strategies_evaluatorlane", "strategies_rulebookrevision", "strategies_strategy",
    "strategies_strategyusage", "strategies_decisiontally",
)  # fmt: skip
_OURS = """c.relname ~ '^(aftersale|strategies|monitoring)_'
    AND c.relkind IN ('r', 'p') AND NOT c.relispartition"""
_KEYS = f"""
    SELECT c.relname, i.relname, array_agg(a.attname ORDER BY k.place)
      FROM pg_index x
      JOIN pg_class c ON c.oid = x.indrelid
      JOIN pg_class i ON i.oid = x.indexrelid
      CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k (attnum, place)
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum AND k.attnum > 0
     WHERE x.indisunique AND NOT x.indisprimary AND {_OURS}
     GROUP BY 1, 2
"""
_REFERENCES = f"""
    SELECT c.relname, a.attname, f.relname
      FROM pg_constraint r
      JOIN pg_class c ON c.oid = r.conrelid
      JOIN pg_class f ON f.oid = r.confrelid
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (r.conkey)
     WHERE r.contype = 'f' AND {_OURS}
"""


def rows(heading: str) -> dict[str, str]:
    """A table of the page: what stands in its first column, and the reason."""
    section = PAGE.split(f"\n### {heading}\n")[1].split("\n#")[0]
    found = re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|$", section, re.MULTILINE)
    return {name: reason for names, reason in found for name in re.findall(r"`([^`]+)`", names)}


def has_shop() -> set[str]:
    """Tables with the shop in each row, which says where the row lives."""
    return {
        model._meta.db_table
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if any(field.name == "shop" for field in model._meta.local_fields)
    } | {"aftersale_shop"}


def asked(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def tables() -> set[str]:
    return {model._meta.db_table for app in APPS for model in apps.get_app_config(app).get_models()}


def test_tables_without_the_shop_are_listed() -> None:
    assert rows("Tables without the shop").keys() == tables() - has_shop()


@pytest.mark.django_db
def test_unique_keys_without_the_shop_are_listed() -> None:
    """Beside primary keys, which are all numbers without the shop."""
    without = {
        f"{table}: {', '.join(name or 'an expression' for name in columns)}"
        for table, _index, columns in asked(_KEYS)
        if table in has_shop() and "shop_id" not in columns
    }
    assert rows("Unique keys without the shop").keys() == without


@pytest.mark.django_db
def test_foreign_keys_between_shops_tables_are_listed() -> None:
    """Each refers by number alone. Those to tables without any shop (users) are of another kind."""
    shops = has_shop() - {"aftersale_shop"}
    found = {
        f"{table}.{column}"
        for table, column, other in asked(_REFERENCES)
        if table in shops and other in shops
    }
    listed = rows("Foreign keys by number alone")
    assert listed.keys() == found


@pytest.mark.django_db
def test_the_way_of_a_ticket_is_told_apart() -> None:
    """What is still to be done there before rows can be spread by shop, and nothing else."""
    assert set(ON_THE_WAY) <= tables()
    said = rows("On the way of a ticket")
    assert said.keys() == set(ON_THE_WAY)
    for table, reason in said.items():
        assert reason.startswith("carries the shop") == (table in has_shop()), table


_JOIN = re.compile(r"JOIN (?:aftersale|strategies)_\w+ (?:AS )?\w+\s+ON ([^\n]*)")
_WAY = ("strategies/services/evaluator", *(f"aftersale/services/{name}" for name in (
    "ingest", "orders", "outgoing", "refunds", "shared", "tickets",
)))  # fmt: skip


def test_joins_without_the_shop_are_listed() -> None:
    """Of the modules that work on a ticket's way: their own statements. Django's joins follow the
    foreign keys, which are listed above."""
    found = set()
    for folder in _WAY:
        for path in (DOCS.parent / folder).rglob("*.py"):
            if any("shop_id" not in on for on in _JOIN.findall(path.read_text())):
                found.add(str(path.relative_to(DOCS.parent)))
    assert rows("Joins without the shop").keys() == found
