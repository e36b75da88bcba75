"""The rows of an export of decisions: texts, amounts in yuan and times on the shop's clock."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from aftersale.domain.labels import REASONS
from aftersale.models import OrderStatus, TicketType
from aftersale.services.sheets.write_file import Cell
from config import replica
from strategies.models import Outcome, Scenario, Source, Why

CHUNK = 2_000
_FIELDS = (
    "shop__timezone", "decided_at", "shop__name", "ticket__ticket_no", "ticket__order_no", "type",
    "amount", "reason", "applied_at", "outcome", "source", "scenario", "strategy__name", "why",
    "order_status", "paid_amount", "refundable_amount",
)  # fmt: skip


def headers() -> list[str]:
    return [
        _("Decided at"), _("Shop"), _("Ticket"), _("Order"), _("Type"), _("Amount (yuan)"),
        _("Application reason"), _("Applied at"), _("Outcome"), _("Source"), _("Scenario"),
        _("Strategy"), _("Why for people"), pgettext("order", "Order status"), _("Paid (yuan)"),
        _("Refundable (yuan)"),
    ]  # fmt: skip


def rows(decisions: QuerySet) -> Iterator[list[Cell]]:
    """By a server-side cursor, so that memory stays flat however many there are.

    Labels are looked up at once: by the time of the last row the request's language is gone.
    """
    return _rows(decisions.values_list(*_FIELDS), _Labels())


class _Labels:
    """The choices' words in the user's language."""

    def __init__(self) -> None:
        self.type, self.outcome, self.source, self.scenario, self.why, self.status = (
            {value: str(label) for value, label in choices.choices}
            for choices in (TicketType, Outcome, Source, Scenario, Why, OrderStatus)
        )
        self.reason = {value: str(label) for value, label in REASONS.items()}


def _rows(found: QuerySet, labels: _Labels) -> Iterator[list[Cell]]:
    for row in replica.streamed(found, chunk=CHUNK):
        (zone, decided, shop, ticket, order, kind, amount, reason, applied, outcome, source,
         scenario, strategy, why, status, paid, refundable) = row  # fmt: skip
        yield [
            _local(decided, zone),
            shop,
            ticket,
            order,
            labels.type.get(kind, kind),
            _yuan(amount),
            labels.reason.get(reason, reason),
            _local(applied, zone),
            labels.outcome.get(outcome, outcome),
            labels.source.get(source, source),
            labels.scenario.get(scenario, scenario),
            strategy or "",
            labels.why.get(why, why),
            labels.status.get(status, status),
            _yuan(paid),
            _yuan(refundable),
        ]


def _local(at: datetime, zone: str) -> datetime:
    """The time on the shop's clock."""
    return at.astimezone(_zone(zone)).replace(tzinfo=None, microsecond=0)


@lru_cache(maxsize=64)
def _zone(name: str) -> Any:
    return ZoneInfo(name)


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)
