"""Addresses of the lists behind the dashboard's figures, and the cells that lead to them."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from monitoring.admin.dashboard.choice import Choice


class Cell(NamedTuple):
    """One figure in a row of a table; `label` is its column's head."""

    label: str
    value: int | str
    url: str = ""


def drilldown_url(
    chosen: Choice, source: str, *, kind: str = "", key: str | None = None, **more: Any
) -> str:
    """Address of the page of rows that a figure counts."""
    values = chosen.query(source=source, kind=kind, **more)
    if key is not None:  # "" is a key as well
        values += "&" + urlencode({"key": key})
    return f"{reverse('monitoring:drilldown')}?{values}"


def queue_url(chosen: Choice, queue: str, shop: int | None = None, **more: Any) -> str:
    """Address of a queue of the workbench, with its filters."""
    if shop is None and chosen.shop is not None:
        shop = chosen.shop.pk
    values: dict[str, Any] = {"queue": queue} | ({"shop": shop} if shop else {}) | more
    return f"{reverse('desk:workbench')}?{urlencode(values)}"
