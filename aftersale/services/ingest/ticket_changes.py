"""Changes of an undecided ticket by a newer version, in words with old and new (SPEC O7)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.models import TicketType
from aftersale.records.schemas import TicketRecord


class Asked(NamedTuple):
    """The buyer's request as stored."""

    type: str
    amount: int
    reason: str
    note: str
    evidence: Sequence[str]


def changes_in_words(before: Asked, record: TicketRecord) -> str:
    """One line a change; empty where the buyer asks for the same."""
    pairs: list[tuple[Any, Any, Any]] = [
        (gettext_lazy("Type"), _type(before.type), _type(record.type)),
        (gettext_lazy("Amount"), format_yuan(before.amount), format_yuan(record.amount)),
        (gettext_lazy("Reason"), before.reason, record.reason),
        (gettext_lazy("Buyer's note"), before.note, record.note),
        (gettext_lazy("Pictures"), ", ".join(before.evidence), ", ".join(record.evidence)),
    ]
    lines = [
        _("%(what)s: %(before)s → %(after)s")
        % {"what": what, "before": old or "–", "after": new or "–"}
        for what, old, new in pairs
        if old != new
    ]
    return joined("\n", lines) if lines else ""


def _type(type: str) -> Any:
    return TicketType(type).label
