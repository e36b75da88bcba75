"""Comparing counted days with their rows (SPEC M2), for the command `audit_figures` and tests."""

from collections.abc import Iterator
from datetime import timedelta

from aftersale.models import Shop
from monitoring.models import DeskDay
from monitoring.services.figures.read_figures import Figure, read

from .days import day_spans
from .sources import count


def differences() -> Iterator[str]:
    """Every figure that the dashboard would show differently from its rows, shop by shop; of days
    whose rows may be in an archive the figures stay as they are (SPEC O12)."""
    for shop in Shop.objects.order_by("pk"):
        days = DeskDay.objects.filter(shop=shop).order_by("day").values_list("day", flat=True)
        if not days:
            continue
        day, last = days[0], days[len(days) - 1]
        while day <= last:
            spans = [
                span
                for span in day_spans(shop, day, min(day + timedelta(days=30), last))
                if shop.archived_before is None or span.ends > shop.archived_before
            ]
            shown = set(read(spans))
            real = {Figure(*row) for row in count(spans)}  # type: ignore[arg-type]
            for figure in sorted(shown ^ real):
                side = "shown" if figure in shown else "in the rows"
                yield f"{shop.code} {side}: {' '.join(map(str, figure[1:]))}"
            day += timedelta(days=31)
