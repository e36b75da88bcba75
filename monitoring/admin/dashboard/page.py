"""The dashboard's figures, as its template shows them. Each figure leads to its rows."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.admin.kit import access
from aftersale.domain.money import format_yuan
from aftersale.models import FastRefundPeriod, Shop, ShopStatus
from aftersale.services.access.rights import Right
from monitoring.admin.dashboard import caps, choice
from monitoring.admin.dashboard.asked import by_product, by_reason
from monitoring.admin.dashboard.charts import Chart
from monitoring.admin.dashboard.choice import Choice
from monitoring.admin.dashboard.colleagues import colleagues
from monitoring.admin.dashboard.sums import Sums, is_automatic, is_by_people, reaches_back, sums
from monitoring.admin.dashboard.tables import rejections, shops, strategies, times
from monitoring.admin.dashboard.tiles import backlog_of, now_tiles, tiles, worth_tiles
from monitoring.admin.dashboard.wording import percent
from monitoring.services.figures import FigureSource
from strategies.models import Strategy

# More would push the figures out of sight.
MOST_LED_TO = 2


def add_to_index(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK."""
    context["title"] = _("Overview")
    chosen = choice.read(request)
    if chosen.seen:
        context["dashboard"] = dashboard(chosen, timezone.now())
        context["unstarted"] = _unstarted(request, chosen)
    return context


def _unstarted(request: HttpRequest, chosen: Choice) -> list[Shop]:
    """The first of the shops that approve nothing by themselves yet, for who may change that."""
    strategies = Strategy.objects.filter(shop=OuterRef("pk"), deleted_at=None, enabled=True)
    fast = FastRefundPeriod.objects.filter(shop=OuterRef("pk"), ends_at=None)
    approving = Shop.objects.filter(Exists(strategies) | Exists(fast))
    keys = [shop.pk for shop in chosen.shops]
    started = set(approving.filter(pk__in=keys).values_list("pk", flat=True))
    return [
        shop
        for shop in chosen.shops
        if shop.pk not in started
        and shop.status != ShopStatus.CLOSED
        and access.may(request, shop.pk, Right.INVITE)
    ][:MOST_LED_TO]


def dashboard(chosen: Choice, now: datetime) -> dict[str, Any]:
    current, before = sums(chosen, now)
    usage = caps.used_today(chosen, now)
    backlog = backlog_of(chosen, now)
    # Where a shop has not been here for the period before, there is nothing to compare with.
    compared = before if reaches_back(chosen, current, now) else None
    on_desk = sum(row["on_desk"] for row in backlog.values())
    return {
        "chosen": chosen,
        "periods": [
            {
                "label": label,
                "url": "?" + chosen.query(period=name, **{"from": "", "to": ""}),
                "current": chosen.period.name == name,
            }
            for name, label in choice.names().items()
        ],
        "dates": chosen.period.days(chosen.shops[0], now),
        "by_dates": chosen.period.name == choice.DATES,
        "cut_to": choice.MOST_DAYS if chosen.period.cut else 0,
        "than": choice.compared_with(chosen.period) if compared else "",
        "now_tiles": now_tiles(chosen, backlog, now),
        "tiles": tiles(chosen, current, compared, now),
        "worth_tiles": worth_tiles(chosen, current, now),
        "reasons": by_reason(chosen, current, compared),
        "products": by_product(chosen, now, compares=compared is not None),
        "colleagues": colleagues(chosen, current, compared, on_desk, now),
        "is_written": any(shop.is_demo for shop in chosen.shops) and not current.figures,
        "caps": caps.caps(chosen, usage, now),
        "charts": _charts(chosen, current, now),
        "strategies": strategies(chosen, current, now),
        "times": times(chosen, current),
        "rejections": rejections(chosen, current),
        "shops": shops(chosen, current, backlog, now) if len(chosen.shops) > 1 else [],
    }


def _charts(chosen: Choice, current: Sums, now: datetime) -> list[Chart]:
    ends = [chosen.period.days(shop, now) for shop in chosen.shops]
    first, last = min(end[0] for end in ends), max(end[1] for end in ends)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    who = (_("Automatic"), _("People"), _("Platform"))
    numbers: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    amounts: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    for figure in current.figures:
        if figure.source == FigureSource.REFUND:
            place = 0 if is_automatic(figure) else 1 if is_by_people(figure) else 2
            numbers[figure.day][place] += figure.number
            amounts[figure.day][place] += figure.amount
    decided = [
        [
            sum(
                number
                for (at, outcome), number in current.decisions.items()
                if at == day and (outcome == "manual") == left
            )
            for left in (False, True)
        ]
        for day in days
    ]
    refunds = current.of(FigureSource.REFUND)
    return [
        Chart(
            "refunds",
            _("Refunds a day"),
            _("%(number)s refunds in all.") % {"number": f"{refunds.number:,}"},
            who,
            days,
            [numbers[day] for day in days],
            lambda value: f"{value:,}",
        ),
        Chart(
            "amounts",
            _("Refunded amount a day"),
            _("%(amount)s in all.") % {"amount": format_yuan(refunds.amount)},
            who,
            days,
            [amounts[day] for day in days],
            format_yuan,
        ),
        Chart(
            "decisions",
            _("Decisions of the automation a day"),
            _("%(share)s without people.") % {"share": percent(current.automatic, current.decided)},
            (_("Approved"), _("Left to people")),
            days,
            decided,
            lambda value: f"{value:,}",
        ),
    ]
