"""Words in SQL are those of the enums: a status that is spelt wrong silently matches no row."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Choices

from strategies.engine import vocabulary

APPS = ("aftersale", "strategies", "monitoring")
SQL = re.compile(r"\b(SELECT|UPDATE|INSERT INTO|DELETE FROM|FILTER \(WHERE)\b")
COMMENT = re.compile(r"--[^\n]*")
WORD = re.compile(r"'([a-z][a-z_]*)'")
COLUMN = (
    r"\b\w*(?:status|state|kind|source|type|outcome|why|actor|scenario|result)\b"
    r"(?:\s*,\s*'[^']*'\s*\))?"  # coalesce(status, '')
)
COMPARED = re.compile(
    rf"{COLUMN}\s*(?:=|<>|(?:NOT )?IN|IS (?:NOT )?DISTINCT FROM)\s*"
    r"(CASE\b.*?\bEND\b|\([^()]*\)|'[^']*')",
    re.DOTALL,
)
CHOSEN = re.compile(rf"CASE \w*\.?{COLUMN}(\s+WHEN.*?)\bEND\b", re.DOTALL)
WHEN = re.compile(r"WHEN\s+('[a-z_]+')")


def _enum_words() -> set[str]:
    """All values of the choices of all models' columns, and the engine's."""
    found: set[str] = set()
    for label in APPS:
        for model in apps.get_app_config(label).get_models():
            for field in model._meta.get_fields():
                base = getattr(field, "base_field", field)
                found |= {str(value) for value, _label in getattr(base, "choices", None) or ()}
    for value in vars(vocabulary).values():
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, tuple | list | set | frozenset | dict):
            found |= {str(item) for item in value}
        elif isinstance(value, type) and issubclass(value, Choices):
            found |= set(value.values)
    return found


def _sql_texts() -> Iterator[tuple[str, str]]:
    """(place, text) of every SQL text in the apps' modules, migrations aside."""
    for app in APPS:
        for path in sorted((Path(settings.BASE_DIR) / app).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                text = node.value if isinstance(node, ast.Constant) else None
                if isinstance(text, str) and SQL.search(text):
                    yield f"{path.relative_to(settings.BASE_DIR)}:{node.lineno}", text


def _words(sql: str) -> set[str]:
    """The words that columns of a status, kind or the like are compared with or set to."""
    sql = COMMENT.sub("", sql)
    texts = COMPARED.findall(sql)
    texts += [word for case in CHOSEN.findall(sql) for word in WHEN.findall(case)]
    return {word for text in texts for word in WORD.findall(text)}


def test_every_word_in_sql_is_one_of_an_enum():
    known = _enum_words()
    wrong = [
        f"{place}: '{word}'" for place, sql in _sql_texts() for word in sorted(_words(sql) - known)
    ]
    assert wrong == []


def test_there_is_sql_to_look_at():
    places = {place.split(":")[0] for place, _sql in _sql_texts()}
    assert "aftersale/services/refunds/money_audit.py" in places
    assert "strategies/services/evaluator/write_decisions.py" in places


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM t WHERE status = 'refundet'",
        "SELECT 1 FROM t WHERE t.to_status NOT IN ('refunded', 'refundet')",
        "SELECT 1 FROM t WHERE coalesce(r.status, '') IN ('refundet')",
        "SELECT 1 FROM t WHERE r.kind IS DISTINCT FROM 'refundet'",
        "UPDATE t SET status = CASE v.outcome WHEN 'refund' THEN 'refundet' ELSE t.status END",
        "SELECT CASE t.status WHEN 'refundet' THEN 'anything' END",
    ],
)
def test_a_word_that_is_spelt_wrong_is_found(sql):
    assert _words(sql) - _enum_words() == {"refundet"}


def test_words_of_other_columns_are_left_alone():
    sql = "SELECT jsonb_build_object('kind', a.kind, 'name', b.name) WHERE date_part('epoch', at)"
    assert _words(sql) == set()
