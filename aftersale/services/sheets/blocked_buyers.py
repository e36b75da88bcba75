"""The block list as a sheet (SPEC G1). Rows are added; nobody is taken off by a file."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from aftersale.models import BlockedBuyer, Shop
from aftersale.records.errors import FieldError
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.sheets.read_file import SheetRow
from aftersale.services.sheets.write_file import Cell
from aftersale.services.shops import shops

from .kinds import Column, RowResult, SheetKind, unread


def _export(shop: Shop) -> Iterator[dict[str, Cell]]:
    found = BlockedBuyer.objects.filter(shop=shop).order_by("buyer")
    return ({"buyer": row.buyer, "note": row.note} for row in found)


def _write(shop: Shop, rows: Sequence[SheetRow], user: User, now: datetime) -> list[RowResult]:
    results: list[RowResult] = []
    notes: dict[str, str] = {}
    first: dict[str, int] = {}
    for place, row in enumerate(rows):
        if row.errors:
            results.append(unread(row, name="buyer"))
            continue
        buyer, note = row.cells["buyer"], row.cells.get("note", "")
        try:
            buyer = shops.checked_buyer(buyer, note)
        except Refused as refused:
            errors = [FieldError(refused.pointer, refused.message)]
            results.append(RowResult(row.line, buyer, Outcome.REFUSED, (), errors))
            continue
        notes.setdefault(buyer, note)
        first.setdefault(buyer, place)
        results.append(RowResult(row.line, buyer, Outcome.UNCHANGED))
    for buyer in shops.block_buyers(shop_id=shop.pk, notes=notes, user=user, now=now):
        place = first[buyer]
        results[place] = results[place]._replace(outcome=Outcome.NEW)
    return results


KIND = SheetKind(
    code="blocked-buyers",
    label=_("Block list"),
    about=_("Buyers whom no strategy refunds. A file adds buyers; it takes nobody off."),
    right=Right.CHANGE_STRATEGIES,
    columns=[Column("buyer", _("Buyer")), Column("note", _("Why"), _("May be empty"))],
    needed=["buyer"],
    export=_export,
    write=_write,
)
