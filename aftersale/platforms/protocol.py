"""The interface of a platform in Afterdesk's own words; each platform's codes stay in its folder.

A platform object speaks for one shop. It does no more than call: it writes nothing to the
database, keeps no state between calls but connections, and is never called within a transaction.
Every call gives up after CALL_TIMEOUT_SECONDS (aftersale.platforms.payments).

What a call may raise, besides answering:

- `payments.TimedOut`: it may or may not have been carried out; also for a broken connection and
  for an answer that can't be read.
- `NotCarriedOut` and its kinds: it certainly was not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    NamedTuple,
    Protocol,
    TypeVar,
    runtime_checkable,
)

from pydantic import Field

from aftersale.platforms.capabilities import Can
from aftersale.platforms.known import Known
from aftersale.platforms.payments import Failed, Limit, NeverSeen, Paid, Pending
from aftersale.records.schemas import OrderRecord, TicketRecord

if TYPE_CHECKING:
    from aftersale.platforms.deadline import Deadline

T = TypeVar("T")


class Secret(NamedTuple):
    """A credential that an owner enters so that Afterdesk may call a platform; `label` and `help`
    in words."""

    name: str
    label: Any
    # True if nothing works without it.
    needed: bool
    help: Any = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A shop's access to its platform. `secrets` are the platform's own names and values: those
    that were entered, and those that `renewed` has brought."""

    shop_code: str
    secrets: Mapping[str, str] = field(repr=False)
    # Where the platform is reached; empty: where its documentation says.
    address: str = ""
    # Told of each call, whatever became of it.
    count: Callable[[], None] = field(default=lambda: None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Picture:
    """Evidence to be sent with a step."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class FreightAnswer:
    """The shop's answer to the freight of a return that the buyer asks for; `amount` in fen, as
    asked. Refused with a text and pictures."""

    amount: int
    pays: bool
    text: str = ""
    pictures: Sequence[Picture] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """The ticket as it stood when it was decided.

    `version` is the platform's update time of then: a platform with a version check is sent it,
    and of any other the ticket is fetched first and compared. `amount` in fen.
    """

    ticket_no: str
    order_no: str
    type: str
    amount: int
    version: datetime
    # Where goods are to be sent back, by the platform's number; empty: the shop's default there.
    address: str = ""
    # With the receipt of a return's goods.
    freight: FreightAnswer | None = None
    # The call that carries the step out is not sent after it: NotCarriedOut.
    deadline: "Deadline | None" = field(default=None, compare=False, repr=False)


class Why(Enum):
    """Why a platform did not take a step, where that is known."""

    CHANGED = "changed"  # the ticket has moved on there: fetch it
    NEGOTIATE_FIRST = "negotiate_first"
    PLATFORM_HANDLING = "platform_handling"
    NO_FUNDS = "no_funds"
    NOT_FOUND = "not_found"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform took the step. What becomes of it is what the next fetch says."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The platform did not take the step and never will as it was sent; `reason` for people."""

    why: Why
    reason: str


class Fact(NamedTuple):
    """Shown beside a record, and decided on by nobody: `name` is one of
    aftersale.domain.platform_facts, `value` a code of it, an amount in yuan or a text.
    Never a buyer's name, number, address or words."""

    name: str
    value: str
    at: datetime | None = None


class SeenOrder(OrderRecord):
    """An order as the platform has it now."""

    facts: tuple[Fact, ...] = Field(default=(), exclude=True)


@dataclass(frozen=True, slots=True)
class SeenTicket:
    """A ticket as the platform has it now."""

    record: TicketRecord
    # The platform pays this one by its own fast refund (SPEC F2): recorded, never sent.
    paid_by_fast_refund: bool = False
    # Status or type is not known here: the ticket is for people, and its facts have the platform's
    # own name for it (SPEC O4).
    unknown: bool = False
    facts: tuple[Fact, ...] = ()
    # The platform's number of the request, where that makes several tickets here.
    request: str = ""
    # Its order, where that was read for it.
    order: SeenOrder | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that can't be told in our words. People are shown it; the others go on.

    `reason` is for people, and has no buyer's data in it.
    """

    number: str
    reason: str
    # The platform's answer, shown to people without personal data (aftersale.platforms.unread).
    raw: Any = field(default=None, compare=False, repr=False)
    # The platform gave no answer about it, though it answers otherwise: it is asked again.
    for_now: bool = False
    # Not a record but a whole list, of which nothing was read from then on. It is asked for with
    # every round (Known.unread_since).
    unread_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderNow:
    """A whole order as the platform has it now: its own figures, and its tickets."""

    order: OrderRecord | Unreadable | None
    tickets: Sequence[SeenTicket | Unreadable]


@dataclass(frozen=True, slots=True)
class PlatformReason:
    """A reject reason that the platform takes for a ticket; `text` is its default explanation."""

    code: str
    label: str
    text: str = ""
    needs_text: bool = False
    needs_pictures: bool = False
    # The platform's words on when the reason is taken.
    hint: str = ""


# Before the code of a platform's own reason, to tell it from a reason of the catalogue.
OWN_REASON = "platform:"


def own_reason(reason: str) -> str | None:
    """The platform's code of a reason to reject that is its own; None: one of the catalogue."""
    return reason.removeprefix(OWN_REASON) if reason.startswith(OWN_REASON) else None


class Subject(Enum):
    ORDER = "order"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Changed:
    """A change named by a platform's message; `message_id` identifies repeated ones."""

    subject: Subject
    number: str
    message_id: str


class NotCarriedOut(Exception):
    """The call certainly changed nothing there; the text is for people."""

    # The other calls that wait with it.
    limit = Limit.SHOP


class Throttled(NotCarriedOut):
    """Too many calls; `after` is how many seconds to wait, `limit` what has to."""

    def __init__(self, message: str, after: float, limit: Limit = Limit.SHOP) -> None:
        super().__init__(message)
        self.after = after
        self.limit = limit


class NotAuthorised(NotCarriedOut):
    """The credentials are refused or have run out: people have to see to it."""


class WaitsForPush(NotAuthorised):
    """Nothing is wrong: the platform has still to push what the access needs."""


class RecordUnreadable(NotCarriedOut):
    """A single record can't be told in our words, and asking again does not change that: people
    are shown it, and everything else goes on (SPEC O6). No buyer's data in the text."""

    limit = Limit.ORDER

    def __init__(self, text: str, raw: Any = None) -> None:
        super().__init__(text)
        self.raw = raw


def readable(seen: T | Unreadable) -> T:
    if isinstance(seen, Unreadable):
        raise RecordUnreadable(seen.reason, seen.raw)
    return seen


class ForgedMessage(Exception):
    """A message whose signature is not the platform's; nothing of it may be believed."""


@runtime_checkable
class TakesEvidence(Protocol):
    """A platform that takes evidence in a dispute by a call."""

    def send_evidence(
        self, ticket_no: str, *, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined: ...


@runtime_checkable
class HasPictures(Protocol):
    """A platform that shows a buyer's pictures by a call, where others give addresses of them."""

    def picture(self, number: str) -> Picture | None:
        """A picture that a fact `picture` names."""


@runtime_checkable
class EvidenceExpires(Protocol):
    """A platform whose addresses of a buyer's pictures end soon: a ticket that is fetched anew has
    fresh ones, in the same order."""

    evidence_expires: bool


@runtime_checkable
class MakesSeveral(Protocol):
    """A platform some of whose requests are several tickets here."""

    def tickets_of(self, number: str) -> Sequence[SeenTicket]:
        """Those of a request, by its number there or a ticket's; none where the platform does not
        know it. Raises RecordUnreadable."""


@runtime_checkable
class TellsTime(Protocol):
    """A platform whose answers say what time it is there."""

    @property
    def answered_at(self) -> datetime | None:
        """By the platform's clock, when it gave its latest answer; None before the first."""


@runtime_checkable
class OrdersSeldom(Protocol):
    """A platform that wants a pause between two readings of its list of orders. Its tickets come
    with their orders meanwhile."""

    orders_every: timedelta


@runtime_checkable
class PushesSecrets(Protocol):
    """A platform that pushes what its access is renewed with."""

    def pushed_secrets(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Mapping[str, str] | None:
        """New secrets in a verified message; None: it is about something else. ForgedMessage."""


class Platform(Protocol):
    """One shop's platform. A message of its is answered with `reply`, where it has one; else
    "success"."""

    # The steps that people can take there from the desk.
    can: ClassVar[frozenset[Can]]

    def test(self) -> str:
        """Checks the credentials by a call that changes nothing; returns the shop's name there."""

    def renewed(self, *, now: datetime, refused: bool = False) -> Mapping[str, str] | None:
        """New secrets where those at hand run out soon, or are `refused` before; else None."""

    def changed_orders(
        self, *, since: datetime, until: datetime, known: Known | None = None
    ) -> Iterator[OrderRecord | Unreadable]:
        """All that changed in [since, until), in windows and pages as the platform has them; those
        may be left out that are `known` as they are now.

        An order's refunded amount is the platform's figure, Afterdesk's own refunds included.
        """

    def changed_tickets(
        self, *, since: datetime, until: datetime, known: Known | None = None
    ) -> Iterator[SeenTicket | Unreadable]: ...

    def order(self, order_no: str) -> OrderRecord | None:
        """Raises RecordUnreadable; so does `ticket`."""

    def ticket(self, ticket_no: str) -> SeenTicket | None: ...

    def order_now(self, order_no: str, *, without_ticket: str) -> OrderNow:
        """Asked before a payment on one of its tickets, which needs not be read (SPEC O2)."""

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """The answer to the platform's first call of the desk's address; None for other calls."""

    def messages(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Sequence[Changed]:
        """The changes named by a verified message, unknown kinds left out; raises ForgedMessage."""

    def approve(self, step: Step) -> Accepted | Declined:
        """Refunds a ticket without a return."""

    def approve_return(self, step: Step) -> Accepted | Declined:
        """Agrees to a return or an exchange."""

    def confirm_receipt(self, step: Step) -> Accepted | Declined:
        """The goods are in hand, or not wanted back: refunds an approved return."""

    def reject(
        self, step: Step, *, reason: str, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        """`reason` is a code of the catalogue (aftersale.reject_reasons), or OWN_REASON and one of
        `reject_reasons`."""

    def negotiate(
        self, step: Step, *, type: str, amount: int, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        """Offers a type and an amount (both always given), or with the ticket's own a message."""

    def refund_status(self, ticket_no: str) -> Paid | Failed | NeverSeen | Pending:
        """The outcome of a ticket's refund. NeverSeen: the platform did not take the step."""

    def reject_reasons(self, ticket_no: str) -> Sequence[PlatformReason]: ...

    def open_window(self, order_no: str, *, note: str) -> Accepted | Declined:
        """Re-opens the after-sale entry of an order (SPEC W1)."""
