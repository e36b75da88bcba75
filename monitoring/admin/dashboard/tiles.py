"""Tiles of the dashboard: one figure each, which leads to its rows (SPEC M2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, Sum
from django.utils.translation import gettext as _

from aftersale.domain.money import format_yuan
from aftersale.models import (
    DESK_STATUSES,
    AlertKind,
    ConnectorKind,
    Refund,
    Ticket,
    TicketStatus,
)
from aftersale.services.desk.queues import MERCHANTS_TURN, Queue
from aftersale.services.refunds.by_hand import TO_PAY
from monitoring.admin.dashboard import choice, worth
from monitoring.admin.dashboard.caps import decisions_url
from monitoring.admin.dashboard.choice import Choice
from monitoring.admin.dashboard.links import drilldown_url, queue_url
from monitoring.admin.dashboard.sums import (
    AUTOMATIC,
    Sums,
    is_automatic,
)
from monitoring.admin.dashboard.wording import (
    Change,
    change,
    change_of_share,
    hours,
    length,
    percent,
    rate,
)
from monitoring.services.figures import Figure, FigureSource
from strategies.models import Outcome

# A refund rate of fewer orders jumps with each.
LEAST_ORDERS = 20
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


def backlog_of(chosen: Choice, now: datetime) -> dict[int, dict[str, Any]]:
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
            on_desk=Count("pk"),
        )
        .order_by()
    }
    to_pay = {
        row["shop"]: row
        for row in Refund.objects.filter(TO_PAY, shop__in=ids)
        .values("shop")
        .annotate(to_pay=Count("pk"), to_pay_amount=Sum("amount"), since=Min("requested_at"))
        .order_by()
    }
    names = ("to_handle", "overdue", "failed", "on_desk")
    return {
        pk: {name: rows.get(pk, {}).get(name, 0) for name in names}
        | {"to_pay": 0, "to_pay_amount": 0, "since": None}
        | to_pay.get(pk, {})
        for pk in ids
    }


def now_tiles(chosen: Choice, backlog: dict[int, dict[str, Any]], now: datetime) -> list[Tile]:
    def tile(title: str, name: str, queue: str) -> Tile:
        number = sum(row[name] for row in backlog.values())
        return Tile(title, f"{number:,}", queue_url(chosen, queue), number)

    tiles = [
        tile(_("To handle"), "to_handle", Queue.TO_HANDLE),
        tile(_("Overdue"), "overdue", Queue.OVERDUE),
        tile(_("Failed refunds"), "failed", Queue.REFUND_FAILED),
    ]
    pays_by_hand = any(shop.connector == ConnectorKind.MANUAL for shop in chosen.shops)
    if pays_by_hand or any(row["to_pay"] for row in backlog.values()):
        to_pay = tile(_("To pay by hand"), "to_pay", Queue.TO_PAY)
        to_pay.more = format_yuan(sum(row["to_pay_amount"] for row in backlog.values()))
        waiting = [row["since"] for row in backlog.values() if row["since"]]
        if waiting:
            waited = length(int((now - min(waiting)).total_seconds()))
            to_pay.help = _("The oldest has waited for %(time)s.") % {"time": waited}
        tiles.append(to_pay)
    return tiles


def worth_tiles(chosen: Choice, current: Sums, now: datetime) -> list[Tile]:
    """What automation saved in work, and what it cost in mistakes."""
    saved = worth.saved(chosen, current.automatic, now)
    wrong = current.of(FigureSource.REGRET)
    if saved.cases:
        timed = _("People took %(time)s a case, measured between their steps.") % {
            "time": length(saved.seconds_a_case)
        }
    else:
        timed = _("Assumed: %(time)s a case, as none of people could be timed yet.") % {
            "time": length(saved.seconds_a_case)
        }
    return [
        Tile(
            _("Work saved"),
            hours(saved.seconds),
            url=_decided_url(chosen, now),
            figure=saved.taken,
            more=_("%(number)s cases decided without people") % {"number": f"{saved.taken:,}"},
            help=timed,
        ),
        Tile(
            _("Cost of mistakes"),
            format_yuan(wrong.amount),
            url=drilldown_url(chosen, FigureSource.REGRET),
            figure=wrong.number,
            more=_("%(share)s of the strategies' hits")
            % {"share": percent(wrong.number, sum(hit.number for hit in current.hits.values()))},
            help=_(
                "Hits of this period whose parcel was lost or probably lost, or whose dispute was"
                " lost."
            ),
        ),
    ]


def tiles(chosen: Choice, current: Sums, before: Sums | None, now: datetime) -> list[Tile]:
    than = choice.compared_with(chosen.period)

    def counted(value: Callable[[Sums], int]) -> dict[str, Any]:
        is_now = value(current)
        was = value(before) if before else 0
        changed = change(is_now, was, f"{was:,}", than) if before and (is_now or was) else None
        return {"value": f"{is_now:,}", "figure": is_now, "change": changed}

    def shared(part: Callable[[Sums], int], whole: Callable[[Sums], int]) -> dict[str, Any]:
        is_now = part(current), whole(current)
        changed = None
        if before and whole(before):
            changed = change_of_share(is_now, (part(before), whole(before)), than)
        return {"value": percent(*is_now), "change": changed}

    def refund_rate() -> dict[str, Any]:
        """Compared where both periods have the orders for it."""
        found = shared(number(FigureSource.REFUND), number(FigureSource.ORDER))
        if not (before and _has_rate(current) and _has_rate(before)):
            found["change"] = None
        return found | {"value": rate(refunds.number, orders.number)}

    def number(source: str) -> Callable[[Sums], int]:
        return lambda one: one.of(source).number

    def automatic(one: Sums) -> int:
        return one.of(FigureSource.REFUND, is_automatic).number

    refunds, orders = current.of(FigureSource.REFUND), current.of(FigureSource.ORDER)
    by_strategies = current.of(FigureSource.REFUND, lambda figure: figure.kind == "strategy")
    losses = current.of(FigureSource.LOSS, _is_likely)
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
            **refund_rate(),
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
            url=_decided_url(chosen, now),
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
            % {"rate": rate(current.of(FigureSource.DISPUTE).number, orders.number)},
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


def _decided_url(chosen: Choice, now: datetime) -> str:
    """Address of what was decided without people; none where the shops' days differ."""
    if not chosen.one_clock:
        return ""
    approved = ",".join(APPROVED)
    return decisions_url(chosen, chosen.period, now, shop=chosen.shops[0], outcome__in=approved)


def _has_rate(one: Sums) -> bool:
    orders = one.of(FigureSource.ORDER).number
    return orders >= max(LEAST_ORDERS, one.of(FigureSource.REFUND).number)


def _is_likely(figure: Figure) -> bool:
    return figure.kind == AlertKind.LIKELY_LOSS
