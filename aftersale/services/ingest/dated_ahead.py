"""Versions dated ahead of the clock, which would freeze their rows until then (SPEC O6).

Every later, true version would be older than they are. So no such version is taken in; rows that
have one from before this rule are listed and freed by `manage.py dated_ahead`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from aftersale.domain.multilingual import said as _
from aftersale.models import Order, Ticket, TicketEventKind
from aftersale.records.schemas import FieldError
from aftersale.services.shared import locks
from aftersale.services.shared.database_clock import database_moment
from aftersale.services.shared.outcomes import Outcome, Result

from .events import write_event

# Clocks differ by minutes, never by so much.
TOLERANCE = timedelta(minutes=10)
_BATCH = 500
# No version of an order can be older.
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


class Ahead(NamedTuple):
    """A row whose next versions are refused as older than it."""

    kind: str
    shop: str
    number: str
    updated_at: datetime
    pk: int


def latest_moment() -> datetime:
    """The latest update time that a version may have, by the database's clock."""
    return database_moment() + TOLERANCE


def refusal_of(updated_at: datetime, latest: datetime) -> Result | None:
    """The refusal of a version dated too far ahead; it may be taken once that time has come."""
    if updated_at <= latest:
        return None
    message = _(
        "%(at)s is more than 10 minutes ahead of the clock here (%(now)s): look at the time zone"
        " and at the clock that it comes from"
    ) % {
        "at": timezone.localtime(updated_at).isoformat(),
        "now": timezone.localtime(latest - TOLERANCE).isoformat(timespec="seconds"),
    }
    return Result(Outcome.REFUSED, (FieldError("updated_at", message),), ask_again=True)


def rows_ahead() -> Iterator[Ahead]:
    latest = latest_moment()
    for kind, model, number in (("order", Order, "order_no"), ("ticket", Ticket, "ticket_no")):
        found: Any = model._default_manager.filter(updated_at__gt=latest).order_by("pk")
        columns = ("shop__code", number, "updated_at", "pk")
        for row in found.values_list(*columns).iterator(_BATCH):
            yield Ahead(kind, *row)


def free(row: Ahead) -> bool:
    """Sets the row's update time back to the latest of its own past times, so that the next version
    is taken. False where it is not ahead any more."""
    with transaction.atomic():
        latest = latest_moment()
        if row.kind == "order":
            order = locks.lock_order(row.pk)
            if order.updated_at <= latest:
                return False
            times = [
                order.created_at,
                order.paid_at,
                order.label_printed_at,
                order.shipped_at,
                order.delivered_at,
                order.completed_at,
            ]
            order.updated_at = _latest_of(times, latest)
            order.save(update_fields=["updated_at"])
            return True
        ticket = locks.lock_ticket(row.pk)
        if ticket.updated_at <= latest:
            return False
        ticket.updated_at = _latest_of([ticket.applied_at], latest)
        ticket.save(update_fields=["updated_at"])
        note = _("It was dated ahead of the clock: the platform's next version is taken now.")
        write_event(ticket, TicketEventKind.NOTE, note, database_moment())
    return True


def _latest_of(times: list[datetime | None], latest: datetime) -> datetime:
    come = [at for at in times if at is not None and at <= latest]
    return max(come, default=_BEFORE_ALL)
