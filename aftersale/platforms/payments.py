"""How refunds reach a platform: what every connector answers.

A connector is called outside of any transaction, with a request that was committed before. The
same key always means the same payment: sending it again can never pay twice.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from aftersale.records.schemas import TicketRecord

if TYPE_CHECKING:
    from aftersale.platforms.deadline import Deadline
    from aftersale.platforms.protocol import FreightAnswer, OrderNow

# A connector gives up on a call after this many seconds and raises TimedOut.
CALL_TIMEOUT_SECONDS = 10

# For this long after its deadline a call that was sent before it may still arrive: from a gateway's
# queue, a proxy, a network that repeats lost packets. Until then "never seen" frees no money
# (docs/platforms.md).
ARRIVES_WITHIN = timedelta(minutes=5)


class Limit(Enum):
    """Where a limit is kept: what else waits with a call that was not carried out."""

    ORDER = "order"  # the order's other refunds and steps
    CALL = "call"  # the shop's work of the same kind: refunds, or one kind of step
    SHOP = "shop"
    APP = "app"  # all shops whose calls are made by the same app
    DAY = "day"  # as APP: the app's calls of the day are used up


@dataclass(frozen=True, slots=True)
class PayRequest:
    """One payment asked for; `amount` in fen. `fingerprint` binds all of it to `key`.

    `type`, `asked` and `version` are the ticket as the platform had it when it was decided;
    `goods_back`: it refunds an approved return.
    """

    shop_id: int
    shop_code: str
    ticket_no: str
    order_no: str
    amount: int
    reason: str
    key: str
    fingerprint: str
    type: str
    asked: int
    version: datetime
    goods_back: bool
    # The answer to the return freight that the buyer asks for: paid besides `amount`, or refused.
    freight: "FreightAnswer | None" = field(default=None, compare=False, repr=False)
    # Not sent after it, whatever kept the call. Empty: a question, which pays nothing.
    deadline: "Deadline | None" = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Paid:
    """The platform has paid under this key."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The platform has not paid under this key and never will.

    `late_call_may_pay`: that is so of the call that it answers alone; an earlier one under the
    same key, still on its way, might be carried out.
    """

    reason: str
    # True if another attempt, under another key, would fail as well.
    permanent: bool = False
    late_call_may_pay: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class NeverSeen:
    """The platform does not know this key; it says nothing of a call that is still on its way."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The platform knows this key and has not finished with it."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """The call certainly changed nothing and may go out again in `after` seconds."""

    reason: str
    after: float
    # Nothing will go out until people have seen to it.
    for_people: bool = False
    limit: Limit = Limit.SHOP


@dataclass(frozen=True, slots=True)
class DeclinedRefund:
    """The platform did not pay by this call and never will; `record`: the ticket as it is there."""

    reason: str
    record: TicketRecord


class TimedOut(Exception):
    """No answer in time: nobody knows whether the platform paid."""


class KeyReused(Exception):
    """The platform has this key with another fingerprint; nothing was paid by this call."""


class Connector(Protocol):
    """A platform's way to pay. Any exception out of `pay` means that the outcome is unknown."""

    # True if `status` works; otherwise people find out a payment's outcome.
    can_be_asked: bool

    def pay(self, request: PayRequest) -> Paid | Failed | Pending | NotSent | DeclinedRefund: ...

    def status(
        self, request: PayRequest
    ) -> Paid | Failed | NeverSeen | Pending | NotSent | DeclinedRefund: ...

    def order_now(self, request: PayRequest) -> "OrderNow | NotSent | None":
        """The request's order as it stands before `pay`; None where nobody but us pays it back."""
