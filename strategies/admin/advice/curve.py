"""The curve from cautious to bold, drawn by the server; the choices beside it have the numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_WIDTH, _HEIGHT, _MARGIN = 600, 180, 14


def curve(points: Sequence[Mapping[str, Any]], chosen: int | None) -> SafeString | str:
    """Yuan gone wrong a month to the right, hours saved a month upwards. Empty for one point."""
    months = [point["figures"]["month"] for point in points if point["figures"]]
    if len(months) < 2 or len(months) != len(points):
        return ""
    wide, high = _WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN
    most_loss = max(1, *(month["loss_a_month"] for month in months))
    most_minutes = max(1, *(month["minutes_a_month"] for month in months))
    places = [
        (
            round(_MARGIN + month["loss_a_month"] / most_loss * wide, 1),
            round(_MARGIN + (1 - month["minutes_a_month"] / most_minutes) * high, 1),
        )
        for month in months
    ]
    dots = format_html_join(
        "",
        '<a href="?point={}" tabindex="-1"><circle class="{}" cx="{}" cy="{}" r="7"/></a>',
        (
            (number, "a-dot a-dot--chosen" if number == chosen else "a-dot", x, y)
            for number, (x, y) in enumerate(places)
        ),
    )
    return format_html(
        '<svg class="a-curve" viewBox="0 0 {} {}" aria-hidden="true" focusable="false">'
        '<polyline class="a-line" points="{}"/>{}</svg>',
        _WIDTH,
        _HEIGHT,
        " ".join(f"{x},{y}" for x, y in sorted(places)),
        dots,
    )
