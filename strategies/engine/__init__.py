"""The decision engine: frozen facts in, decisions with their traces out (SPEC sections 3 to 6, 8).

Pure: the standard library only, no clock, no I/O. The evaluator, `simulate` and the trial run
all call `decide`, so what is tried is what will happen.
"""

from strategies.engine.decide import decide
from strategies.engine.facts import Facts, sort_key
from strategies.engine.rulebook import Rulebook, compile_rulebook
from strategies.engine.state import State
from strategies.engine.trace import expand_trace
from strategies.engine.verdict import Verdict
from strategies.engine.vocabulary import FAST_REFUND_BIT

__all__ = [
    "FAST_REFUND_BIT",
    "Facts",
    "Rulebook",
    "State",
    "Verdict",
    "compile_rulebook",
    "decide",
    "expand_trace",
    "sort_key",
]
