"""Places in the shop's settings that the automation fills: imports go one way."""

from collections.abc import Callable
from typing import NamedTuple

from aftersale.models import Shop


class Rule(NamedTuple):
    text: str
    in_force: bool
    """Whether orders paid now get fast refund."""


# The operator's dated rules of fast refund (SPEC F1), in words.
fast_refund_rules: list[Callable[[Shop], list[Rule]]] = []
# The names of the enabled strategies that work in off-hours (SPEC T7).
off_hours_strategies: list[Callable[[Shop], list[str]]] = []
