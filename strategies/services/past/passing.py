"""Which past evaluations meet a strategy's conditions on facts, all at once (SPEC E3).

    passed = column(past, content, strategy)      # an array of bool, by row

`content` is a rulebook's content (hours, zone, version), `strategy` the content of one strategy.
The answers are the engine's: it is asked once for each class of moments, amounts, ages and words
that it tells apart, as in its own `decide`, and the classes are looked up for all rows. Earlier
decisions (caps, guard, breakers, the order's money) are no part of it: `deciding.py`.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from strategies.engine import Rulebook, compile_rulebook
from strategies.engine.hours import DAY, EPOCH_ORDINAL
from strategies.engine.vocabulary import ENTERED, SCENARIO_BIT, SCENARIO_INDEX

from .columns import NONE, Word
from .past import Past

# Columns kept of a past: those of 50 strategies, and of what is typed. A byte a row each.
MOST_KEPT = 120


def column(past: Past, content: Mapping[str, Any], strategy: Mapping[str, Any]) -> np.ndarray:
    """Rows whose ticket the strategy, were it alone and enabled, could take but for earlier
    decisions and those reasons of SPEC E2 that stop every strategy. Of repeated orders
    (`past.repeated`) it leaves out which scenarios have hit the ticket before."""
    key = "passing", _text(shared(content)), _text(_asked(strategy))
    found = past.kept.pop(key, None)
    if found is None:
        found = _column(past, content, strategy)
        for kind in ("passing", "words"):
            kept = [each for each in list(past.kept) if each[0] == kind]
            for oldest in kept[: max(0, len(kept) + 1 - MOST_KEPT)]:
                past.kept.pop(oldest, None)
    past.kept[key] = found  # the one used last is the last to go
    return found


# Keys of a strategy that conditions on anything but words read.
_FIGURES = {
    "single_amount_cap",
    "time_limit_hours",
    "valid_from",
    "valid_until",
    "execution_time",
    "windows",
    "paid_time",
    "skip_label_printed",
}


def shared(content: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a rulebook that its strategies' conditions on facts share."""
    names = ("version", "timezone", "working_hours", "special_days")
    return {name: content.get(name) for name in names}


def _asked(strategy: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is asked elsewhere, so that another cap or name has the same column."""
    apart = ("id", "revision", "name", "remark", "enabled", "priority", "daily_cap", "breaker")
    return {name: value for name, value in strategy.items() if name not in apart}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _column(past: Past, content: Mapping[str, Any], strategy: Mapping[str, Any]) -> np.ndarray:
    alone = compile_rulebook(
        {**shared(content), "strategies": [{**strategy, "enabled": True, "breaker": None}]}
    )
    group = alone.groups[(SCENARIO_INDEX[strategy["scenario"]],)]
    passed = _words(past, content, strategy, alone)[past["word"]]
    bit = SCENARIO_BIT[strategy["scenario"]]
    hit_before = np.array([word.scenarios_hit & bit != 0 for word in past.words], bool)
    if hit_before.any():
        passed &= ~hit_before[past["word"]] | past.repeated
    failing = [at.fails[group.number] != 0 for at in _moments(past, alone, "applied_at")]
    if any(failing):
        passed &= ~np.array(failing, bool)[_places(past, alone, "applied_at")]
    passed &= ~_looked_up(group.amount_fails, group.amounts, past["amount"])
    if group.limits:
        since = entered_at(past)
        late = _looked_up(group.limit_fails, group.limits, past["applied_at"] - since)
        passed &= ~np.where(since == NONE, group.limit_fails[-1] != 0, late)
    if group.pre_ship:
        if group.printed_fails:
            printed = past["label_printed_at"]
            passed &= (printed == NONE) | (printed > past["decided_at"])
        if alone.asks_paid_time and group.paid_fails:
            passed &= off_hours(past, alone, "paid_at")
    return passed


def _looked_up(fails: list[int], edges: list[int], values: np.ndarray) -> np.ndarray:
    """Whether each value fails, by its class: up to the first edge, the second, ..., above."""
    table = np.array([lanes != 0 for lanes in fails], bool)
    if not edges:
        return np.full(values.shape, table[0])
    return table[np.searchsorted(np.array(edges, np.int64), values, side="left")]


def _words(
    past: Past, content: Mapping[str, Any], strategy: Mapping[str, Any], alone: Rulebook
) -> np.ndarray:
    """By word: whether its scenarios ask the strategy and it meets the conditions on words. Kept,
    for a figure that is typed or slid changes none of it."""
    asked_of = {key: value for key, value in _asked(strategy).items() if key not in _FIGURES}
    key = "words", _text(shared(content)), _text(asked_of)
    # Looked up once: another thread that decides the same past may evict it right behind a look.
    found: np.ndarray | None = past.kept.get(key)
    if found is None:
        found = past.kept[key] = _answers(past, alone)
    return found


def _answers(past: Past, alone: Rulebook) -> np.ndarray:
    answers = []
    for word in past.words:
        question = alone.learn_question(_question(word), set())
        asked = question.group is not None and bool(question.group.members)
        answers.append(asked and not question.fails)
    return np.array(answers, bool) if answers else np.zeros(0, bool)


def _question(word: Word) -> tuple[Any, ...]:
    """As the engine asks it, but for the scenarios that have hit: those are looked at by row."""
    return (*word[:6], 0, *word[7:9])


def fast_words(past: Past, rulebook: Rulebook) -> np.ndarray:
    """By word: whether fast refund is possible as far as type, status and labels go (SPEC F1),
    had it not hit the ticket before."""
    questions = (rulebook.learn_question(_question(word), set()) for word in past.words)
    return np.array([question.fast for question in questions], bool)


def entered_at(past: Past) -> np.ndarray:
    """When each order entered the status that it was in."""
    if ("since",) not in past.kept:
        entered = np.array([ENTERED.get(word.status, 0) for word in past.words], np.int64)
        moments = (past["paid_at"], past["shipped_at"], past["delivered_at"])
        past.kept["since",] = np.choose(entered[past["word"]], moments)
    return past.kept["since",]


# Moments are told apart by the UTC days that occur, each cut where a time condition may change.


def _utc_days(past: Past, name: str) -> np.ndarray:
    key = "days", name
    if key not in past.kept:
        moments = past[name]
        past.kept[key] = np.unique(moments[moments != NONE] // DAY)
    return past.kept[key]


def _moments(past: Past, rulebook: Rulebook, name: str) -> list[Any]:
    days = _utc_days(past, name).tolist()
    return [at for day in days for at in rulebook.moments_of(day)]


def _places(past: Past, rulebook: Rulebook, name: str) -> np.ndarray:
    """By row: the place in `_moments`; any for a moment that is not known."""
    starts = np.array([at.start for at in _moments(past, rulebook, name)], np.int64)
    return np.maximum(np.searchsorted(starts, past[name], side="right") - 1, 0)


def off_hours(past: Past, rulebook: Rulebook, name: str) -> np.ndarray:
    """Whether the moment is known and in off-hours."""
    moments = _moments(past, rulebook, name)
    if not moments:
        return np.zeros(len(past), bool)
    off = np.array([at.off_hours for at in moments], bool)
    return off[_places(past, rulebook, name)] & (past[name] != NONE)


def on_the_clock(rulebook: Rulebook, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shop's date of each moment, as an ordinal (SPEC E4), and the microseconds since its
    midnight."""
    days = np.unique(moments // DAY).tolist()
    pieces = [piece for day in days for piece in rulebook.clock.pieces(day)]
    if not pieces:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    starts = np.array([start for start, _, _ in pieces], np.int64)
    offsets = np.array([offset for _, _, offset in pieces], np.int64)
    local = moments + offsets[np.searchsorted(starts, moments, side="right") - 1]
    days_, since_midnight = np.divmod(local, DAY)
    return EPOCH_ORDINAL + days_, since_midnight
