"""What the desk did in days of shops: counted from the rows, or read from days counted before."""

from monitoring.services.figures.read_figures import Figure, read

from .days import Span, day_span
from .rollup import roll_up
from .sources import What

__all__ = ["Figure", "Span", "What", "day_span", "read", "roll_up"]
