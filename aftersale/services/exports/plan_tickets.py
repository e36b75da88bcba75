"""After-sale requests of a file beside what is stored of them (SPEC O6, O11)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from aftersale.domain.money import plain_yuan
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    Actor,
    FileImport,
    ImportRow,
    OrderLine,
    RowOutcome,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketStatus,
)
from aftersale.records.schemas import TicketRecord, explain
from aftersale.services.ingest.reports import PROGRESS
from aftersale.services.tickets import lifecycle

from .line_numbers import Numbers, known
from .moments import Dated
from .plan import Planned
from .reading.tables import Problem, Table
from .reading.tickets import TicketDraft, ticket_of
from .staging import table_row

_STORED = (
    "pk",
    "ticket_no",
    "order_no",
    "line_no",
    "requested_type",
    "amount",
    "reason",
    "note",
    "applied_at",
    "status",
    "due_at",
    "updated_at",
    "return_carrier",
    "return_tracking_no",
    "return_shipped_at",
)
_LAST = len(PROGRESS)
# (line number, product, title)
_Lines = Mapping[str, Sequence[tuple[int, str, str]]]


class TicketPlans:
    """Plans a batch of requests; `numbers` gathers lines that got a number before their order,
    `coming` has orders of the same files that are not written yet."""

    def __init__(
        self, file_import: FileImport, tables: Sequence[Table], dates: Sequence[Dated]
    ) -> None:
        self.file_import, self.shop = file_import, file_import.shop
        self.zone = ZoneInfo(self.shop.timezone)
        self.tables, self.dates = tables, dates
        self.numbers: Numbers = {}
        self.coming: frozenset[str] = frozenset()

    def plan(self, rows: Sequence[ImportRow]) -> list[Planned]:
        drafts = [ticket_of(self.tables[row.table], table_row(row), self.zone) for row in rows]
        order_nos = {draft.values["order_no"] for draft in drafts}
        numbers = known(self.shop.pk, order_nos)
        lines = _lines_of(self.shop.pk, order_nos)
        stored = {
            one["ticket_no"]: one
            for one in Ticket.objects.filter(
                shop=self.shop.pk, ticket_no__in=[draft.ticket_no for draft in drafts]
            ).values(*_STORED)
        }
        self.numbers = {}
        self.coming = _coming(self.file_import, order_nos - lines.keys())
        planned = [
            self._one(row, draft, stored.get(draft.ticket_no), numbers, lines)
            for row, draft in zip(rows, drafts, strict=True)
        ]
        _refuse_going_back(planned, stored)
        return planned

    def _one(
        self,
        row: ImportRow,
        draft: TicketDraft,
        stored: Mapping[str, Any] | None,
        numbers: Numbers,
        lines: _Lines,
    ) -> Planned:
        planned = Planned("ticket", draft.ticket_no, [row], RowOutcome.REFUSED)
        planned.buyer = draft.buyer
        planned.status_there, planned.type_there = draft.status_there, draft.type_there
        if draft.left_out:
            planned.outcome = RowOutcome.LEFT_OUT
            planned.notes = {row.pk: _("“%s” is no request for a refund") % draft.left_out}
            return planned
        if draft.problems:
            return planned.refuse(draft.problems)
        dated = planned.dated = self.dates[row.table]
        line_no = self._line(draft, numbers, lines)
        if line_no is None and stored and stored["order_no"] == draft.values["order_no"]:
            line_no = stored["line_no"]
        record = _record(draft, stored, line_no, dated.updated_at)
        if not isinstance(record, TicketRecord):
            return planned.refuse(record)
        order_no = draft.values["order_no"]
        _say(planned, draft, row, has_order=order_no in lines or order_no in self.coming)
        if stored is None:
            planned.outcome, planned.record = RowOutcome.NEW, record
            return planned
        same = _same(record, stored)
        newer = dated.updated_at > stored["updated_at"]
        if same and not (newer and dated.is_certain):
            planned.outcome = RowOutcome.UNCHANGED
        elif dated.updated_at < stored["updated_at"]:
            planned.outcome = RowOutcome.OLDER
        else:
            planned.outcome = RowOutcome.UNCHANGED if same else RowOutcome.CHANGED
            planned.record = record
            if record.status and record.status != stored["status"]:
                labels = [
                    TicketStatus(status).label for status in (stored["status"], record.status)
                ]
                planned.notes[row.pk] = joined(" → ", labels)
        return planned

    def _line(self, draft: TicketDraft, numbers: Numbers, lines: _Lines) -> int | None:
        order_no = draft.values["order_no"]
        if draft.line_key:
            own = numbers.get(order_no, {}) | self.numbers.get(order_no, {})
            found = own.get(draft.line_key)
            if found is None and order_no not in lines:
                # Its order comes later, and gives its lines the same numbers.
                found = max(own.values(), default=0) + 1
                self.numbers.setdefault(order_no, {})[draft.line_key] = found
            return found
        there = lines.get(order_no, ())
        if draft.line_product:
            fits = [no for no, product, _title in there if product == draft.line_product]
        elif draft.line_title:
            fits = [no for no, _product, title in there if title.startswith(draft.line_title)]
        else:
            return None
        return fits[0] if len(fits) == 1 else None


def _lines_of(shop_id: int, order_nos: set[str]) -> dict[str, list[tuple[int, str, str]]]:
    found: dict[str, list[tuple[int, str, str]]] = {}
    rows = OrderLine.objects.filter(order__shop=shop_id, order__order_no__in=order_nos)
    for order_no, *line in rows.values_list("order__order_no", "line_no", "product", "title"):
        found.setdefault(order_no, []).append(tuple(line))  # type: ignore[arg-type]
    return found


def _coming(file_import: FileImport, order_nos: set[str]) -> frozenset[str]:
    """Those of the orders that the same files bring, before the requests about them."""
    if not order_nos:
        return frozenset()
    rows = ImportRow.objects.filter(file_import=file_import, of_order=True, key__in=order_nos)
    wrong = (RowOutcome.REFUSED, RowOutcome.LEFT_OUT)
    return frozenset(rows.exclude(outcome__in=wrong).values_list("key", flat=True))


def _say(planned: Planned, draft: TicketDraft, row: ImportRow, *, has_order: bool) -> None:
    if draft.status_there or draft.type_there:
        word = draft.status_there or draft.type_there
        planned.notes[row.pk] = _("“%s” is not known here: the ticket is for people") % word
    elif not has_order:
        planned.notes[row.pk] = _("its order is in no file yet: the ticket waits for it")


def _record(
    draft: TicketDraft, stored: Mapping[str, Any] | None, line_no: int | None, updated_at: datetime
) -> TicketRecord | list[Problem]:
    values = dict(draft.values)
    for name in ("reason", "note"):
        values.setdefault(name, stored[name] if stored else "")
    for name in ("applied_at", "due_at"):
        values[name] = _iso(values[name])
    if shipment := values.get("return_shipment"):
        values["return_shipment"] = {**shipment, "shipped_at": _iso(shipment["shipped_at"])}
    if result := values.get("refund_result"):
        values["refund_result"] = {**result, "at": _iso(result["at"])}
    given = {
        **values,
        "shop": "shop",
        "ticket_no": draft.ticket_no,
        "line_no": line_no,
        "amount": plain_yuan(values["amount"]),
        "updated_at": _iso(updated_at),
    }
    try:
        return TicketRecord.model_validate(given)
    except ValidationError as error:
        return [Problem(one.pointer, one.message) for one in explain(error)]


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _same(record: TicketRecord, stored: Mapping[str, Any]) -> bool:
    names = ("order_no", "line_no", "amount", "reason", "note", "applied_at")
    shipment = record.return_shipment
    return (
        all(getattr(record, name) == stored[name] for name in names)
        and record.type == stored["requested_type"]
        and (record.status or stored["status"]) == stored["status"]
        and record.due_at in (None, stored["due_at"])
        and (
            shipment is None
            or (shipment.carrier, shipment.tracking_no, shipment.shipped_at)
            == (
                stored["return_carrier"],
                stored["return_tracking_no"],
                stored["return_shipped_at"],
            )
        )
    )


def _refuse_going_back(planned: Sequence[Planned], stored: Mapping[str, Mapping[str, Any]]) -> None:
    """A file that does not say when it was exported may be older than what is stored. What the
    platform said last stays; a step made here that the file does not know yet is no reason."""
    back = [
        one
        for one in planned
        if one.record is not None
        and one.dated is not None
        and not one.dated.is_certain
        and one.number in stored
        and _goes_back(stored[one.number]["status"], one.record.status)
    ]
    if not back:
        return
    last = _last_actors([stored[one.number]["pk"] for one in back])
    for one in back:
        before = stored[one.number]
        if last.get(before["pk"], Actor.PLATFORM) == Actor.PLATFORM:
            message = _(
                "the ticket would go back from “%(stored)s” to “%(file)s”: the file may be older"
                " than what is stored"
            ) % {
                "stored": TicketStatus(before["status"]).label,
                "file": TicketStatus(one.record.status).label,
            }
            one.refuse([Problem("", message)])


def _goes_back(stored: str, reported: str | None) -> bool:
    if reported is None or stored == reported:
        return False
    if lifecycle.allowed(stored, reported, Actor.PLATFORM):
        return False
    return _rank(reported) < _rank(stored)


def _rank(status: str) -> int:
    return PROGRESS.get(TicketStatus(status), _LAST)


def _last_actors(pks: Sequence[int]) -> dict[int, str]:
    events = TicketEvent.objects.filter(ticket__in=pks, kind=TicketEventKind.STATUS)
    return dict(events.order_by("ticket", "pk").values_list("ticket", "actor"))
