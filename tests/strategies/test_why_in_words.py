"""Why a ticket is for people, with its figures, in both languages (SPEC E2, E8)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from strategies.admin.explaining.why import why_in_words
from strategies.engine.facts import NO_FACTS
from strategies.engine.hours import DAY, HOUR, micros
from strategies.engine.vocabulary import ERROR, NONE_HIT, WHYS
from strategies.models import Why

ZONE = ZoneInfo("Asia/Shanghai")
NOON = micros(datetime(2026, 3, 11, 12, tzinfo=ZONE))
FACTS = NO_FACTS._replace(
    amount=6_000, refundable=5_000, applied_at=NOON, decided_at=NOON, paid_at=NOON - HOUR,
    line=2, line_paid=6_000, line_left=500, freight_left=0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("why", "changes", "told"),
    [
        ("over_line", {},
         "It asks for ¥60.00 of line 2, for which ¥60.00 was paid and which has given back ¥55.00: "
         "¥5.00 is left of it."),
        ("over_line", {"line_left": -300, "freight_left": 200},
         "It asks for ¥60.00 of line 2, for which ¥60.00 was paid and which has given back ¥63.00: "
         "¥0.00 of it and ¥2.00 of the freight are left."),
        ("impossible_times", {"paid_at": NOON + DAY},
         "It was applied for at 2026-03-11 12:00:00, before the order was paid at "
         "2026-03-12 12:00:00."),
        ("impossible_times", {"decided_at": NOON - HOUR},
         "It was applied for at 2026-03-11 12:00:00, which lay in the future at "
         "2026-03-11 11:00:00."),
        ("over_refundable", {},
         "It asks for ¥60.00, and ¥50.00 can still be refunded of the order."),
    ],
)  # fmt: skip
def test_figures(why: str, changes: dict, told: str) -> None:
    with translation.override("en"):
        assert why_in_words(why, FACTS._replace(**changes), ZONE, made=True) == told


@pytest.mark.parametrize("why", sorted(set(WHYS) - {NONE_HIT, ERROR}))
def test_every_reason_has_a_sentence_and_a_label_in_both_languages(why: str) -> None:
    found = set()
    for language in ("en", "zh-hans"):
        with translation.override(language):
            sentence = why_in_words(why, FACTS, ZONE, made=False)
            assert sentence and str(Why(why).label) != why
            found |= {sentence, str(Why(why).label)}
    assert len(found) == 4


def test_the_labels_are_of_the_engines_reasons() -> None:
    assert tuple(Why.values) == WHYS
