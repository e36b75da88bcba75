"""Amounts as people type them, read in one place and to the fen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersale.domain.digits import whole_number
from aftersale.domain.money import NotYuan, format_yuan, parse_yuan, plain_yuan
from tests.each import each

FEN = st.integers(min_value=0, max_value=999_999_999_999)


@each(
    "text, fen",
    [
        ("0", 0),
        ("0.01", 1),
        ("59.9", 5990),
        ("1234.50", 123450),
        ("1,234.50", 123450),
        ("1,234,567", 123456700),
        ("¥12", 1200),
        ("￥12.00", 1200),
        ("¥ 1,000.00", 100000),
        ("12.3元", 1230),
        ("12 元", 1200),
        ("１２．３４", 1234),
        ("１，２３４．５", 123450),
        ("  8.80 ", 880),
        ("-3.20", -320),
        ("-¥3.20", -320),
        ("¥-3.20", -320),
        ("9999999999.99", 999999999999),
    ],
)
def test_yuan_as_people_type_them(text, fen):
    assert parse_yuan(text) == fen


@each(
    "text",
    [
        "",
        " ",
        "¥",
        "元",
        "abc",
        "12,5",
        "1,23.00",
        "1,2345",
        ",123",
        "12.345",
        "12.",
        ".5",
        "1e3",
        "1.2E+3",
        "NaN",
        "Infinity",
        "1_000",
        "٣",
        "²",
        "--3",
        "-¥-3",
        "12元元",
        "¥¥12",
        "12 34",
        "12345678901",
        "1,234,567,890,123",
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(NotYuan):
        parse_yuan(text)


@given(FEN)
def test_what_is_shown_is_read_again(fen):
    assert parse_yuan(plain_yuan(fen)) == parse_yuan(format_yuan(fen)) == fen
    assert parse_yuan(plain_yuan(-fen)) == parse_yuan(format_yuan(-fen)) == -fen


@each(
    "text, number",
    [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("", None), ("-1", None)]
    + [(text, None) for text in ("²", "٣", "１", "1_0", " 1", "1\n", "1.0")],
)
def test_whole_numbers_have_ascii_digits_alone(text, number):
    assert whole_number(text) == number
