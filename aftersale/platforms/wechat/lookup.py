"""Reading calls of a WeChat shop: tickets, orders, lists, addresses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from aftersale.domain.multilingual import said as _
from aftersale.platforms.known import Known
from aftersale.platforms.payments import Limit, TimedOut
from aftersale.platforms.protocol import (
    NotCarriedOut,
    OrderNow,
    RecordUnreadable,
    SeenOrder,
    SeenTicket,
    Unreadable,
)
from aftersale.platforms.unread import answered, unlisted
from aftersale.platforms.wechat import codes, disputes, refusals, to_records
from aftersale.platforms.wechat.disputes import Dispute
from aftersale.platforms.wechat.values import identity
from aftersale.records.errors import explain_in_each_language

from .client import Answer, Client, Refused

TICKETS, ORDERS = "/channels/ec/aftersale", "/channels/ec/order"
ADDRESSES = "/channels/ec/merchant/address"
TICKET_WINDOW, ORDER_WINDOW = timedelta(hours=24), timedelta(days=7)
PAGE = 100
# Pages of a list in a row that have nothing new; more of them would go on for ever.
MOST_IDLE_PAGES = 2

# Errors of reading an answer that is not as documented.
BAD_ANSWER = (KeyError, TypeError, ValueError, OverflowError, OSError, AttributeError)

Body = dict[str, Any]
Row = TypeVar("Row", SeenOrder, SeenTicket)


class Refusal(NotCarriedOut):
    """The platform answered, and said no."""

    limit = Limit.ORDER


class NoRecord(Exception):
    """An order or ticket that makes no record; `raw`: as the platform has it."""

    def __init__(self, text: str, raw: Any) -> None:
        super().__init__(text)
        self.raw = raw


class Lookup:
    """One shop's answers. What is `raw` is as the platform has it."""

    def __init__(self, shop_code: str, client: Client) -> None:
        self._shop, self._client = shop_code, client
        self._return_address = ""
        # Orders read before: a ticket of such an order costs one call.
        self._goods: dict[str, to_records.Goods] = {}

    def orders(
        self, since: datetime, until: datetime, known: Known
    ) -> Iterator[SeenOrder | Unreadable]:
        for start, end in _known_windows(known, since, until, ORDER_WINDOW):
            asked = {"update_time_range": {"start_time": start, "end_time": end}, "page_size": PAGE}
            listed = self.listed(ORDERS + "/list/get", asked, "order_id_list")
            for number in self._maybe_changed(listed, known, start, end):
                order = answered(number, partial(_told, number, self.order))
                if order is not None:
                    yield order

    def tickets(
        self, since: datetime, until: datetime, known: Known
    ) -> Iterator[SeenTicket | Unreadable]:
        for start, end in _known_windows(known, since, until, TICKET_WINDOW):
            asked = {"begin_update_time": start, "end_update_time": end}
            path = TICKETS + "/getaftersalelist"
            listed = self.listed(path, asked, "after_sale_order_id_list")
            for number in self._maybe_changed(listed, known, start, end):
                ticket = answered(number, partial(_told, number, self.ticket))
                if ticket is not None:
                    yield ticket

    def _maybe_changed(
        self, listed: Iterator[str], known: Known, start: int, end: int
    ) -> Iterator[str]:
        """The lists have numbers only: all that is known of a change is the window it fell into."""
        since, before = (datetime.fromtimestamp(at, UTC) for at in (start, end))
        for number in listed:
            answered_at = self._client.connection.answered_at
            if known.may_have_changed(number, since=since, before=before, answered_at=answered_at):
                yield number

    def order(self, order_no: str) -> SeenOrder | None:
        raw = self._raw_order(order_no)
        return None if raw is None else self._order_record(raw)

    def order_now(self, order_no: str, *, without_ticket: str) -> OrderNow:
        raw = self._raw_order(order_no)
        if raw is None:
            return OrderNow(None, [])
        numbers = to_records.ticket_numbers(raw)
        if numbers is None:
            return unlisted(order_no, raw)
        tickets = [
            _told(number, self.ticket)
            or Unreadable(number, _("What the platform says of it can't be read."))
            for number in numbers
            if number != without_ticket
        ]
        return OrderNow(_told(order_no, lambda _number: self._order_record(raw)), tickets)

    def _order_record(self, raw: Answer) -> SeenOrder:
        try:
            return to_records.order_record(self._shop, raw)
        except BAD_ANSWER as error:
            raise NoRecord(what(error), raw) from error

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        raw = self.raw_ticket(ticket_no)
        if raw is None:
            return None
        try:
            line_no, order = self._line(raw)
            seen = to_records.seen_ticket(
                self._shop,
                raw,
                line_no=line_no,
                read_at=raw["answered_at"],
                dispute=self.dispute(raw),
            )
        except BAD_ANSWER as error:
            raise NoRecord(what(error), raw) from error
        return replace(seen, order=order)

    def dispute(self, raw: Answer, until: float | None = None) -> Dispute | None:
        """The ticket's dispute. One that the platform does not know any more is over."""
        number = disputes.number_of(raw)
        if not number:
            return None
        try:
            answer = self._client.call(
                TICKETS + "/getcomplaintorder", {"complaint_id": number}, until=until
            )
        except Refused as refused:
            if refused.code == codes.NO_SUCH_DISPUTE:
                return None
            raise
        return disputes.dispute(number, answer)

    def raw_ticket(self, ticket_no: str, until: float | None = None) -> Answer | None:
        path, asked = TICKETS + "/getaftersaleorder", {"after_sale_order_id": ticket_no}
        return self.found(path, asked, "after_sale_order", codes.NO_SUCH_TICKET, until)

    def address(self, until: float) -> str:
        """Where returns go: the default address, else the first that takes parcels."""
        if self._return_address:
            return self._return_address
        every = {"offset": 0, "limit": PAGE}
        listed = self._client.call(ADDRESSES + "/list", every, until=until)
        first = ""
        for number in map(str, listed.get("address_id_list") or ()):
            asked = {"address_id": number}
            found = self._client.call(ADDRESSES + "/get", asked, until=until)["address_detail"]
            if found.get("default_recv"):
                first = number
                break
            if found.get("recv_addr"):
                first = first or number
        self._return_address = first
        return first

    def forget_address(self) -> None:
        self._return_address = ""

    def reject_rows(self, raw: Answer, until: float | None = None) -> list[Answer]:
        answer = self._read(TICKETS + "/rejectreason/get", {}, until=until)
        rows = answer.get("reason_list") or answer.get("reject_reason_list")
        scene = codes.REJECT_SCENE.get(codes.type_name(raw.get("type")))
        return refusals.fitting(rows, codes.REJECT_NEW_GOODS if new_goods_are_due(raw) else scene)

    def _raw_order(self, order_no: str) -> Answer | None:
        asked = {"order_id": order_no}
        raw = self.found(ORDERS + "/get", asked, "order", codes.NO_SUCH_ORDER)
        if raw is not None:
            self._goods[order_no] = to_records.goods_of(raw)
        return raw

    def goods(self, order_no: str) -> to_records.Goods | None:
        """Product and kind of each line of an order."""
        raw = self._raw_order(order_no)
        return None if raw is None else self._goods[order_no]

    def _line(self, raw: Answer) -> tuple[int | None, SeenOrder | None]:
        """Found among the order's goods, and the order where it was read for that; a ticket is told
        without, if its order is not."""
        order_no, product = identity(raw, "order_id"), raw.get("product_info") or {}
        line = to_records.line_no(self._goods.get(order_no, ()), product)
        if line is not None:
            return line, None
        try:
            order = self.order(order_no)
        except (Refused, NoRecord):
            order = None
        return to_records.line_no(self._goods.get(order_no, ()), product), order

    def listed(self, path: str, asked: Body, key: str) -> Iterator[str]:
        """The numbers of all pages, each once."""
        seen: set[str] = set()
        next_key, been, idle = "", {""}, 0
        while True:
            answer = self._read(path, {**asked, **({"next_key": next_key} if next_key else {})})
            listed = answer.get(key) or []
            if not isinstance(listed, list):
                raise TimedOut
            before = len(seen)
            for number in map(str, listed):
                if number not in seen:
                    seen.add(number)
                    yield number
            if not answer.get("has_more"):
                return
            next_key = str(answer.get("next_key") or "")
            idle = 0 if len(seen) > before else idle + 1
            if next_key in been or idle > MOST_IDLE_PAGES:
                # More is to come, and no way leads there.
                raise TimedOut
            been.add(next_key)

    def _read(self, path: str, body: Body | None = None, **more: Any) -> Answer:
        with reads():
            return self._client.call(path, body, **more)

    def found(
        self, path: str, asked: Body, key: str, unknown: set[int], until: float | None = None
    ) -> Answer | None:
        try:
            answer = self._client.call(path, asked, until=until)
        except Refused as refused:
            if refused.code in unknown:
                return None
            raise
        found = answer.get(key)
        if not isinstance(found, dict):
            raise NoRecord(_("What the platform says of it can't be read."), answer)
        return {**found, "answered_at": answer["answered_at"]}


@contextmanager
def reads() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise Refusal(refusals.text(refused)) from refused
    except NoRecord as error:
        raise RecordUnreadable(str(error), error.raw) from error


def new_goods_are_due(raw: Answer) -> bool:
    return (codes.type_name(raw.get("type")), codes.status_name(raw.get("status"))) == (
        "EXCHANGE",
        codes.WAIT_RECEIPT,
    )


def _told(number: str, fetch: Callable[[str], Row | None]) -> Row | Unreadable | None:
    """One row that can't be read does not hold up the others."""
    try:
        return fetch(number)
    except Refused as refused:
        return Unreadable(number, refusals.text(refused))
    except NoRecord as error:
        return Unreadable(number, str(error), error.raw)


def what(error: Exception) -> str:
    """The error in words, without a buyer's data."""
    if isinstance(error, to_records.UnknownStatus):
        return str(error)
    if isinstance(error, ValidationError):
        return _("Not as expected: %s.") % explain_in_each_language(error)
    return _("What the platform says of it can't be read.")


def windows(since: datetime, until: datetime, longest: timedelta) -> Iterator[tuple[int, int]]:
    """Spans of whole seconds that together cover [since, until)."""
    start, end = int(since.timestamp()), int(until.timestamp())
    if until.microsecond:
        end += 1
    while start < end:
        stop = min(start + int(longest.total_seconds()), end)
        yield start, stop
        start = stop


def _known_windows(
    known: Known, since: datetime, until: datetime, longest: timedelta
) -> Iterator[tuple[int, int]]:
    for first, last in known.spans(since, until):
        yield from windows(first, last, longest)
