"""SPEC O9: identifiers are read alike everywhere."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from aftersale.domain.identifiers import (
    clean_identifier,
    is_visible,
    join_identifiers,
    show_invisible,
    split_identifiers,
)
from tests.each import each


@each(
    "given, read",
    [
        ("b-1", "b-1"),
        (" b-1 ", "b-1"),
        ("b-1\u3000", "b-1"),
        ("\ufeffb-1", "b-1"),
        ("b\u200b-1", "b-1"),
        ("b-1\u00ad\u2060", "b-1"),
        ("b-\t1\r\n", "b-1"),
        ("b-1\x00", "b-1"),
        (" \u200b b-1 \u200b ", "b-1"),
        ("two  words", "two  words"),
        ("cafe\u0301", "café"),
        ("cafe\u200d\u0301", "café"),
        ("Ｂ－１", "Ｂ－１"),
        ("张三", "张三"),
        (" \u200b\u3000\x01", ""),
    ],
)
def test_o9_what_looks_the_same_is_the_same(given, read):
    assert clean_identifier(given) == read


@given(st.text(max_size=30))
def test_o9_cleaning_twice_changes_nothing(text):
    once = clean_identifier(text)
    assert clean_identifier(once) == once
    assert once == unicodedata.normalize("NFC", once) == once.strip()
    assert not {unicodedata.category(letter) for letter in once} & {"Cc", "Cf"}


@given(st.text(max_size=20), st.sampled_from("\u200b\u200e\ufeff\x00\x1b\u2060\U000e0041"))
def test_o9_invisible_characters_anywhere_change_nothing(text, invisible):
    for place in range(len(text) + 1):
        assert clean_identifier(text[:place] + invisible + text[place:]) == clean_identifier(text)


@each(
    "text, visible",
    [("ok", True), (".", True), ("好", True), ("👍", True), (" x ", True)]
    + [(text, False) for text in ("", " ", "\u3000\n", "\u200b", "\u3164", "\u2800\ufe0f", "\xa0")],
)
def test_o9_a_text_that_must_be_given_can_be_seen(text, visible):
    assert is_visible(text) is visible


def test_messages_name_what_cannot_be_seen():
    assert show_invisible("b-1\u200b\n") == "b-1<U+200B><U+000A>"
    assert show_invisible("x" * 100) == "x" * 64 + "…"


@each(
    "text, entries",
    [
        ("p-1,p-2", ["p-1", "p-2"]),
        ("p-1，p-2、p-3", ["p-1", "p-2", "p-3"]),
        ("p-1; p-2；p-3", ["p-1", "p-2", "p-3"]),
        ("p-1\np-2\r\np-3\n", ["p-1", "p-2", "p-3"]),
        (" p-1 ,, p-1\u200b,", ["p-1"]),
        ('"女装、童装"; 鞋', ["女装、童装", "鞋"]),
        ('"say ""hi"", now"', ['say "hi", now']),
        ("two words, p", ["two words", "p"]),
        ("", []),
    ],
)
def test_o9_a_list_in_one_cell(text, entries):
    assert split_identifiers(text) == entries


@given(st.lists(st.text(min_size=1, max_size=8).map(clean_identifier).filter(bool), unique=True))
def test_o9_a_list_is_read_back_as_it_was_written(entries):
    assert split_identifiers(join_identifiers(entries)) == entries
