"""docs/glossary.md: its words are those of the program and of the SPEC."""

import re
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils import translation

from strategies.engine.conditions import CONDITIONS
from strategies.wording.conditions import WORDS
from tests.docs.citations import DOCS
from tests.each import each

GLOSSARY = (DOCS / "glossary.md").read_text()
TERMS, CODES = GLOSSARY.split("\n## Codes\n")
_LIST = re.compile(r"^`([\w.]+)\.(\w+)`\n\n\| code .*\n\|[-|]+\n((?:\|.*\n)+)", re.MULTILINE)
_ROW = re.compile(r"^\| `(\w+)` \| (.*?) \| ?(.*?) ?\|$", re.MULTILINE)


def lists() -> list[tuple[Any, dict[str, tuple[str, str]]]]:
    """The program's vocabularies, and the rows that the glossary has for each."""
    return [
        (
            getattr(import_module(module), name),
            {code: (english, chinese) for code, english, chinese in _ROW.findall(rows)},
        )
        for module, name, rows in _LIST.findall(CODES)
    ]


def test_every_list_is_read() -> None:
    assert len(lists()) == CODES.count("\n### ")
    assert all(rows for _choices, rows in lists())


@each("choices, rows", lists())
def test_labels_are_those_that_the_pages_show(
    choices: Any, rows: dict[str, tuple[str, str]]
) -> None:
    shown = {}
    for choice in choices:
        with translation.override("en"):
            english = str(choice.label)
        with translation.override("zh-hans"):
            shown[choice.value] = english, str(choice.label)
    told = {code: words for code, words in rows.items() if words[1]}
    assert told == {code: shown.get(code) for code in told}
    assert set(shown) <= set(rows), "each code of the program has its row"


def test_conditions_are_listed_in_the_order_of_asking() -> None:
    listed = _ROW.findall(CODES.split("\n## Conditions\n")[1])
    shown = []
    for condition in CONDITIONS:
        label = WORDS[condition.name].label
        with translation.override("en"):
            english = str(label)
        with translation.override("zh-hans"):
            shown.append((condition.name, english, str(label)))
    assert listed == shown


def test_terms_are_those_of_the_program() -> None:
    models = {
        model.__name__: model
        for model in apps.get_models()
        if model._meta.app_label in {"aftersale", "strategies", "monitoring"}
    }
    checked = []
    for term, code, chinese, _meaning in re.findall(
        r"^\| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", TERMS, re.MULTILINE
    ):
        names = re.findall(r"`(\w+)`", code)
        if len(names) == 1 and names[0] in models:
            model = models[names[0]]
            with translation.override("zh-hans"):
                assert str(model._meta.verbose_name) in chinese, term
            checked.append(names[0])
    assert {"Shop", "Ticket", "Strategy", "Decision", "Refund"} <= set(checked)


def test_codes_of_the_rules_are_here() -> None:
    """Those that SPEC O1, O3, O4, S1, E3, E8 and P1 list."""
    spec = (DOCS / "spec.md").read_text()
    codes = {code for code, _english, _chinese in _ROW.findall(CODES)}
    rules = [
        *re.findall(r"^(?:O1|O3|O4|E8|P1)\. .*", spec, re.MULTILINE),
        *re.findall(r"^\| `\w+` \|.*", spec, re.MULTILINE),
    ]
    named = {code for rule in rules for code in re.findall(r"`([a-z_]+)`", rule.split(" | ")[0])}
    assert {"pending_review", "refund_only", "pre_ship_refund", "daily_cap", "error"} <= named
    assert named - codes == set()
