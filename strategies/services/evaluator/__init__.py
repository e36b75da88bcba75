"""The evaluator: reads facts, asks the engine, writes all that follows at once (SPEC section 5)."""

from .batch import Tally
from .run import BATCH, decide_shop, shops_waiting

__all__ = ["BATCH", "Tally", "decide_shop", "shops_waiting"]
