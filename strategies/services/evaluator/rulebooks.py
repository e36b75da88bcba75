"""Compiled rulebooks, kept by revision: a revision never changes, nor does what it became."""

from dataclasses import dataclass
from functools import lru_cache

from strategies.engine import Rulebook, compile_rulebook
from strategies.models import RulebookRevision


@dataclass(frozen=True)
class LoadedRulebook:
    """A compiled revision with what the writer needs beside it."""

    revision_id: int
    rulebook: Rulebook
    # The keys of its strategies, by strategy index.
    strategy_ids: list[int]
    # Refund reasons by strategy index (SPEC T1).
    filed_under: list[str]


@lru_cache(maxsize=64)
def load_rulebook(revision_id: int) -> LoadedRulebook:
    """Reads and compiles a revision."""
    content = RulebookRevision.objects.get(pk=revision_id).content
    rulebook = compile_rulebook(content)
    by_key = {strategy["id"]: strategy for strategy in content["strategies"]}
    in_order = [by_key[strategy.id] for strategy in rulebook.strategies]
    return LoadedRulebook(
        revision_id=revision_id,
        rulebook=rulebook,
        strategy_ids=[strategy["id"] for strategy in in_order],
        filed_under=[strategy["refund_reason"] for strategy in in_order],
    )
