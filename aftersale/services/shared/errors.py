"""The errors that services refuse with. Every text is for the person at the screen."""

from typing import ClassVar

from django.db.models import Choices

from aftersale.domain.multilingual import said as _


class Refused(Exception):
    """Something was asked for that the rules do not allow; nothing has been written.

    `pointer` names the field that is wrong, where one is. `code` is the kind of refusal that
    programs tell apart (docs/integration.md); it never changes.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, message: str, *, pointer: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer


class NotAllowed(Refused):
    """The person's role in the shop does not allow it (SPEC P1)."""

    code = "not_allowed"


class NeedsPerson(NotAllowed):
    """A dangerous step, which no token takes (SPEC P5)."""

    code = "needs_person"


class NotFound(Refused):
    """There is no such thing, or none that this person may know of."""

    code = "not_found"


class WrongStep(Refused):
    """SPEC O4 has no such step for this actor; names both states.

    Where the states are no ticket's, `message` says it.
    """

    code = "wrong_step"

    def __init__(
        self, ticket_no: str, from_state: Choices, to_state: Choices, message: str = ""
    ) -> None:
        super().__init__(
            message
            or _("Ticket %(ticket)s can't go from “%(from)s” to “%(to)s”.")
            % {"ticket": ticket_no, "from": from_state.label, "to": to_state.label}
        )
        self.from_state, self.to_state = from_state.value, to_state.value


class OverRefundable(Refused):
    """The amount exceeds what may still be refunded of the order (SPEC O2)."""

    code = "over_refundable"


class OverLine(Refused):
    """The amount exceeds what is left of the ticket's line; a person may go on (SPEC O2)."""

    code = "over_line"


class OtherReasons(Refused):
    """The ticket's platform takes other reasons for a rejection than the one chosen (SPEC P2)."""

    code = "other_reasons"


class NotOffered(Refused):
    """The shop's platform does not take this from here, or not for the ticket as it stands."""

    code = "not_offered"


class FreightUnanswered(Refused):
    """The platform wants an answer to the return freight before the receipt of the goods."""

    code = "return_freight_unanswered"


class Stale(Refused):
    """The facts that the person saw have changed meanwhile; nothing was written (SPEC T5, O10)."""

    code = "stale"


class NotKept(Refused):
    """A file can't be kept just now: the disk is full or takes no changes."""

    code = "no_storage"


class OtherPayment(Refused):
    """A result names another ticket, attempt or amount than its refund has (SPEC G5)."""

    code = "other_payment"


class WaitsForSecondPerson(Refused):
    """A second person has yet to settle what was asked for on the ticket (SPEC G4)."""

    code = "second_person"
