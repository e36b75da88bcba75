"""The facts that a person decides on, as a short text that travels with the page (SPEC O10).

Old values are in the text, so that a difference can be named. Of the buyer's note and pictures it
holds a digest only: it stands in addresses and logs.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from aftersale.domain.labels import REASONS
from aftersale.domain.money import format_yuan
from aftersale.models import Order, OrderStatus, Ticket, TicketStatus, TicketType

# Longest text of a snapshot: the reason, free text of 64 characters, takes most of it.
MOST_CHARACTERS = 1_000
_SHOWN_OF_NOTE = 80


@dataclass(frozen=True)
class OrderSnapshot:
    """Amounts in fen."""

    status: str
    label_printed: bool
    paid: int
    refunded_elsewhere: int
    committed: int
    over_refunded: bool


@dataclass(frozen=True)
class LineSnapshot:
    """The order's line that the ticket is on. Amounts in fen."""

    number: int
    paid: int
    taken: int


@dataclass(frozen=True)
class Snapshot:
    # A hash of its number: row ids begin again after a backup was restored, and an older page must
    # not decide a ticket that has its id now.
    ticket: str
    last_event: int
    type: str
    amount: int
    reason: str
    note: str
    pictures: int
    pictures_digest: str
    status: str
    # None for a ticket on the whole order.
    line: LineSnapshot | None
    order: OrderSnapshot | None

    def as_text(self) -> str:
        """Safe in an address."""
        content = json.dumps(_values(self), separators=(",", ":"), ensure_ascii=False)
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    def after_own_step(self, before: "Snapshot", after: "Snapshot") -> "Snapshot":
        """The snapshot of a case after the same person changed its order by deciding another case,
        whose state was `before` and is `after`. Any further change of the order, or of the line if
        both are on it, still shows.
        """
        return replace(
            self,
            line=after.line if self.line == before.line else self.line,
            order=after.order if self.order == before.order else self.order,
        )

    def with_money_taken_of(self, now: "Snapshot") -> "Snapshot":
        """The same facts, but for the money that tickets have taken: that of another snapshot."""
        order, line = self.order, self.line
        if order is not None and now.order is not None:
            order = replace(order, committed=now.order.committed)
        if line is not None and now.line is not None:
            line = replace(line, taken=now.line.taken)
        return replace(self, order=order, line=line)


def take(ticket: Ticket, order: Order | None, *, last_event: int) -> Snapshot:
    return Snapshot(
        ticket=_digest(ticket.ticket_no),
        last_event=last_event,
        type=ticket.type,
        amount=ticket.amount,
        reason=ticket.reason,
        note=_digest(ticket.note),
        pictures=len(ticket.evidence),
        pictures_digest=_digest(*ticket.evidence),
        status=ticket.status,
        line=_line_of(ticket, order),
        order=None
        if order is None
        else OrderSnapshot(
            status=order.status,
            label_printed=order.label_printed_at is not None,
            paid=order.paid_amount,
            refunded_elsewhere=order.refunded_amount,
            committed=order.committed,
            over_refunded=order.over_refunded,
        ),
    )


def read(text: str) -> Snapshot | None:
    """None where the text is no snapshot, or one of another version of the program."""
    try:
        padded = text + "=" * (-len(text) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        *facts, line, order = values
        facts.append(None if line is None else LineSnapshot(*line))
        facts.append(None if order is None else OrderSnapshot(*order))
        found = Snapshot(*facts)
        # Reads only what this version writes: the types are those of the fields.
        same = found.as_text() == text and _has_own_types(found)
    except (ValueError, TypeError, LookupError, RecursionError, binascii.Error):
        return None
    return found if same else None


def differences(before: Snapshot, ticket: Ticket, order: Order | None) -> dict[str, str]:
    """Changed facts by field, each with the old value and the new one."""
    after = take(ticket, order, last_event=before.last_event)
    pairs: list[tuple[str, str, Callable[[Any], str]]] = [
        ("amount", _("amount"), format_yuan),
        ("type", _("type"), _label_of(TicketType)),
        ("reason", _("reason"), lambda reason: str(REASONS.get(reason, reason)) or "–"),
        ("status", _("status"), _label_of(TicketStatus)),
        ("pictures", _("pictures"), str),
    ]
    if before.ticket != after.ticket:
        return {"ticket": _("it is another ticket than the one you saw")}
    told = _changed(before, after, pairs)
    if before.note != after.note:
        note = Truncator(" ".join(ticket.note.split())).chars(_SHOWN_OF_NOTE)
        told["note"] = (
            _("the buyer's note is now “%s”") % note if note else _("the buyer's note is gone")
        )
    if before.pictures_digest != after.pictures_digest and "pictures" not in told:
        told["pictures"] = _("the buyer's pictures are others now")
    if before.order is None or after.order is None:
        if before.order != after.order:
            told["order"] = _("its order has arrived")
        return told
    told |= _line_differences(before.line, after.line)
    order_pairs: list[tuple[str, str, Callable[[Any], str]]] = [
        ("status", _("its order's status"), _label_of(OrderStatus)),
        ("label_printed", _("shipping label printed"), _yes_no),
        ("paid", _("paid for its order"), format_yuan),
        ("refunded_elsewhere", _("refunded of its order outside Afterdesk"), format_yuan),
        ("committed", _("refunded or approved of its order here"), format_yuan),
        ("over_refunded", _("more refunded of its order than paid"), _yes_no),
    ]
    changed = _changed(before.order, after.order, order_pairs)
    return told | {f"order.{name}": text for name, text in changed.items()}


def _line_of(ticket: Ticket, order: Order | None) -> LineSnapshot | None:
    if order is None or ticket.line_no is None:
        return None
    line = next((line for line in order.lines.all() if line.line_no == ticket.line_no), None)
    return None if line is None else LineSnapshot(line.line_no, line.paid_amount, line.taken)


def _line_differences(before: LineSnapshot | None, after: LineSnapshot | None) -> dict[str, str]:
    if before is None or after is None or before.number != after.number:
        return {} if before == after else {"line": _("it is on another line of its order now")}
    pairs: list[tuple[str, str, Callable[[Any], str]]] = [
        ("paid", _("paid for its line"), format_yuan),
        ("taken", _("refunded or approved of its line here"), format_yuan),
    ]
    changed = _changed(before, after, pairs)
    return {f"line.{name}": text for name, text in changed.items()}


def _changed(
    before: object, after: object, pairs: Sequence[tuple[str, str, Callable[[Any], str]]]
) -> dict[str, str]:
    told = {}
    for name, label, show in pairs:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            told[name] = _("%(what)s: %(before)s is now %(after)s") % {
                "what": label,
                "before": show(old),
                "after": show(new),
            }
    return told


def _label_of(choices: Any) -> Callable[[str], str]:
    labels = dict(choices.choices)
    return lambda value: f"“{labels.get(value, value)}”"


def _yes_no(value: bool) -> str:
    return _("yes") if value else _("no")


def _values(snapshot: Snapshot) -> list[Any]:
    return [
        list(value.values()) if isinstance(value, dict) else value
        for value in asdict(snapshot).values()
    ]


def _has_own_types(snapshot: Snapshot) -> bool:
    parts: list[Any] = [snapshot, snapshot.line, snapshot.order]
    return all(
        type(getattr(part, name)) is kind
        for part in parts
        if part is not None
        for name, kind in type(part).__annotations__.items()
        if name not in ("line", "order")
    )


def _digest(*texts: str) -> str:
    """A short hash, for comparison and not for secrecy: eight hexadecimal digits."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:8] if any(texts) else ""
