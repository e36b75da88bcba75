"""Conditions for strategies that exist: mistakes that were planted go, noise is left alone (M6)."""

from dataclasses import replace

import numpy as np

from strategies.advice.attributes import amount, reasons
from strategies.advice.cases import Cases
from strategies.advice.improve import Judged, narrowed, widened, worthless
from tests.strategies.advice import planted
from tests.strategies.advice.planted import Segment

SPLIT = planted.DAYS * 86_400 * 2 // 3
FEN_A_MINUTE = 50.0


def judged(cases: Cases) -> Judged:
    return Judged.of(cases, split=SPLIT, pre_ship=True, fen_a_minute=FEN_A_MINUTE)


def with_bad_reason(seed: int) -> Cases:
    """A good past, in which a reason goes wrong in 40 %."""
    cases = planted.shop(seed, 3_000, bad=0.004)
    wrong = np.random.default_rng(seed).random(len(cases)) < 0.4
    wrong &= cases.reason == seed % planted.REASONS
    return replace(cases, loss=np.where(wrong, cases.amount, cases.loss))


def test_a_planted_reason_is_left_out_and_no_other() -> None:
    found = [narrowed(judged(with_bad_reason(seed))) for seed in range(20)]
    right = [
        rules[0].reasons == frozenset(range(planted.REASONS)) - {seed % planted.REASONS}
        for seed, rules in enumerate(found)
        if rules
    ]
    assert len(right) >= 19 and sum(right) >= 18


def test_noise_is_not_narrowed() -> None:
    """But by amount: larger ones lose more, wherever they go wrong."""
    found = [narrowed(judged(planted.shop(seed, 2_000, bad=0.02))) for seed in range(20)]
    assert sum(any(rule.length for rule in rules) for rules in found) <= 1


def test_what_nothing_takes_yet_widens_where_it_is_good() -> None:
    good = Segment(reason=1, category=2, most_amount=99_999_999)
    cases = planted.shop(5, 30_000, segments=(good,), bad=0.35)
    own = cases.take(cases.category == good.category)
    rule = widened(judged(own), reasons)
    assert rule is not None and rule.reasons == frozenset({good.reason})
    assert widened(judged(own)) is None
    for seed in range(20):
        assert widened(judged(planted.shop(seed, 2_000, bad=0.3)), amount) is None


def test_worthless_is_what_costs_more_than_it_saves() -> None:
    assert worthless(judged(planted.shop(1, 2_000, bad=0.3)))
    assert not worthless(judged(planted.shop(1, 2_000, bad=0.01)))
