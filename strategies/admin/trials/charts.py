"""Bars in pairs, drawn by the server; the numbers stand in a table behind them."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_STEP, _HEIGHT = 12, 100


class Chart(NamedTuple):
    drawn: SafeString
    top: int
    """The value of its upper edge."""


def pairs(values: Sequence[tuple[int, int]], *, line: int | None = None) -> Chart:
    """A pair of bars for each (before, after); `line` is a limit, shown where it is near."""
    most = max([1, *(max(pair) for pair in values)])
    if line is not None and line <= most * 3:
        most = max(most, line)
    bars = [
        (f"t-bar--{kind}", x, round(_HEIGHT - value / most * _HEIGHT, 2), value / most * _HEIGHT)
        for place, pair in enumerate(values)
        for kind, value, x in zip(
            ("present", "proposed"), pair, (place * _STEP + 1, place * _STEP + 6), strict=True
        )
        if value
    ]
    drawn = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="5" height="{}"/>',
        ((name, x, y, f"{height:.2f}") for name, x, y, height in bars),
    )
    limit: SafeString | str = ""
    if line is not None and line <= most:
        y = f"{_HEIGHT - line / most * _HEIGHT:.2f}"
        limit = format_html(
            '<line class="t-limit" x1="0" x2="{}" y1="{}" y2="{}"/>', len(values) * _STEP, y, y
        )
    svg = format_html(
        '<svg class="t-chart" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true"'
        ' focusable="false">{}{}</svg>',
        max(len(values), 1) * _STEP,
        _HEIGHT,
        drawn,
        limit,
    )
    return Chart(svg, most)
