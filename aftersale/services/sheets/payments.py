"""Refunds paid by hand, recorded from the list of a bank (SPEC O4, G4): the export has those that
wait, the import the ones that were paid, each with its reference."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aftersale.domain.identifiers import clean_identifier
from aftersale.domain.money import NotYuan, format_yuan, parse_yuan, plain_yuan
from aftersale.models import Refund, RefundStatus, Shop, Ticket, TicketFlag
from aftersale.services.access.rights import Right
from aftersale.services.refunds import refund_results
from aftersale.services.refunds.by_hand import TO_PAY
from aftersale.services.refunds.payment_claim import claim_of
from aftersale.services.shared import locks
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.sheets.read_file import SheetRow
from aftersale.services.sheets.write_file import Cell
from aftersale.services.tickets import waiting_approvals

from .kinds import Column, RowResult, SheetKind, row_by_row

# So many orders are held until all of them are written.
MOST = 200


def _export(shop: Shop) -> Iterator[dict[str, Cell]]:
    waiting = Refund.objects.filter(TO_PAY, shop=shop).select_related("ticket", "order")
    # Recorded as paid already, and not confirmed yet: listed again, it would be paid twice.
    waiting = waiting.exclude(ticket__flags__contains=[TicketFlag.SECOND_PERSON])
    for refund in waiting.order_by("requested_at"):
        yield {
            "ticket": refund.ticket.ticket_no,
            "amount": plain_yuan(refund.amount),
            "reference": "",
            "order": refund.order.order_no,
            "buyer": refund.order.buyer,
        }


def _write(shop: Shop, rows: Sequence[SheetRow], user: User, now: datetime) -> list[RowResult]:
    if len(rows) > MOST:
        raise Refused(gettext("At most %d payments at once.") % MOST, pointer="file")
    named = [clean_identifier(row.cells.get("ticket", "")) for row in rows]
    locks.lock_orders_of(Ticket.objects.filter(shop=shop, ticket_no__in=named))

    def record(row: SheetRow) -> RowResult:
        number = clean_identifier(row.cells["ticket"])
        refund = Refund.objects.filter(TO_PAY, shop=shop, ticket__ticket_no=number).first()
        if refund is None:
            raise Refused(
                gettext("no refund of this ticket waits to be paid by hand"), pointer="ticket"
            )
        _require_amount(refund, row.cells["amount"])
        payment = claim_of(refund)
        reference = row.cells.get("reference", "")
        ticket = refund_results.record_result(
            refund_id=refund.pk,
            succeeded=True,
            reason="",
            reference=reference,
            claim=payment,
            user=user,
            now=now,
        )
        if waiting_approvals.is_waiting(ticket):
            said = gettext("It is above what you approve alone: a second person is asked.")
        else:
            states = RefundStatus.REQUESTED.label, RefundStatus.SUCCEEDED.label
            said = " → ".join(map(str, states))
        changes = [said, *filter(None, [reference])]
        # The payment of the preview, and no later one of the same refund (SPEC G5).
        return RowResult(row.line, number, Outcome.CHANGED, changes, about=payment.as_text())

    return row_by_row(rows, record, name="ticket")


def _require_amount(refund: Refund, text: str) -> None:
    """Of part of it, or more, nothing is recorded: that is for a person at the case."""
    try:
        paid = parse_yuan(text)
    except NotYuan:
        paid = None
    if paid != refund.amount:
        raise Refused(
            gettext("expected %(amount)s, found “%(found)s”")
            % {"amount": format_yuan(refund.amount), "found": text[:32]},
            pointer="amount",
        )


KIND = SheetKind(
    code="payments",
    label=_("Payments by hand"),
    about=_(
        "Refunds that wait to be paid by hand. Export them, pay them at the bank, and bring the"
        " list back with the rows that were paid: nothing else is recorded."
    ),
    right=Right.HANDLE_TICKETS,
    columns=[
        Column("ticket", _("Ticket number")),
        Column("amount", _("Amount in yuan"), _("As it was paid; it must be the whole refund")),
        Column("reference", _("Payment reference"), _("The bank's number; may be empty")),
        Column("order", _("Order number"), _("Only to read")),
        Column("buyer", _("Buyer"), _("Only to read")),
    ],
    needed=["ticket", "amount"],
    export=_export,
    write=_write,
)
