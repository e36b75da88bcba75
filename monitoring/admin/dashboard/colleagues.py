"""Colleagues' work: answers, how long they took, and the open cases in hand (SPEC M2)."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from aftersale.domain.digits import whole_number
from aftersale.models import DESK_STATUSES, Ticket, TicketStatus
from aftersale.services.desk.filters import NOBODY
from aftersale.services.desk.queues import MERCHANTS_TURN, Queue
from aftersale.services.shared.shown import person_name
from monitoring.admin.dashboard.choice import Choice
from monitoring.admin.dashboard.links import Cell, drilldown_url, queue_url
from monitoring.admin.dashboard.sums import Sums, Totals
from monitoring.admin.dashboard.wording import difference, length
from monitoring.services.figures import FigureSource
from monitoring.services.figures.sources import PROGRAM


def colleagues(
    chosen: Choice, current: Sums, before: Sums | None, on_desk: int, now: datetime
) -> list[dict[str, Any]]:
    """A row for each person who answered or has open cases in hand, and one for what nobody has;
    the most overdue first. `on_desk` is the number of all open cases."""
    answers = current.by(FigureSource.ANSWER, lambda figure: figure.kind)
    was = before.by(FigureSource.ANSWER, lambda figure: figure.kind) if before else {}
    replies, replies_before = _replies(current), _replies(before)
    held: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    held |= _held(chosen, now)
    people = User.objects.in_bulk([pk for kind in {*answers, *held} if (pk := whole_number(kind))])
    rows: list[dict[str, Any]] = []
    for kind in {*answers, *held}:
        found, earlier = answers.get(kind, Totals()), was.get(kind, Totals())
        in_hand, overdue = held[kind]
        rows.append(
            {
                "name": _name(kind, people),
                "answers": Cell(
                    _("Answers"),
                    found.number,
                    drilldown_url(chosen, FigureSource.ANSWER, kind=kind) if kind else "",
                ),
                "change": difference(found.number, earlier.number) if before else None,
                **_time(chosen, kind, replies[kind], replies_before[kind]),
                "in_hand": Cell(_("Open in hand now"), in_hand, _queue_of(chosen, Queue.ALL, kind)),
                "overdue": Cell(_("Overdue now"), overdue, _queue_of(chosen, Queue.OVERDUE, kind)),
            }
        )
    rows.sort(key=lambda row: (-row["overdue"].value, -row["answers"].value, row["name"]))
    nobodys = on_desk - sum(in_hand for in_hand, _overdue in held.values())
    if rows and nobodys:
        rows.append(
            {
                "name": _("In nobody's hands"),
                "in_hand": Cell(
                    _("Open in hand now"), nobodys, queue_url(chosen, Queue.ALL, handler=NOBODY)
                ),
            }
        )
    return rows


def _queue_of(chosen: Choice, queue: str, kind: str) -> str:
    """Programs, and people who are gone, have nothing in hand, and no list of it."""
    return "" if whole_number(kind) is None else queue_url(chosen, queue, handler=kind)


def _replies(sums: Sums | None) -> dict[str, Totals]:
    """By person: answers to requests that had waited for one. How long a parcel on its way back
    took is nobody's time."""
    found: dict[str, Totals] = defaultdict(Totals)
    for figure in sums.figures if sums else []:
        if figure.source == FigureSource.ANSWER and figure.key == TicketStatus.PENDING_REVIEW:
            found[figure.kind].add(figure)
    return found


def _time(chosen: Choice, kind: str, found: Totals, earlier: Totals) -> dict[str, Any]:
    return {
        "mean": length(found.mean),
        "mean_before": length(earlier.mean) if earlier.number else "",
        "replies": found.number,
        "replies_url": drilldown_url(
            chosen, FigureSource.ANSWER, kind=kind, key=TicketStatus.PENDING_REVIEW
        )
        if kind
        else "",
    }


def _held(chosen: Choice, now: datetime) -> dict[str, tuple[int, int]]:
    """By person: open cases in hand, and the overdue ones among them."""
    rows = (
        Ticket.objects.filter(
            shop__in=[shop.pk for shop in chosen.shops],
            status__in=DESK_STATUSES,
            handler__isnull=False,
        )
        .values_list("handler")
        .annotate(
            number=Count("pk"),
            overdue=Count("pk", filter=Q(status__in=MERCHANTS_TURN, due_at__lt=now)),
        )
        .order_by()
    )
    return {str(handler): (number, overdue) for handler, number, overdue in rows}


def _name(kind: str, people: dict[int, User]) -> str:
    if kind == PROGRAM:
        return _("Programs (API)")
    person = people.get(whole_number(kind) or 0)
    return person_name(person) if person else "–"
