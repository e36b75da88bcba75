"""Orders of a file beside what is stored of them (SPEC O6, O11)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from aftersale.domain.identifiers import UNNAMED
from aftersale.domain.money import format_yuan, plain_yuan
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import SEMICOLON
from aftersale.models import (
    CommissionSplit,
    FileImport,
    ImportRow,
    Order,
    OrderLine,
    OrderStatus,
    RowOutcome,
    Ticket,
)
from aftersale.records.schemas import LineRecord, OrderRecord, explain

from .line_numbers import Numbers, known
from .moments import Dated
from .plan import Planned
from .reading.orders import UNKNOWN_PRODUCT, LineDraft, OrderDraft, fill_paid, order_of
from .reading.tables import Problem, Table
from .staging import table_row

_TIMES = ("created_at", "paid_at", "label_printed_at", "shipped_at", "delivered_at", "completed_at")
_ALONG = [status.value for status in OrderStatus]
_LONGEST_NUMBER = 64
_STORED = (
    "pk",
    "order_no",
    "type",
    "status",
    "buyer",
    *_TIMES,
    "updated_at",
    "paid_amount",
    "refunded_amount",
    "refunded_reported",
    "labels",
)


@dataclass
class _Stored:
    values: dict[str, Any]
    lines: dict[int, LineRecord]
    splits: list[dict[str, Any]]


class OrderPlans:
    """Plans a batch of orders; `numbers` gathers the lines that got a number."""

    def __init__(
        self, file_import: FileImport, tables: Sequence[Table], dates: Sequence[Dated]
    ) -> None:
        self.shop = file_import.shop
        self.zone = ZoneInfo(self.shop.timezone)
        self.tables, self.dates = tables, dates
        self.numbers: Numbers = {}
        # Tables that say the same columns, by the first of them.
        alike: dict[str, int] = {}
        self.alike = [
            alike.setdefault(f"{table.layout.code} {table.fields}", place)
            for place, table in enumerate(tables)
        ]

    def plan(self, rows: Sequence[ImportRow]) -> list[Planned]:
        by_key = [list(group) for _key, group in groupby(rows, key=lambda row: row.key)]
        keys = [group[0].key for group in by_key]
        stored = _stored(self.shop.pk, keys)
        numbers = known(self.shop.pk, keys)
        named = _buyers_of_waiting(self.shop.pk, keys)
        self.numbers = {}
        return [self._one(group, stored.get(group[0].key), numbers, named) for group in by_key]

    def _one(
        self,
        rows: Sequence[ImportRow],
        stored: _Stored | None,
        numbers: Numbers,
        named: Mapping[str, str],
    ) -> Planned:
        drafts = self._drafts(rows)
        planned = Planned("order", drafts[0][0].order_no, rows, RowOutcome.REFUSED)
        if problems := [problem for draft, _dated in drafts for problem in draft.problems]:
            return planned.refuse(problems)
        draft, dated = self._whole(drafts, stored)
        if draft is None:
            message = _("its order is in no file yet: bring the file of the orders along")
            return planned.refuse([Problem("", message)])
        planned.dated = dated
        if stored is not None and _goes_back(draft, stored):
            return planned.refuse([_back(draft, stored)])
        values = self._values(draft, stored, numbers, named)
        return _decide(planned, values, stored, dated, has_refunded="refunded" in draft.values)

    def _drafts(self, rows: Sequence[ImportRow]) -> list[tuple[OrderDraft, Dated]]:
        """Rows of tables that say the same columns are one order; others each a version of it."""
        groups: dict[int, list[ImportRow]] = {}
        for row in rows:
            groups.setdefault(self.alike[row.table], []).append(row)
        drafts = []
        for group in groups.values():
            table = self.tables[group[0].table]
            draft = order_of(table, [table_row(row) for row in group], self.zone)
            drafts.append((draft, min(self.dates[row.table] for row in group)))
        return drafts

    def _whole(
        self, drafts: Sequence[tuple[OrderDraft, Dated]], stored: _Stored | None
    ) -> tuple[OrderDraft | None, Dated]:
        """The latest version of the order, with the lines of a second file."""
        orders = [one for one in drafts if not one[0].only_lines]
        lines = [one for one in drafts if one[0].only_lines]
        if not orders:
            if stored is None:
                return None, lines[0][1]
            draft, dated = lines[-1]
            draft.sums_lines = False
            draft.values = {"status": stored.values["status"]}
            draft.values["paid"] = stored.values["paid_amount"]
            # It says nothing new of the order: the order's own version stays.
            dated = dated._replace(updated_at=max(dated.updated_at, stored.values["updated_at"]))
            fill_paid(draft.lines, stored.values["paid_amount"])
            return draft, dated
        draft, dated = max(orders, key=lambda one: one[1].updated_at)
        if lines and not draft.lines_known:
            draft.lines, draft.lines_known = lines[-1][0].lines, True
            fill_paid(draft.lines, draft.values["paid"])
        return draft, dated

    def _values(
        self,
        draft: OrderDraft,
        stored: _Stored | None,
        numbers: Numbers,
        named: Mapping[str, str],
    ) -> dict[str, Any]:
        """The record's values: what the file says over what is stored."""
        values: dict[str, Any] = dict(stored.values) if stored else {}
        for name in _TIMES:
            if name in draft.values:
                values[name] = draft.values[name]
        values["status"] = draft.values["status"]
        values["paid_amount"] = draft.values["paid"]
        values["buyer"] = (
            draft.values.get("buyer")
            or values.get("buyer")
            or named.get(draft.order_no)
            or f"{UNNAMED}{draft.order_no}"[:_LONGEST_NUMBER]
        )
        if "refunded" in draft.values:
            values["refunded_amount"] = draft.values["refunded"]
        elif values.get("refunded_reported") is not None:
            values["refunded_amount"] = values["refunded_reported"]
        values["order_no"] = draft.order_no
        lines, dropped = self._lines(draft, stored, numbers)
        if draft.sums_lines and stored is not None:
            # The file may hold some of the order's lines only.
            others = [line for line_no, line in stored.lines.items() if line_no not in lines]
            values["paid_amount"] += sum(
                line.paid_amount for line in others if line.line_no not in dropped
            )
        kept = stored.lines if stored else {}
        merged = {**{no: line for no, line in kept.items() if no not in dropped}, **lines}
        values["lines"] = [merged[line_no] for line_no in sorted(merged)]
        values["commission_splits"] = stored.splits if stored else []
        return values

    def _lines(
        self, draft: OrderDraft, stored: _Stored | None, numbers: Numbers
    ) -> tuple[dict[int, LineRecord], set[int]]:
        """The file's lines by number, and the stored ones that they stand for."""
        kept = dict(stored.lines) if stored else {}
        stand_ins = {no for no, line in kept.items() if line.product == UNKNOWN_PRODUCT}
        if not draft.lines_known and kept.keys() - stand_ins:
            return {}, set()
        dropped = stand_ins if draft.lines_known and stand_ins else set()
        taken: set[int] = set()
        found: dict[int, LineRecord] = {}
        own = numbers.get(draft.order_no, {})
        free = max([*kept, *own.values()], default=0) + 1
        for line in draft.lines:
            line_no = self._number(draft, line, kept, own, taken | dropped)
            if line_no is None:
                line_no, free = free, free + 1
            taken.add(line_no)
            for key in line.keys:
                if own.get(key) != line_no:
                    self.numbers.setdefault(draft.order_no, {})[key] = line_no
            before = kept.get(line_no)
            found[line_no] = LineRecord.model_construct(
                line_no=line_no,
                product=line.product,
                category=before.category if before and before.product == line.product else "",
                title=line.title,
                quantity=line.quantity,
                paid_amount=line.paid or 0,
                virtual=before.virtual if before else False,
            )
        return found, dropped

    def _number(
        self,
        draft: OrderDraft,
        line: LineDraft,
        kept: Mapping[int, LineRecord],
        own: Mapping[str, int],
        taken: set[int],
    ) -> int | None:
        for key in line.keys:
            line_no = own.get(key)
            if line_no is not None and line_no not in taken:
                return line_no
        alike = [no for no, one in kept.items() if one.product == line.product and no not in taken]
        alone = len(draft.lines) == len(kept) == 1
        return alike[0] if len(alike) == 1 and (alone or not draft.sums_lines) else None


def _goes_back(draft: OrderDraft, stored: _Stored) -> bool:
    return _ALONG.index(draft.values["status"]) < _ALONG.index(stored.values["status"])


def _back(draft: OrderDraft, stored: _Stored) -> Problem:
    message = _(
        "the order would go back from “%(stored)s” to “%(file)s”: the file is older than what is"
        " stored"
    ) % {
        "stored": OrderStatus(stored.values["status"]).label,
        "file": OrderStatus(draft.values["status"]).label,
    }
    return Problem("", message)


def _decide(
    planned: Planned,
    values: dict[str, Any],
    stored: _Stored | None,
    dated: Dated,
    *,
    has_refunded: bool,
) -> Planned:
    planned.own_included = has_refunded or (
        stored is not None and stored.values["refunded_reported"] is not None
    )
    record = _record(values, dated.updated_at)
    if not isinstance(record, OrderRecord):
        return planned.refuse(record)
    if stored is None:
        planned.outcome, planned.record = RowOutcome.NEW, record
        return planned
    same = _same(values, stored)
    newer = dated.updated_at > stored.values["updated_at"]
    if same and not (newer and dated.is_certain):
        planned.outcome = RowOutcome.UNCHANGED
    elif dated.updated_at < stored.values["updated_at"]:
        planned.outcome = RowOutcome.OLDER
    else:
        planned.outcome = RowOutcome.UNCHANGED if same else RowOutcome.CHANGED
        planned.record = record
        if not same:
            planned.notes = {planned.rows[0].pk: _changes(values, stored)}
    return planned


def _changes(values: Mapping[str, Any], stored: _Stored) -> str:
    """The changes that people notice, before and after."""
    before = stored.values
    told: list[str] = []
    if values["status"] != before["status"]:
        was, now = OrderStatus(before["status"]).label, OrderStatus(values["status"]).label
        told.append(joined(" → ", [was, now]))
    if values["paid_amount"] != before["paid_amount"]:
        paid = {
            "was": format_yuan(before["paid_amount"]),
            "now": format_yuan(values["paid_amount"]),
        }
        told.append(_("paid %(was)s → %(now)s") % paid)
    if values["buyer"] != before["buyer"]:
        told.append(_("buyer %s") % values["buyer"])
    return joined(SEMICOLON, told)


def _same(values: Mapping[str, Any], stored: _Stored) -> bool:
    names = ("status", "buyer", "paid_amount", *_TIMES)
    if any(values.get(name) != stored.values[name] for name in names):
        return False
    reported = stored.values["refunded_reported"]
    told = stored.values["refunded_amount"] if reported is None else reported
    return values.get("refunded_amount", 0) == told and values["lines"] == [
        stored.lines[line_no] for line_no in sorted(stored.lines)
    ]


def _record(values: Mapping[str, Any], updated_at: datetime) -> OrderRecord | list[Problem]:
    given: dict[str, Any] = {
        "shop": "shop",
        "order_no": values["order_no"],
        "type": values.get("type", "ordinary"),
        "status": values["status"],
        "buyer": values["buyer"],
        **{name: _iso(values.get(name)) for name in _TIMES},
        "updated_at": _iso(updated_at),
        "paid_amount": plain_yuan(values["paid_amount"]),
        "refunded_amount": plain_yuan(values.get("refunded_amount", 0)),
        "labels": list(values.get("labels", [])),
        "lines": [
            {**line.model_dump(), "paid_amount": plain_yuan(line.paid_amount)}
            for line in values["lines"]
        ],
        "commission_splits": values["commission_splits"],
    }
    try:
        return OrderRecord.model_validate(given)
    except ValidationError as error:
        return [Problem(one.pointer, one.message) for one in explain(error)]


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _stored(shop_id: int, numbers: Iterable[str]) -> dict[str, _Stored]:
    found: dict[int, _Stored] = {}
    for row in Order.objects.filter(shop=shop_id, order_no__in=list(numbers)).values(*_STORED):
        found[row["pk"]] = _Stored(row, {}, [])
    lines = OrderLine.objects.filter(order__in=list(found)).values_list(
        "order", "line_no", "product", "category", "title", "quantity", "paid_amount", "virtual"
    )
    for pk, line_no, product, category, title, quantity, paid, virtual in lines:
        found[pk].lines[line_no] = LineRecord.model_construct(
            line_no=line_no,
            product=product,
            category=category,
            title=title,
            quantity=quantity,
            paid_amount=paid,
            virtual=virtual,
        )
    splits = CommissionSplit.objects.filter(order__in=list(found)).order_by("position")
    for split in splits:
        found[split.order_id].splits.append(
            {
                "beneficiary": split.beneficiary,
                "account": split.account,
                "amount": plain_yuan(split.amount),
            }
        )
    return {one.values["order_no"]: one for one in found.values()}


def _buyers_of_waiting(shop_id: int, numbers: Iterable[str]) -> dict[str, str]:
    """Buyers whom the after-sale file named before their order came."""
    rows = Ticket.objects.filter(shop=shop_id, order=None, order_no__in=list(numbers))
    return dict(rows.exclude(buyer="").values_list("order_no", "buyer"))
