"""One rule for the digits that people and programs type."""

import re

from aftersale.domain.digits import narrow_digits, whole_number
from config.postgres import BASE_DIR
from tests.each import each


@each(
    "text, number",
    [
        ("0", 0),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("", None),
        ("²", None),
        ("٣", None),
        ("１２", None),
        ("1_000", None),
        ("+1", None),
        ("-1", None),
        (" 1", None),
        ("1\n", None),
        ("1.0", None),
    ],
)
def test_whole_numbers(text: str, number: int | None) -> None:
    assert whole_number(text) == number


def test_the_most_digits_are_the_callers() -> None:
    assert whole_number("123", digits=2) is None
    assert whole_number("6912345678901234567", digits=19) == 6912345678901234567


def test_full_width_digits_are_narrowed_where_people_type() -> None:
    assert narrow_digits("１２a３") == "12a3"


def test_no_other_place_has_a_rule_of_its_own() -> None:
    other_rules = re.compile(r"\.is(digit|decimal|numeric)\(")
    found = [
        f"{path.relative_to(BASE_DIR)}:{number}"
        for app in ("aftersale", "strategies", "monitoring", "config")
        for path in sorted((BASE_DIR / app).rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if other_rules.search(line)
    ]
    assert found == []
