"""Tables of the dashboard: strategies, times, rejections and shops (SPEC M2, P3)."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from aftersale.domain.money import format_yuan
from aftersale.models import (
    Rejection,
    TicketType,
)
from aftersale.platforms.protocol import own_reason
from aftersale.reject_reasons import REASONS
from aftersale.services.desk.queues import Queue
from monitoring.admin.dashboard.caps import decisions_url, hits_url
from monitoring.admin.dashboard.choice import Choice
from monitoring.admin.dashboard.links import Cell, drilldown_url, queue_url
from monitoring.admin.dashboard.sums import (
    AUTOMATIC,
    Hits,
    Sums,
    Totals,
    cap_use,
    is_automatic,
    is_by_people,
)
from monitoring.admin.dashboard.wording import (
    length,
    percent,
    rate,
)
from monitoring.services.figures import FigureSource
from monitoring.services.figures.sources import Consequence
from strategies.models import Strategy
from strategies.services.caps import share


def strategies(chosen: Choice, current: Sums, now: datetime) -> list[dict[str, Any]]:
    """The strategies that hit in the period, the largest amount first."""
    used = cap_use(chosen, now)
    regrets = current.by(FigureSource.REGRET, lambda figure: int(figure.kind))
    keys = current.hits.keys() | regrets.keys()
    found = Strategy.objects.filter(pk__in=keys, shop__in=chosen.shops).select_related("shop")
    rows = []
    for strategy in found:
        hits = current.hits.get(strategy.pk, Hits())
        regret = regrets.get(strategy.pk, Totals())
        spent, cap = used.get(strategy.pk, (0, 0))
        rows.append(
            {
                "strategy": strategy,
                "hits": f"{hits.number:,}",
                "hits_url": hits_url(chosen, strategy, chosen.period, now),
                "sum": hits.amount,
                "amount": format_yuan(hits.amount),
                "share": f"{share(spent, cap)}%" if cap else "–",
                "regret": regret.number,
                "regret_share": percent(regret.number, hits.number),
                "regret_amount": format_yuan(regret.amount),
                "regret_url": drilldown_url(
                    chosen, FigureSource.REGRET, kind=str(strategy.pk), shop=strategy.shop_id
                ),
            }
        )
    return sorted(rows, key=lambda row: (-row["sum"], row["strategy"].pk))


def times(chosen: Choice, current: Sums) -> list[dict[str, Any]]:
    """From application to refund, by type, automatic and by people (仅退款自主完结时长)."""
    rows = []
    for kind in TicketType:
        row: dict[str, Any] = {"label": kind.label}
        for name, fits, kinds in (
            ("automatic", is_automatic, ",".join(AUTOMATIC)),
            ("people", is_by_people, "person"),
        ):
            found = current.of(FigureSource.REFUND, lambda f, k=kind, t=fits: f.key == k and t(f))  # type: ignore[misc]
            row[name] = {
                "mean": length(found.mean),
                "number": found.number,
                "url": drilldown_url(chosen, FigureSource.REFUND, kind=kinds, key=kind),
            }
        if row["automatic"]["number"] or row["people"]["number"]:
            rows.append(row)
    return rows


def rejections(chosen: Choice, current: Sums) -> list[dict[str, Any]]:
    """Each reason with the consequences of its rejections; the most frequent first (SPEC P3)."""
    found = current.by(FigureSource.REJECTION, lambda figure: (figure.kind, figure.key))
    labels: dict[str, Any] = {reason.code: reason.label for reason in REASONS}
    if own := {reason for reason, _fate in found if own_reason(reason)}:
        # A platform's own reasons have its words, as they were last.
        sent = Rejection.objects.filter(reason__in=own).order_by("pk")
        labels |= dict(sent.values_list("reason", "label"))
    rows = []
    for reason in {reason for reason, _fate in found}:
        by_fate = {fate: found.get((reason, fate.value), Totals()).number for fate in Consequence}
        total = sum(by_fate.values())
        rows.append(
            {
                "label": labels.get(reason, reason),
                "total": total,
                "url": drilldown_url(chosen, FigureSource.REJECTION, kind=reason),
                "fates": [
                    {
                        "label": fate.label,
                        "number": by_fate[fate],
                        "share": percent(by_fate[fate], total),
                        "url": drilldown_url(
                            chosen, FigureSource.REJECTION, kind=reason, key=fate.value
                        ),
                    }
                    for fate in (Consequence.AGAIN, Consequence.DISPUTE, Consequence.OVERTURNED)
                ],
            }
        )
    return sorted(rows, key=lambda row: (-row["total"], str(row["label"])))


def shops(
    chosen: Choice, current: Sums, backlog: dict[int, dict[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    refunds = current.by(FigureSource.REFUND, lambda figure: figure.shop_id)
    orders = current.by(FigureSource.ORDER, lambda figure: figure.shop_id)
    return [
        {
            "shop": shop,
            "url": "?" + chosen.query(shop=shop.pk),
            "cells": [
                Cell(
                    _("To handle now"),
                    f"{backlog[shop.pk]['to_handle']:,}",
                    queue_url(chosen, Queue.TO_HANDLE, shop.pk),
                ),
                Cell(
                    _("Overdue now"),
                    f"{backlog[shop.pk]['overdue']:,}",
                    queue_url(chosen, Queue.OVERDUE, shop.pk),
                ),
                Cell(
                    _("Failed refunds"),
                    f"{backlog[shop.pk]['failed']:,}",
                    queue_url(chosen, Queue.REFUND_FAILED, shop.pk),
                ),
                Cell(
                    _("Hits of strategies"),
                    f"{current.hits_of_shop.get(shop.pk, Hits()).number:,}",
                    decisions_url(
                        chosen, chosen.period, now, shop=shop, alone=True, source__exact="strategy"
                    ),
                ),
                Cell(
                    _("Refunds"),
                    f"{refunds[shop.pk].number:,}",
                    drilldown_url(chosen, FigureSource.REFUND, shop=shop.pk),
                ),
                Cell(_("Refunded"), format_yuan(refunds[shop.pk].amount)),
                Cell(_("Refund rate"), rate(refunds[shop.pk].number, orders[shop.pk].number)),
            ],
        }
        for shop in chosen.shops
    ]
