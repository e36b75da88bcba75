"""What the desk did in days of shops: counted from the rows, or read from days counted before."""

from .days import Span, day_span
from .reading import Figure, read
from .rollup import roll_up
from .sources import What

__all__ = ["Figure", "Span", "What", "day_span", "read", "roll_up"]
