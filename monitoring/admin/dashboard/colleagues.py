"""Colleagues' work: answers, how long they took, and the open cases in hand (SPEC M2)."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from aftersale.domain.digits import whole_number
from aftersale.models import DESK_STATUSES, Ticket
from aftersale.services.desk.filters import NOBODY
from aftersale.services.desk.queues import MERCHANTS_TURN, Queue
from aftersale.services.shared.shown import person_name
from monitoring.admin.dashboard.choice import Choice
from monitoring.admin.dashboard.links import drilldown_url, queue_url
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
                "answers": found.number,
                "url": drilldown_url(chosen, FigureSource.ANSWER, kind=kind) if kind else "",
                "change": difference(found.number, earlier.number) if before else None,
                "mean": length(found.mean),
                "mean_before": length(earlier.mean) if before and earlier.number else "",
                "in_hand": in_hand,
                "in_hand_url": queue_url(chosen, Queue.ALL, handler=kind),
                "overdue": overdue,
                "overdue_url": queue_url(chosen, Queue.OVERDUE, handler=kind),
            }
        )
    rows.sort(key=lambda row: (-row["overdue"], -row["answers"], row["name"]))
    nobodys = on_desk - sum(in_hand for in_hand, _overdue in held.values())
    if rows and nobodys:
        rows.append(
            {
                "name": _("In nobody's hands"),
                "in_hand": nobodys,
                "in_hand_url": queue_url(chosen, Queue.ALL, handler=NOBODY),
            }
        )
    return rows


def _held(chosen: Choice, now: datetime) -> dict[str, tuple[int, int]]:
    """By person: open cases in hand, and the overdue ones among them."""
    rows = (
        Ticket.objects.filter(
            shop__in=[shop.pk for shop in chosen.shops],
            status__in=DESK_STATUSES,
            handler__isnull=False,
        )
        .values_list("handler")
        .annotate(Count("pk"), Count("pk", filter=Q(status__in=MERCHANTS_TURN, due_at__lt=now)))
        .order_by()
    )
    return {str(handler): (number, overdue) for handler, number, overdue in rows}


def _name(kind: str, people: dict[int, User]) -> str:
    if kind == PROGRAM:
        return _("Programs (API)")
    person = people.get(whole_number(kind) or 0)
    return person_name(person) if person else "–"
