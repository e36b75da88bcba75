"""Instructions that every fake platform understands, so that one contract tests all of them.

A fake is a real HTTP server on loopback that speaks its platform's wire format and keeps orders and
tickets of its own, which buyers and the platform's rules move. What it is told here and what it
answers here is in Afterdesk's words; amounts are fen.

Its clock stands still until it is told to `advance`. Signatures' times are checked against the
machine's clock instead, as the caller has no other (`skew`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from aftersale.platforms.protocol import Account, Platform, Step


class Fault(Enum):
    """Faults between the desk and a platform; `Fake.fail` says how often."""

    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"  # HTTP 502, nothing carried out
    LOST_CALL = "lost_call"  # not carried out, the connection breaks without an answer
    LOST_ANSWER = "lost_answer"  # carried out, the connection breaks without an answer
    GARBLED = "garbled"  # carried out, and the answer can't be read
    DUPLICATES = "duplicates"  # a list's pages repeat some of the rows
    OUT_OF_ORDER = "out_of_order"  # a list's rows and the messages come in the wrong order
    TOKEN_EXPIRED = "token_expired"


@dataclass(frozen=True, slots=True)
class State:
    """A ticket as the platform has it: `type` and `status` as in aftersale.records."""

    type: str
    status: str
    amount: int
    refunded: int  # money that has gone back to the buyer


@dataclass(frozen=True, slots=True)
class Message:
    """One push as it goes over the wire."""

    body: bytes
    headers: Mapping[str, str]
    # The query of its address.
    query: Mapping[str, str] = field(default_factory=dict)


class Fake(Protocol):
    """One shop on one fake platform. A call that makes no sense there raises ValueError."""

    code: str  # the platform's code ("kuaishou", "wechat")
    # Whether an offer to the buyer can be made by a call.
    takes_offers: bool

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def account(self) -> Account:
        """Good credentials, and this server's address."""

    def connect(self) -> Platform:
        """The connector, with this account."""

    # The clock.

    def now(self) -> datetime:
        """The platform's time, to the platform's precision."""

    def advance(self, seconds: float) -> None:
        """Lets time pass, and the platform's rules do what falls due on the way.

        Money that was on its way arrives (a minute after it was sent); what the merchant did not
        answer in time is agreed to; what the buyer did not answer in time is closed.
        """

    # Buyers, warehouse and staff.

    def places(self, *amounts: int) -> str:
        """A buyer pays an order of one line for each amount; its number."""

    def ships(self, order_no: str) -> None: ...

    def buyer_applies(
        self, order_no: str, type: str, amount: int, reason: str = "", line: int | None = None
    ) -> str:
        """A ticket of `type` refund_only, return_refund or exchange; its number."""

    def buyer_ships_back(self, ticket_no: str, *, carrier: str, tracking_no: str) -> None: ...

    def buyer_cancels(self, ticket_no: str) -> None: ...

    def buyer_accepts(self, ticket_no: str) -> None:
        """The buyer takes what the merchant offered in a negotiation."""

    def platform_steps_in(self, ticket_no: str) -> None:
        """Arbitration begins."""

    def staff_refunds_on_platform(self, ticket_no: str) -> None:
        """Somebody of the shop approves it in the platform's own back office."""

    def payout_fails(self, ticket_no: str) -> None:
        """The money that is on its way for a ticket will not arrive."""

    # Results.

    def ticket(self, ticket_no: str) -> State: ...

    def tickets(self) -> list[str]:
        """All tickets' numbers."""

    def messages(self) -> list[Message]:
        """The pushes since this was last asked, one or more for each change of a ticket."""

    def calls(self, step: str) -> int:
        """How often a step was asked for, carried out or not: a method's name of Platform."""

    # Faults.

    def fail(self, fault: Fault, times: int = 1, *, reading: bool = False) -> None:
        """The next `times` calls that change something meet this fault; with `reading`, those that
        change nothing. Any call meets THROTTLED and TOKEN_EXPIRED, and the next lists and
        `messages()` meet DUPLICATES and OUT_OF_ORDER.
        """

    def skew(self, seconds: float) -> None:
        """The platform's signature clock goes wrong by so much."""


def step_of(platform: Platform, ticket_no: str) -> Step:
    """The ticket as it is: a step on which somebody decides now is about that."""
    ticket = platform.ticket(ticket_no)
    assert ticket is not None
    record = ticket.record
    return Step(ticket_no, record.order_no, record.type, record.amount, record.updated_at)
