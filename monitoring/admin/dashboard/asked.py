"""What buyers ask for: requests by reason and by product, with the change (SPEC M2)."""

from datetime import datetime
from typing import Any

from aftersale.domain.labels import REASONS
from aftersale.models import OrderLine
from monitoring.admin.dashboard.choice import Choice
from monitoring.admin.dashboard.links import drilldown_url
from monitoring.admin.dashboard.sums import Sums, Totals
from monitoring.admin.dashboard.wording import difference, percent
from monitoring.services.figures import FigureSource
from monitoring.services.figures.products import Asked, most_asked

MOST_REASONS, MOST_PRODUCTS = 8, 8


def by_reason(chosen: Choice, current: Sums, before: Sums | None) -> list[dict[str, Any]]:
    """The reasons that were given most; `before` where there is something to compare with."""
    now = current.by(FigureSource.REQUEST, lambda figure: figure.kind)
    was = before.by(FigureSource.REQUEST, lambda figure: figure.kind) if before else {}
    total = current.of(FigureSource.REQUEST).number
    rows: list[dict[str, Any]] = [
        {
            "label": REASONS.get(reason, reason) or "–",
            "number": found.number,
            "share": percent(found.number, total),
            "percent": found.number * 100 // total,
            "change": difference(found.number, was.get(reason, Totals()).number)
            if before
            else None,
            "url": drilldown_url(chosen, FigureSource.REQUEST, kind=reason) if reason else "",
        }
        for reason, found in now.items()
    ]
    return sorted(rows, key=lambda row: (-row["number"], str(row["label"])))[:MOST_REASONS]


def by_product(chosen: Choice, now: datetime, *, compares: bool) -> list[dict[str, Any]]:
    """The products that were asked about most, each with its most frequent reason."""
    spans = chosen.period.spans(chosen.shops, now)
    if compares:
        spans += chosen.period.before().spans(chosen.shops, now)
    begins = {shop.pk: chosen.period.days(shop, now)[0] for shop in chosen.shops}
    found = most_asked(spans, begins=begins, limit=MOST_PRODUCTS)
    titles = _titles(found)
    return [
        {
            "label": titles.get(asked.product) or asked.product,
            "code": asked.product,
            "number": asked.number,
            "url": drilldown_url(chosen, FigureSource.PRODUCT, kind=asked.product),
            "change": difference(asked.number, asked.before) if compares else None,
            "reason": REASONS.get(asked.reason, asked.reason),
            "of_reason": asked.of_reason,
            "reason_url": drilldown_url(
                chosen, FigureSource.PRODUCT, kind=asked.product, key=asked.reason
            ),
        }
        for asked in found
    ]


def _titles(found: list[Asked]) -> dict[str, str]:
    """The products' titles, as the orders of the newest tickets about them have them."""
    lines = OrderLine.objects.filter(
        order__tickets__in=[asked.sample for asked in found],
        product__in=[asked.product for asked in found],
    )
    return dict(lines.order_by("pk").values_list("product", "title"))
