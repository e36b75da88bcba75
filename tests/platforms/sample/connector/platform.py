"""A shop there as Afterdesk asks for it (aftersale.platforms.protocol.Platform)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.utils.functional import lazystr

from aftersale.domain.multilingual import said as _
from aftersale.platforms.capabilities import Can
from aftersale.platforms.known import Known
from aftersale.platforms.payments import Failed, NeverSeen, Paid, Pending
from aftersale.platforms.protocol import (
    Accepted,
    Account,
    Changed,
    Declined,
    ForgedMessage,
    NotCarriedOut,
    OrderNow,
    Picture,
    PlatformReason,
    Secret,
    SeenOrder,
    SeenTicket,
    Step,
    Unreadable,
    Why,
    readable,
)
from aftersale.platforms.unread import answered

from . import to_records
from .api import MISSING, Api, Refused

SECRETS = (
    Secret("app_key", lazystr("App key"), True),
    Secret("app_secret", lazystr("App secret"), True),
    Secret("access_token", lazystr("Access token"), False),
)
Row = Mapping[str, Any]


class Sample:
    # Nothing yet: screens offer no step (docs/platforms.md, e8).
    can: frozenset[Can] = frozenset()

    def __init__(self, account: Account) -> None:
        self._account = account
        self._api = Api(account)

    # The access.

    @property
    def answered_at(self) -> datetime | None:
        return self._api.connection.answered_at

    def test(self) -> str:
        return str(self._api.read("shop.info", {})["name"])

    def renewed(self, *, now: datetime, refused: bool = False) -> Mapping[str, str] | None:
        return None

    # Reading.

    def changed_orders(
        self, *, since: datetime, until: datetime, known: Known | None = None
    ) -> Iterator[SeenOrder | Unreadable]:
        for number in self._changed("order.list", since, until, known or Known()):
            yield answered(number, partial(self._seen_order, number))

    def changed_tickets(
        self, *, since: datetime, until: datetime, known: Known | None = None
    ) -> Iterator[SeenTicket | Unreadable]:
        for number in self._changed("ticket.list", since, until, known or Known()):
            yield answered(number, partial(self._seen, number))

    def order(self, order_no: str) -> SeenOrder | None:
        row = self._one("order.detail", order_no)
        return None if row is None else readable(self._order_record(row))

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        row = self._one("ticket.detail", ticket_no)
        shop = self._account.shop_code
        return None if row is None else readable(to_records.seen_ticket(row, shop))

    def order_now(self, order_no: str, *, without_ticket: str) -> OrderNow:
        row = self._one("order.detail", order_no)
        if row is None:
            return OrderNow(None, [])
        others = [number for number in row["tickets"] if number != without_ticket]
        return OrderNow(self._order_record(row), [self._seen(number) for number in others])

    # Messages.

    def challenge(self, query: Mapping[str, str]) -> str | None:
        return None

    def messages(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Sequence[Changed]:
        # Until its signature is checked, no message is believed; the rounds find what changed.
        raise ForgedMessage

    # Steps: each is declined until it is built, so that people do it there.

    def approve(self, step: Step) -> Accepted | Declined:
        return _by_hand()

    def approve_return(self, step: Step) -> Accepted | Declined:
        return _by_hand()

    def confirm_receipt(self, step: Step) -> Accepted | Declined:
        return _by_hand()

    def reject(
        self, step: Step, *, reason: str, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        return _by_hand()

    def negotiate(
        self, step: Step, *, type: str, amount: int, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        return _by_hand()

    def refund_status(self, ticket_no: str) -> Paid | Failed | NeverSeen | Pending:
        seen = self.ticket(ticket_no)
        match seen.record.status if seen else None:
            case "refunded":
                return Paid()
            case "pending_review" | "cancelled" | None if seen is None or not seen.unknown:
                return NeverSeen()
        # On its way, or not known: the money stays held.
        return Pending()

    def reject_reasons(self, ticket_no: str) -> Sequence[PlatformReason]:
        return ()

    def open_window(self, order_no: str, *, note: str) -> Accepted | Declined:
        return _by_hand()

    # How.

    def _seen_order(self, number: str) -> SeenOrder | Unreadable:
        row = self._one("order.detail", number)
        return _not_there(number) if row is None else self._order_record(row)

    def _changed(
        self, method: str, since: datetime, until: datetime, known: Known
    ) -> Iterator[str]:
        """The numbers of a list, each once; those left out that are known as they are."""
        asked = {"from": int(since.timestamp()), "to": int(until.timestamp()) + 1, "after": ""}
        been: set[str] = set()
        while True:
            page = self._api.read(method, asked)
            for row in page["rows"]:
                number, at = row["no"], to_records.moment(row["updated"])
                answered_at = self.answered_at
                assert at is not None
                if number not in been and known.may_have_changed(
                    number, since=at, before=at, answered_at=answered_at
                ):
                    yield number
                been.add(number)
            if page["next"] is None:
                return
            if page["next"] == asked["after"]:
                raise NotCarriedOut(_("The platform's list does not go on."))
            asked["after"] = page["next"]

    def _seen(self, number: str) -> SeenTicket | Unreadable:
        """One that is refused keeps no other away."""
        try:
            row = self._one("ticket.detail", number)
        except Refused as refused:
            return Unreadable(number, str(refused))
        if row is None:
            return _not_there(number)
        return to_records.seen_ticket(row, self._account.shop_code)

    def _order_record(self, row: Row) -> SeenOrder | Unreadable:
        return to_records.order_record(row, self._account.shop_code)

    def _one(self, method: str, number: str) -> Row | None:
        try:
            row: Row = self._api.read(method, {"no": number})
        except Refused as refused:
            if refused.code == MISSING:
                return None
            raise
        return row


def _not_there(number: str) -> Unreadable:
    return Unreadable(number, _("The platform does not know this number."))


def _by_hand() -> Declined:
    return Declined(Why.OTHER, _("Handle this one in the platform's own back office."))
