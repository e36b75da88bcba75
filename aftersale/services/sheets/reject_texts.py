"""A shop's own reject texts as a sheet (SPEC P2); an empty text goes back to the default."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aftersale.models import Shop
from aftersale.reject_reasons import BY_CODE, REASONS
from aftersale.services.access.rights import Right
from aftersale.services.desk import reject_templates
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.sheets.read_file import SheetRow
from aftersale.services.sheets.write_file import Cell

from .kinds import Column, RowResult, SheetKind, row_by_row


def _export(shop: Shop) -> Iterator[dict[str, Cell]]:
    own = reject_templates.own_texts(shop)
    for reason in REASONS:
        yield {
            "reason": reason.code,
            "label": str(reason.label),
            "text": own.get(reason.code, ""),
            "default": str(reason.text),
        }


def _write(shop: Shop, rows: Sequence[SheetRow], user: User, now: datetime) -> list[RowResult]:
    def save(row: SheetRow) -> RowResult:
        code, text = row.cells["reason"], row.cells["text"]
        known = BY_CODE.get(code)
        if known is None:
            raise Refused(
                gettext("expected one of %(choices)s") % {"choices": ", ".join(BY_CODE)},
                pointer="reason",
            )
        before = reject_templates.own_texts(shop).get(code, "")
        if text:
            reject_templates.save(shop_id=shop.pk, reason=code, text=text, user=user, now=now)
        else:
            reject_templates.reset(shop_id=shop.pk, reason=code, user=user, now=now)
        after = reject_templates.own_texts(shop).get(code, "")
        if before == after:
            return RowResult(row.line, str(known.label), Outcome.UNCHANGED)
        default = gettext("(default text)")
        change = f"{before or default} → {after or default}"
        outcome = Outcome.CHANGED if before else Outcome.NEW
        return RowResult(row.line, str(known.label), outcome, [change])

    return row_by_row(rows, save, name="reason")


KIND = SheetKind(
    code="reject-texts",
    label=_("Reject texts"),
    about=_("The shop's own texts; one that is empty goes back to the default."),
    right=Right.EDIT_TEMPLATES,
    columns=[
        Column("reason", _("Reason code")),
        Column("label", _("What it stands for"), _("Only to read")),
        Column("text", _("Own text"), _("Empty: the default text")),
        Column("default", _("Default text"), _("Only to read")),
    ],
    needed=["reason", "text"],
    export=_export,
    write=_write,
)
