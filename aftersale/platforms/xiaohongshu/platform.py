"""A Xiaohongshu shop as Afterdesk asks for it (aftersale.platforms.Platform)."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from aftersale.domain.multilingual import said as _
from aftersale.platforms.capabilities import Can
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.desk_steps import ReturnAddress
from aftersale.platforms.known import Known
from aftersale.platforms.payments import Failed, NeverSeen, Paid, Pending
from aftersale.platforms.protocol import (
    Accepted,
    Account,
    Changed,
    Declined,
    OrderNow,
    Picture,
    PlatformReason,
    RecordUnreadable,
    SeenOrder,
    SeenTicket,
    Step,
    Unreadable,
    Why,
    readable,
)
from aftersale.platforms.unread import answered
from aftersale.platforms.xiaohongshu import access, desk, lists, messages, statuses, to_records
from aftersale.platforms.xiaohongshu.values import Row, identity, part

from .api import Api, Refused
from .refusals import is_missing
from .steps import Steps

# Letters and digits alone are asked for.
_NUMBER = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Xiaohongshu:
    """One shop there. Deadlines and versions are the platform's, to the millisecond."""

    # The answer to a message.
    reply = '{"success":true,"error_code":0,"error_msg":""}'
    can = frozenset(
        {
            Can.NOTE,
            Can.RETURN_ADDRESS,
            Can.SEND_NEW_GOODS,
            Can.SEE_NOTES,
            Can.SEE_INSURANCE,
        }
    )
    notes = desk.NOTES

    # As the platform advises for the list of orders.
    orders_every = timedelta(minutes=5)

    def __init__(self, account: Account) -> None:
        self._account = account
        self._api = Api(account)
        self._steps = Steps(self._api, account.secrets, self._raw_ticket)

    # The access.

    @property
    def answered_at(self) -> datetime | None:
        return self._api.connection.answered_at

    def test(self) -> str:
        """The cheapest call there is; the shop's name came with its tokens."""
        now = int(time.time())
        asked = {"timeType": lists.BY_UPDATE, "startTime": now - 60, "endTime": now}
        self._api.read(lists.ORDERS.method, {**asked, "pageNo": 1, "pageSize": 1})
        secrets = self._account.secrets
        return secrets.get("seller_name") or secrets.get("seller_id") or _("(no name)")

    def renewed(self, *, now: datetime, refused: bool = False) -> Mapping[str, str] | None:
        return access.renewed(self._api, self._account.secrets, now=now, refused=refused)

    # Reading.

    def changed_orders(
        self, *, since: datetime, until: datetime, known: Known | None = None
    ) -> Iterator[SeenOrder | Unreadable]:
        for number in lists.changed(self._api, lists.ORDERS, since=since, until=until, known=known):
            yield answered(number, partial(self._seen_order, number))

    def changed_tickets(
        self, *, since: datetime, until: datetime, known: Known | None = None
    ) -> Iterator[SeenTicket | Unreadable]:
        orders: dict[str, Row | None] = {}
        for number in lists.changed(
            self._api, lists.TICKETS, since=since, until=until, known=known
        ):
            yield answered(number, partial(self._seen, number, orders))

    def order(self, order_no: str) -> SeenOrder | None:
        row = self._raw_order(order_no)
        if row is None:
            return None
        return readable(to_records.order_record(row, self._account.shop_code, order_no))

    def order_now(self, order_no: str, *, without_ticket: str) -> OrderNow:
        row = self._raw_order(order_no)
        if row is None:
            return OrderNow(None, [])
        orders: dict[str, Row | None] = {order_no: row}
        numbers = lists.of_order(self._api, order_no)
        return OrderNow(
            to_records.order_record(row, self._account.shop_code, order_no),
            [self._seen(number, orders) for number in numbers if number != without_ticket],
        )

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        detail = self._raw_ticket(ticket_no)
        return readable(self._ticket(ticket_no, detail, {})) if detail is not None else None

    def challenge(self, query: Mapping[str, str]) -> str | None:
        # None is known.
        return None

    def messages(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Sequence[Changed]:
        return messages.changes(self._account, body, headers, query)

    # Steps.

    def approve(self, step: Step) -> Accepted | Declined:
        return self._steps.approve(step)

    def approve_return(self, step: Step) -> Accepted | Declined:
        return self._steps.approve_return(step)

    def confirm_receipt(self, step: Step) -> Accepted | Declined:
        return self._steps.confirm_receipt(step)

    def reject(
        self, step: Step, *, reason: str, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        """Pictures stay with the desk: the platform takes none, and its reasons say so."""
        return self._steps.reject(step, reason=reason, text=text)

    def negotiate(
        self, step: Step, *, type: str, amount: int, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        text = _("Xiaohongshu takes no offers: write to the buyer in the chat.")
        return Declined(Why.OTHER, text)

    # Beside a ticket's course.

    def note(
        self, order_no: str, *, text: str, flag: str, deadline: Deadline | None
    ) -> Accepted | Declined:
        return desk.note(self._api, order_no, text=text, flag=flag, deadline=deadline)

    def return_addresses(self) -> Sequence[ReturnAddress]:
        return desk.return_addresses(self._api)

    def send_new_goods(self, step: Step, *, carrier: str, tracking_no: str) -> Accepted | Declined:
        return self._steps.send_new_goods(step, carrier=carrier, tracking_no=tracking_no)

    def refund_status(self, ticket_no: str) -> Paid | Failed | NeverSeen | Pending:
        detail = self._raw_ticket(ticket_no)
        if detail is None:
            return NeverSeen()
        info = part(detail, "afterSaleInfo")
        if identity(info, "returnsId") != ticket_no:
            raise RecordUnreadable(_("Xiaohongshu's record is of another number."), detail)
        return statuses.refund(info)

    def reject_reasons(self, ticket_no: str) -> Sequence[PlatformReason]:
        detail = self._raw_ticket(ticket_no)
        if detail is None:
            return ()
        return self._steps.reasons(part(detail, "afterSaleInfo"))

    def open_window(self, order_no: str, *, note: str) -> Accepted | Declined:
        text = _("Xiaohongshu has no call for this: open the entry in its own back office.")
        return Declined(Why.OTHER, text)

    # How.

    def _seen_order(self, number: str) -> SeenOrder | Unreadable:
        try:
            row = self._raw_order(number)
        except Refused as refused:
            return Unreadable(number, str(refused))
        if row is None:
            return _not_there(number)
        return to_records.order_record(row, self._account.shop_code, number)

    def _seen(self, ticket_no: str, orders: dict[str, Row | None]) -> SeenTicket | Unreadable:
        """A ticket that is refused alone keeps no other away."""
        try:
            detail = self._raw_ticket(ticket_no)
        except Refused as refused:
            return Unreadable(ticket_no, str(refused))
        if detail is None:
            return _not_there(ticket_no)
        return self._ticket(ticket_no, detail, orders)

    def _ticket(
        self, ticket_no: str, detail: Row, orders: dict[str, Row | None]
    ) -> SeenTicket | Unreadable:
        info = part(detail, "afterSaleInfo")
        order_no = identity(info, "orderId")
        if order_no not in orders:
            orders[order_no] = self._lines_of(order_no)
        order = orders[order_no]
        line_no = to_records.line_of(info, order)
        seen = to_records.seen_ticket(detail, self._account.shop_code, ticket_no, line_no)
        if isinstance(seen, Unreadable) or order is None:
            return seen
        read = to_records.order_record(order, self._account.shop_code, order_no)
        return replace(seen, order=read if isinstance(read, SeenOrder) else None)

    def _lines_of(self, order_no: str) -> Row | None:
        """A ticket names its goods; only the order says which line they are."""
        try:
            return self._raw_order(order_no)
        except Refused:
            return None

    def _raw_ticket(self, ticket_no: str) -> Row | None:
        asked = {"returnsId": ticket_no, "needNegotiateRecord": True}
        return self._one("afterSale.getAfterSaleInfo", ticket_no, asked)

    def _raw_order(self, order_no: str) -> Row | None:
        return self._one("order.getOrderDetail", order_no, {"orderId": order_no})

    def _one(self, method: str, number: str, asked: Mapping[str, object]) -> Row | None:
        if not _NUMBER.fullmatch(number):
            return None
        try:
            data = self._api.read(method, asked)
        except Refused as refused:
            if is_missing(refused):
                return None
            raise
        return data if isinstance(data, Mapping) and data else {}


def _not_there(number: str) -> Unreadable:
    return Unreadable(number or "?", _("Xiaohongshu does not know this number."))
