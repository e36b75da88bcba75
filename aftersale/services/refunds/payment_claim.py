"""The payment that a result claims to be about (SPEC G5).

A result is the word of a payer or person about money that left elsewhere. It counts only for the
ticket, attempt and amount that it names.
"""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from aftersale.domain.money import format_yuan
from aftersale.models import Refund, Ticket
from aftersale.services.refunds import attempts
from aftersale.services.shared.errors import OtherPayment


@dataclass(frozen=True, slots=True)
class PaymentClaim:
    """Fields that are None were not given and are not compared. `amount` is in fen."""

    ticket_no: str | None = None
    attempt: int | None = None
    amount: int | None = None

    def require(self, ticket: Ticket, refund: Refund) -> None:
        """Raises OtherPayment where it is about another payment than this locked refund's."""
        if self.ticket_no is not None and self.ticket_no != ticket.ticket_no:
            raise OtherPayment(
                _("This refund is of ticket %(ours)s, not of %(said)s: nothing was recorded.")
                % {"ours": ticket.ticket_no, "said": self.ticket_no},
                pointer="ticket_no",
            )
        number = attempts.number_of(refund)
        if self.attempt is not None and self.attempt != number:
            raise OtherPayment(
                _(
                    "The refund of ticket %(ticket)s is at attempt %(ours)d, and the result is of"
                    " attempt %(said)d: nothing was recorded."
                )
                % {"ticket": ticket.ticket_no, "ours": number, "said": self.attempt},
                pointer="attempt",
            )
        if self.amount is not None and self.amount != refund.amount:
            raise OtherPayment(
                _(
                    "The refund of ticket %(ticket)s is of %(ours)s, and the result is of"
                    " %(said)s: nothing was recorded."
                )
                % {
                    "ticket": ticket.ticket_no,
                    "ours": format_yuan(refund.amount),
                    "said": format_yuan(self.amount),
                },
                pointer="amount",
            )

    def as_text(self) -> str:
        """For a page that shows the payment, and sends it back with the result."""
        return f"{self.attempt}-{self.amount}"


def claim_of(refund: Refund) -> PaymentClaim:
    return PaymentClaim(attempt=attempts.number_of(refund), amount=refund.amount)


def read_claim(text: str) -> PaymentClaim:
    """The claim that `as_text` wrote. An empty text compares nothing; an unreadable one matches
    nothing."""
    if not text:
        return ANY_PAYMENT
    found = re.fullmatch(r"(\d{1,9})-(\d{1,15})", text, re.ASCII)
    return PaymentClaim(None, int(found[1]), int(found[2])) if found else PaymentClaim(attempt=0)


ANY_PAYMENT = PaymentClaim()
