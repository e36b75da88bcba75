"""Reading a compact trace (SPEC E8)."""

from collections.abc import Sequence

from strategies.engine.conditions import BY_NUMBER, HIT
from strategies.engine.rulebook import Rulebook
from strategies.engine.vocabulary import (
    KEEP_GOODS_LABEL,
    SCENARIO_BIT,
    SCENARIOS,
)


def expand_trace(
    rulebook: Rulebook,
    *,
    ticket_type: str,
    order_status: str | None,
    labels: Sequence[str],
    scenarios_hit: int,
    trace: Sequence[int],
) -> list[tuple[str, str, str | None]]:
    """(scenario, strategy's name, condition that failed or None for a hit), one a strategy asked.

    The facts are those that the decision kept, the rulebook is the one that it names. A trace
    that is longer than the strategies that these say were asked is a ValueError.
    """
    names = {
        scenario.name
        for scenario in SCENARIOS
        if scenario.takes(ticket_type, order_status, KEEP_GOODS_LABEL in labels)
        and not scenarios_hit & SCENARIO_BIT[scenario.name]
    }
    asked = [strategy for strategy in rulebook.strategies if strategy.scenario in names]
    if len(trace) > len(asked):
        raise ValueError(f"a trace of {len(trace)} for {len(asked)} strategies")
    return [
        (strategy.scenario, strategy.name, None if code == HIT else BY_NUMBER[code].name)
        for strategy, code in zip(asked, trace, strict=False)
    ]
