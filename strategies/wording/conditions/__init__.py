"""The conditions of SPEC E3 in words, each a module of this package."""

from importlib import import_module
from pkgutil import iter_modules

from strategies.engine.conditions import BY_NAME, CONDITIONS
from strategies.engine.vocabulary import PRE_SHIP
from strategies.wording.condition import ConditionWords, Switch

_FOUND: dict[str, ConditionWords] = {
    words.name: words
    for words in (import_module(f"{__name__}.{one.name}").WORDS for one in iter_modules(__path__))
}
WORDS = {condition.name: _FOUND[condition.name] for condition in CONDITIONS}
"""By name, in the order of asking."""
assert len(WORDS) == len(_FOUND)


def switches(scenario: str) -> list[Switch]:
    """The switches that matter in strategies of this scenario."""
    return [
        words.switch
        for words in WORDS.values()
        if words.switch is not None and _is_asked(words.name, scenario)
    ]


def idle_switches(scenario: str) -> set[str]:
    """Keys of the switches that decide nothing there."""
    return {words.switch.key for words in WORDS.values() if words.switch is not None} - {
        switch.key for switch in switches(scenario)
    }


def _is_asked(name: str, scenario: str) -> bool:
    condition = BY_NAME[name]
    if scenario == PRE_SHIP.name:
        return condition.asked_before_shipping
    return condition.asked_after_shipping
