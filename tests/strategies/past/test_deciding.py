"""The quick way through a past decides what the engine's replay decides (SPEC M3, M7)."""

import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.engine import State, compile_rulebook
from strategies.engine.replay import Past as Evaluation
from strategies.engine.replay import Replay, Restore
from strategies.services.past import BY_FAST, BY_PEOPLE, GONE, Decided, decide_past, one_by_one
from tests.strategies.engine.generate import scenes
from tests.strategies.engine.test_properties import quick
from tests.strategies.engine.test_replay import live, repeated
from tests.strategies.past import made_up
from tests.strategies.past.in_columns import in_columns

SEEDS = range(40)


@pytest.fixture(scope="module", autouse=True)
def small_pieces() -> Iterator[None]:
    """So that a few days have many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(one_by_one, "PIECE", 8)
        yield


def by_replay(
    rules: dict, past: list, *, paused: bool = False, restores: list[Restore] | None = None
) -> tuple[list[int], dict[int, int]]:
    """By whom each is approved, and where breakers open, as the engine says."""
    replay = Replay(
        compile_rulebook(rules),
        State(),
        repeated=repeated(past),
        paused=paused,
        restores=restores or [],
    )
    by, tripped = [], {}
    for row, verdict in enumerate(replay.run(past)):
        if verdict is None:
            by.append(GONE)
        elif verdict.source is None:
            by.append(BY_PEOPLE)
        else:
            by.append(BY_FAST if verdict.strategy is None else verdict.strategy)
            if verdict.tripped:
                tripped[verdict.strategy] = row
    return by, tripped


def same(decided: Decided, expected: tuple[list[int], dict[int, int]]) -> None:
    assert (decided.by.tolist(), decided.tripped) == expected


def lived(seed: int) -> tuple[dict, list[Evaluation], random.Random]:
    """A shop's rulebook and past; paused for a while, in some."""
    chance = random.Random(seed)
    rules = made_up.rules(chance)
    facts = made_up.tickets(chance, 100)
    past = [one for one, _ in live(compile_rulebook(rules), facts, batch=3)]
    first = chance.randrange(200)
    return (
        rules,
        [one._replace(paused=first <= place < first + 20) for place, one in enumerate(past)],
        chance,
    )


def test_busy_days_by_the_same_rulebook_and_by_others() -> None:
    for seed in SEEDS:
        rules, past, chance = lived(seed)
        columns = in_columns(past)
        same(decide_past(columns, rules), by_replay(rules, past))
        other = made_up.rules(chance)
        same(decide_past(columns, other), by_replay(other, past))
        same(decide_past(columns, other, paused=True), by_replay(other, past, paused=True))


def test_what_is_kept_of_a_past_changes_no_answer() -> None:
    """One strategy after the other is changed, switched and moved, on the same past."""
    for seed in SEEDS[:12]:
        rules, past, chance = lived(seed)
        columns = in_columns(past)
        for place, strategy in enumerate(rules["strategies"]):
            rules = deepcopy(rules)
            rules["strategies"][place] = {
                **made_up.strategy(chance, strategy["id"], strategy["scenario"]),
                "priority": chance.choice([0, 100]) + place,
            }
            same(decide_past(columns, rules), by_replay(rules, past))


class EvictedBehindEachLook(dict[Any, Any]):
    """Another thread decides the same past at that moment, and keeps enough."""

    def __contains__(self, key: object) -> bool:
        found = super().__contains__(key)
        self._evict(key)
        return found

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self._evict(key)

    def _evict(self, key: Any) -> None:
        if key[0] in ("passing", "words"):
            self.pop(key, None)


def test_what_another_thread_evicts_is_no_error_and_changes_no_answer() -> None:
    rules, past, _ = lived(1)
    columns = in_columns(past)
    decide_past(columns, rules)
    columns.kept = EvictedBehindEachLook(columns.kept)
    changed = deepcopy(rules)
    for strategy in changed["strategies"]:
        strategy["single_amount_cap"] += 1
    same(decide_past(columns, changed), by_replay(changed, past))


def test_g6_backups_brought_back() -> None:
    for seed in SEEDS:
        rules, past, chance = lived(seed)
        restores = []
        for place in sorted(chance.sample(range(100), 2)):
            at = past[place].facts.decided_at
            found = [(f"b{chance.randrange(8)}", at - 60_000_000, 700) for _ in range(3)]
            restores.append(Restore(at, found))
        columns = in_columns(past, restores=restores)
        same(decide_past(columns, rules), by_replay(rules, past, restores=restores))


def test_busy_days_have_everything() -> None:
    """The days above would else agree on nothing."""
    seen: dict[str, int] = {}
    for seed in SEEDS:
        rules, past, chance = lived(seed)
        decided = decide_past(in_columns(past), rules)
        answers = decided.by.tolist()
        seen["fast"] = seen.get("fast", 0) + answers.count(BY_FAST)
        other = decide_past(in_columns(past), made_up.rules(chance))
        seen["gone"] = seen.get("gone", 0) + other.by.tolist().count(GONE)
        seen["strategy"] = seen.get("strategy", 0) + sum(each >= 0 for each in answers)
        seen["tripped"] = seen.get("tripped", 0) + len(decided.tripped)
        seen["ran out"] = seen.get("ran out", 0) + len(decided.ran_out)
        unlimited = decide_past(in_columns(past), {**rules, "buyer_limit": None})
        seen["guarded"] = seen.get("guarded", 0) + (decided.by != unlimited.by).any()
    assert {name for name, number in seen.items() if number >= 5} == {
        "fast", "gone", "strategy", "tripped", "ran out", "guarded",
    }, seen  # fmt: skip


@quick
@given(scenes(most=30), scenes(), st.booleans())
def test_on_the_boundaries_of_everything(scene, other, paused) -> None:
    rules, facts = scene
    past = [one for one, _ in live(compile_rulebook(rules), facts, batch=3)]
    columns = in_columns(past)
    same(decide_past(columns, rules), by_replay(rules, past))
    same(decide_past(columns, other[0], paused=paused), by_replay(other[0], past, paused=paused))


def test_an_empty_past() -> None:
    decided = decide_past(in_columns([]), {"strategies": []})
    assert (decided.by.tolist(), decided.days.tolist(), decided.ran_out) == ([], [], {})
