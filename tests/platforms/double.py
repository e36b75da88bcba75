"""A platform in memory: what tests put there is what it reports; it fails when it is told to."""

import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.platforms.protocol import (
    Accepted,
    Account,
    Changed,
    Declined,
    ForgedMessage,
    OrderNow,
    Picture,
    PlatformReason,
    Secret,
    SeenTicket,
    Subject,
    Unreadable,
)
from aftersale.records.schemas import OrderRecord, TicketRecord

SECRETS = (
    Secret("key", "Key", True),
    Secret("token", "Token", True),
    Secret("remark", "Remark", False),
)
GIVEN = {"key": "key-Xq7", "token": "token-Zw9"}


@dataclass
class Place:
    """One shop there."""

    orders: dict[str, OrderRecord | Unreadable] = field(default_factory=dict)
    tickets: dict[str, SeenTicket | Unreadable] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    pushed: Mapping[str, str] | None = None
    reasons: list[PlatformReason] = field(default_factory=list)
    evidence_answer: Accepted | Declined = field(default_factory=Accepted)
    # Numbers by the moment at which the lists show them.
    listed: list[tuple[datetime, str, str]] = field(default_factory=list)
    # The calls, as ("orders", since, until), ("ticket", number), ("renewed",), …
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    # Called before a call is answered, with the call; may raise or do something.
    before: Callable[[tuple[Any, ...]], None] = lambda call: None
    renews: Mapping[str, str] | None = None
    renews_refused: Mapping[str, str] | None = None
    token: str = GIVEN["token"]
    # Messages of the app are about other shops.
    about_others: bool = False

    def put_order(self, record: OrderRecord) -> None:
        self.orders[record.order_no] = record
        self.listed.append((record.updated_at, "orders", record.order_no))

    def put_ticket(self, record: TicketRecord, **seen: Any) -> None:
        self.tickets[record.ticket_no] = SeenTicket(record, **seen)
        self.listed.append((record.updated_at, "tickets", record.ticket_no))

    def put_unreadable(self, kind: str, number: str, reason: str, *, at: datetime) -> None:
        getattr(self, kind)[number] = Unreadable(number, reason)
        self.listed.append((at, kind, number))

    def windows(self, kind: str) -> list[tuple[datetime, datetime]]:
        return [(call[1], call[2]) for call in self.calls if call[0] == kind]


places: dict[str, Place] = {}


class Double:
    """Speaks for the shop of its account."""

    can = frozenset(Can)

    def __init__(self, account: Account) -> None:
        self.account = account
        self.place = places[account.shop_code]

    def test(self) -> str:
        self._call("test")
        return "The shop there"

    def renewed(self, *, now: datetime, refused: bool = False) -> Mapping[str, str] | None:
        self._call("renewed")
        return self.place.renews_refused if refused else self.place.renews

    def changed_orders(self, *, since: datetime, until: datetime, known: Any) -> Iterator[Any]:
        return self._changed("orders", since, until)

    def changed_tickets(self, *, since: datetime, until: datetime, known: Any) -> Iterator[Any]:
        return self._changed("tickets", since, until)

    def order(self, order_no: str) -> Any:
        self._call("order", order_no)
        return self.place.orders.get(order_no)

    def order_now(self, order_no: str, *, without_ticket: str) -> OrderNow:
        self._call("order_now", order_no)
        tickets = [
            seen
            for number, seen in self.place.tickets.items()
            if number != without_ticket
            and isinstance(seen, SeenTicket)
            and seen.record.order_no == order_no
        ]
        return OrderNow(self.place.orders.get(order_no), tickets)

    def ticket(self, ticket_no: str) -> Any:
        self._call("ticket", ticket_no)
        return self.place.tickets.get(ticket_no)

    def challenge(self, query: Mapping[str, str]) -> str | None:
        return query["echo"] if query.get("token") == self.account.secrets["token"] else None

    def messages(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Sequence[Changed]:
        if query.get("sign") != signature(body, self.account.secrets["token"]):
            raise ForgedMessage
        if self.place.about_others:
            return []
        return [Changed(Subject(kind), number, id) for kind, number, id in json.loads(body)]

    def pushed_secrets(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Mapping[str, str] | None:
        return self.place.pushed

    def reject_reasons(self, ticket_no: str) -> Sequence[PlatformReason]:
        self._call("reject_reasons", ticket_no)
        return self.place.reasons

    def send_evidence(
        self, ticket_no: str, *, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        self._call("send_evidence", ticket_no, text, [one.content_type for one in pictures])
        return self.place.evidence_answer

    def picture(self, number: str) -> Picture | None:
        self._call("picture", number)
        return self.place.pictures.get(number)

    def _changed(self, kind: str, since: datetime, until: datetime) -> Iterator[Any]:
        self._call(kind, since, until)
        shown = [
            number for at, of, number in self.place.listed if of == kind and since <= at < until
        ]
        for number in dict.fromkeys(shown):
            self._call(f"{kind} shown", number)
            yield getattr(self.place, kind)[number]

    def _call(self, *call: Any) -> None:
        self.place.calls.append(call)
        self.place.before(call)


def signature(body: bytes, token: str) -> str:
    return hmac.new(token.encode(), body, "sha256").hexdigest()


class Clock:
    """Stands until it is turned."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **step: float) -> datetime:
        self.now += timedelta(**step)
        return self.now


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The double is a platform that shops can be connected to."""
    entry = ("The double", "tests.platforms.double", "Double")
    monkeypatch.setattr(registry, "PLATFORMS", {"double": entry})
    places.clear()
