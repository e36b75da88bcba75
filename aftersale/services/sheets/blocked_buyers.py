"""The block list as a sheet (SPEC G1). Rows are added; nobody is taken off by a file."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from aftersale.models import BlockedBuyer, Shop
from aftersale.services import shops
from aftersale.services.outcomes import Outcome
from aftersale.services.rights import Right
from aftersale.sheets.reading import SheetRow
from aftersale.sheets.writing import Cell

from .kinds import Column, RowResult, SheetKind, row_by_row


def _export(shop: Shop) -> Iterator[dict[str, Cell]]:
    found = BlockedBuyer.objects.filter(shop=shop).order_by("buyer")
    return ({"buyer": row.buyer, "note": row.note} for row in found)


def _write(shop: Shop, rows: Sequence[SheetRow], user: User, now: datetime) -> list[RowResult]:
    def block(row: SheetRow) -> RowResult:
        buyer = row.cells["buyer"]
        added = shops.block_buyer(
            shop_id=shop.pk, buyer=buyer, note=row.cells.get("note", ""), user=user, now=now
        )
        return RowResult(row.line, buyer, Outcome.NEW if added else Outcome.UNCHANGED)

    return row_by_row(rows, block, name="buyer")


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
