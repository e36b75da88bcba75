"""Figures of a shop's days: counted from the rows, or read from days counted before (SPEC M2)."""

from monitoring.services.figures.read_figures import Figure, earliest_days, known_ends, read

from .days import Span, day_span
from .rollup import roll_up
from .sources import FigureSource

__all__ = [
    "Figure",
    "FigureSource",
    "Span",
    "day_span",
    "earliest_days",
    "known_ends",
    "read",
    "roll_up",
]
