"""The dashboard's figures, as its template shows them. Each figure leads to its rows."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.domain.money import format_yuan
from aftersale.models import (
    DESK_STATUSES,
    AlertKind,
    ConnectorKind,
    Refund,
    Rejection,
    Ticket,
    TicketStatus,
    TicketType,
)
from aftersale.platforms.protocol import own_reason
from aftersale.reject_reasons import REASONS
from aftersale.services.desk.queues import MERCHANTS_TURN, Queue
from aftersale.services.refunds.by_hand import TO_PAY
from monitoring.admin.dashboard import caps, choice
from monitoring.admin.dashboard.caps import decisions_url, hits_url
from monitoring.admin.dashboard.charts import Chart
from monitoring.admin.dashboard.choice import Choice
from monitoring.admin.dashboard.sums import (
    AUTOMATIC,
    Hits,
    Sums,
    Totals,
    cap_use,
    is_automatic,
    is_by_people,
    sums,
)
from monitoring.admin.dashboard.wording import Change, change, change_of_share, length, percent
from monitoring.services.figures import Figure, FigureSource
from monitoring.services.figures.sources import Consequence
from strategies.models import Outcome, Strategy
from strategies.services.caps import share

APPROVED = (Outcome.REFUND, Outcome.APPROVE_RETURN)


@dataclass
class Tile:
    """One figure; `more` is its whole or its amount, `help` says how it is counted."""

    title: str
    value: str
    url: str = ""
    # The number of rows at the address.
    figure: int = 0
    more: str = ""
    help: str = ""
    change: Change | None = None


def add_to_index(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK."""
    context["title"] = _("Overview")
    chosen = choice.read(request)
    if chosen.seen:
        context["dashboard"] = dashboard(chosen, timezone.now())
    return context


def dashboard(chosen: Choice, now: datetime) -> dict[str, Any]:
    current, before = sums(chosen, now)
    usage = caps.used_today(chosen, now)
    backlog = _backlog(chosen, now)
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
        "now_tiles": _now_tiles(chosen, backlog),
        "tiles": _tiles(chosen, current, before, now),
        "caps": caps.caps(chosen, usage, now),
        "charts": _charts(chosen, current, now),
        "strategies": _strategies(chosen, current, now),
        "times": _times(chosen, current),
        "rejections": _rejections(chosen, current),
        "shops": _shops(chosen, current, backlog, now) if len(chosen.shops) > 1 else [],
    }


def drilldown_url(
    chosen: Choice, source: str, *, kind: str = "", key: str | None = None, **more: Any
) -> str:
    """Address of the page of rows that a figure counts."""
    values = chosen.query(source=source, kind=kind, **more)
    if key is not None:  # "" is a key as well
        values += "&" + urlencode({"key": key})
    return f"{reverse('monitoring:drilldown')}?{values}"


def _backlog(chosen: Choice, now: datetime) -> dict[int, dict[str, int]]:
    """Waiting tickets of each shop now: read from the index of open tickets alone."""
    ids = [shop.pk for shop in chosen.shops]
    rows: dict[int, Any] = {
        row["shop"]: row
        for row in Ticket.objects.filter(shop__in=ids, status__in=DESK_STATUSES)
        .values("shop")
        .annotate(
            to_handle=Count(
                "pk", filter=Q(status=TicketStatus.PENDING_REVIEW, awaiting_evaluation=False)
            ),
            overdue=Count("pk", filter=Q(status__in=MERCHANTS_TURN, due_at__lt=now)),
            failed=Count("pk", filter=Q(status=TicketStatus.REFUND_FAILED)),
        )
        .order_by()
    }
    to_pay = dict(
        Refund.objects.filter(TO_PAY, shop__in=ids)
        .values("shop")
        .annotate(number=Count("pk"))
        .values_list("shop", "number")
        .order_by()
    )
    return {
        pk: {name: rows.get(pk, {}).get(name, 0) for name in ("to_handle", "overdue", "failed")}
        | {"to_pay": to_pay.get(pk, 0)}
        for pk in ids
    }


def _queue_url(chosen: Choice, queue: str, shop: int | None = None) -> str:
    if shop is None and chosen.shop is not None:
        shop = chosen.shop.pk
    values: dict[str, Any] = {"queue": queue} | ({"shop": shop} if shop else {})
    return f"{reverse('desk:workbench')}?{urlencode(values)}"


def _now_tiles(chosen: Choice, backlog: dict[int, dict[str, int]]) -> list[Tile]:
    def tile(title: str, name: str, queue: str) -> Tile:
        number = sum(row[name] for row in backlog.values())
        return Tile(title, f"{number:,}", _queue_url(chosen, queue), number)

    tiles = [
        tile(_("To handle"), "to_handle", Queue.TO_HANDLE),
        tile(_("Overdue"), "overdue", Queue.OVERDUE),
        tile(_("Failed refunds"), "failed", Queue.REFUND_FAILED),
    ]
    pays_by_hand = any(shop.connector == ConnectorKind.MANUAL for shop in chosen.shops)
    if pays_by_hand or any(row["to_pay"] for row in backlog.values()):
        tiles.append(tile(_("To pay by hand"), "to_pay", Queue.TO_PAY))
    return tiles


def _tiles(chosen: Choice, current: Sums, before: Sums, now: datetime) -> list[Tile]:
    than = choice.compared_with(chosen.period)

    def counted(value: Callable[[Sums], int]) -> dict[str, Any]:
        is_now, was = value(current), value(before)
        return {
            "value": f"{is_now:,}",
            "figure": is_now,
            "change": change(is_now, was, f"{was:,}", than),
        }

    def shared(part: Callable[[Sums], int], whole: Callable[[Sums], int]) -> dict[str, Any]:
        is_now, was = ((part(one), whole(one)) for one in (current, before))
        return {"value": percent(*is_now), "change": change_of_share(is_now, was, than)}

    def number(source: str) -> Callable[[Sums], int]:
        return lambda one: one.of(source).number

    def automatic(one: Sums) -> int:
        return one.of(FigureSource.REFUND, is_automatic).number

    refunds, orders = current.of(FigureSource.REFUND), current.of(FigureSource.ORDER)
    by_strategies = current.of(FigureSource.REFUND, lambda figure: figure.kind == "strategy")
    losses = current.of(FigureSource.LOSS, _is_likely)
    clock = chosen.shops[0] if chosen.one_clock else None
    return [
        Tile(
            _("Refunds"),
            url=drilldown_url(chosen, FigureSource.REFUND),
            more=format_yuan(refunds.amount),
            help=_("Refunds that were paid in this period, whoever caused them."),
            **counted(number(FigureSource.REFUND)),
        ),
        Tile(
            _("Refund rate"),
            url=drilldown_url(chosen, FigureSource.ORDER),
            figure=orders.number,
            more=_("of %(orders)s orders paid") % {"orders": f"{orders.number:,}"},
            help=_(
                "Refunds paid in this period, of the orders paid in it. Platforms count automatic "
                "refunds in a shop's rate too."
            ),
            **shared(number(FigureSource.REFUND), number(FigureSource.ORDER)),
        ),
        Tile(
            _("Strategies' share of the refunds"),
            url=drilldown_url(chosen, FigureSource.REFUND, kind="strategy"),
            figure=by_strategies.number,
            more=_("%(number)s refunds, %(amount)s")
            % {"number": f"{by_strategies.number:,}", "amount": format_yuan(by_strategies.amount)},
            help=_("Refunds paid in this period that a strategy approved."),
            **shared(
                lambda one: (
                    one.of(FigureSource.REFUND, lambda figure: figure.kind == "strategy").number
                ),
                number(FigureSource.REFUND),
            ),
        ),
        Tile(
            _("Decided without people"),
            url=decisions_url(
                chosen, chosen.period, now, shop=clock, outcome__in=",".join(APPROVED)
            )
            if clock
            else "",
            figure=current.automatic,
            more=_("%(number)s of %(decisions)s decisions")
            % {"number": f"{current.automatic:,}", "decisions": f"{current.decided:,}"},
            help=_(
                "Decisions of the automation that approved something, of all it made; the others "
                "were left to people."
            ),
            **shared(lambda one: one.automatic, lambda one: one.decided),
        ),
        Tile(
            _("Disputes"),
            url=drilldown_url(chosen, FigureSource.DISPUTE),
            more=_("%(rate)s of the orders paid")
            % {"rate": percent(current.of(FigureSource.DISPUTE).number, orders.number)},
            help=_("Tickets that went to platform arbitration in this period."),
            **counted(number(FigureSource.DISPUTE)),
        ),
        Tile(
            _("Disputes lost"),
            url=drilldown_url(chosen, FigureSource.LOST),
            more=format_yuan(current.of(FigureSource.LOST).amount),
            help=_("Arbitration that ended in a refund, or in a return for one."),
            **counted(number(FigureSource.LOST)),
        ),
        Tile(
            _("Rejections"),
            url=drilldown_url(chosen, FigureSource.REJECTION),
            help=_("Rejections that were sent in this period."),
            **counted(number(FigureSource.REJECTION)),
        ),
        Tile(
            _("Likely losses"),
            url=drilldown_url(chosen, FigureSource.LOSS, kind=AlertKind.LIKELY_LOSS),
            more=format_yuan(losses.amount),
            help=_(
                "Refunds that were decided as not shipped although the parcel had left, found in "
                "this period."
            ),
            **counted(lambda one: one.of(FigureSource.LOSS, _is_likely).number),
        ),
        Tile(
            _("Refunds that failed"),
            url=drilldown_url(chosen, FigureSource.FAILED),
            more=format_yuan(current.of(FigureSource.FAILED).amount),
            help=_("Refunds that failed in this period and have not been paid since."),
            **counted(number(FigureSource.FAILED)),
        ),
        Tile(
            _("Refunds without people"),
            url=drilldown_url(chosen, FigureSource.REFUND, kind=",".join(AUTOMATIC)),
            more=_("%(share)s of the refunds")
            % {"share": percent(automatic(current), refunds.number)},
            help=_("Refunds paid in this period that strategies or fast refund approved."),
            **counted(automatic),
        ),
    ]


def _is_likely(figure: Figure) -> bool:
    return figure.kind == AlertKind.LIKELY_LOSS


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


def _strategies(chosen: Choice, current: Sums, now: datetime) -> list[dict[str, Any]]:
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


def _times(chosen: Choice, current: Sums) -> list[dict[str, Any]]:
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


def _rejections(chosen: Choice, current: Sums) -> list[dict[str, Any]]:
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


def _shops(
    chosen: Choice, current: Sums, backlog: dict[int, dict[str, int]], now: datetime
) -> list[dict[str, Any]]:
    refunds = current.by(FigureSource.REFUND, lambda figure: figure.shop_id)
    orders = current.by(FigureSource.ORDER, lambda figure: figure.shop_id)
    return [
        {
            "shop": shop,
            "url": "?" + chosen.query(shop=shop.pk),
            "to_handle": f"{backlog[shop.pk]['to_handle']:,}",
            "to_handle_url": _queue_url(chosen, Queue.TO_HANDLE, shop.pk),
            "overdue": f"{backlog[shop.pk]['overdue']:,}",
            "overdue_url": _queue_url(chosen, Queue.OVERDUE, shop.pk),
            "failed": f"{backlog[shop.pk]['failed']:,}",
            "failed_url": _queue_url(chosen, Queue.REFUND_FAILED, shop.pk),
            "refunds": f"{refunds[shop.pk].number:,}",
            "refunds_url": drilldown_url(chosen, FigureSource.REFUND, shop=shop.pk),
            "amount": format_yuan(refunds[shop.pk].amount),
            "rate": percent(refunds[shop.pk].number, orders[shop.pk].number),
            "hits": f"{current.hits_of_shop.get(shop.pk, Hits()).number:,}",
            "hits_url": decisions_url(
                chosen, chosen.period, now, shop=shop, alone=True, source__exact="strategy"
            ),
        }
        for shop in chosen.shops
    ]
