"""What a WeChat shop is asked before anything is done: tickets, orders, lists, addresses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import ValidationError

from aftersale.domain.multilingual import said as _
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import NotCarriedOut, OrderNow, SeenTicket, Unreadable
from aftersale.platforms.wechat import codes, refusals, to_records
from aftersale.records.schemas import OrderRecord

from .client import Answer, Client, Refused

TICKETS, ORDERS = "/channels/ec/aftersale", "/channels/ec/order"
ADDRESSES = "/channels/ec/merchant/address"
TICKET_WINDOW, ORDER_WINDOW = timedelta(hours=24), timedelta(days=7)
PAGE = 100

# What reading an answer that is not as documented may raise.
BAD_ANSWER = (KeyError, TypeError, ValueError, OverflowError, OSError, AttributeError)

Body = dict[str, Any]
Row = TypeVar("Row", OrderRecord, SeenTicket)


class NoRecord(Exception):
    """An order or ticket that makes no record."""


class Lookup:
    """One shop's answers. What is `raw` is as the platform has it."""

    def __init__(self, shop_code: str, client: Client) -> None:
        self._shop, self._client = shop_code, client
        self._return_address = ""

    def orders(self, since: datetime, until: datetime) -> Iterator[OrderRecord | Unreadable]:
        for start, end in _windows(since, until, ORDER_WINDOW):
            asked = {"update_time_range": {"start_time": start, "end_time": end}, "page_size": PAGE}
            for number in self._listed(ORDERS + "/list/get", asked, "order_id_list"):
                order = _told(number, self.order)
                if order is not None:
                    yield order

    def tickets(self, since: datetime, until: datetime) -> Iterator[SeenTicket | Unreadable]:
        for start, end in _windows(since, until, TICKET_WINDOW):
            asked = {"begin_update_time": start, "end_update_time": end}
            path = TICKETS + "/getaftersalelist"
            for number in self._listed(path, asked, "after_sale_order_id_list"):
                ticket = _told(number, self.ticket)
                if ticket is not None:
                    yield ticket

    def order(self, order_no: str) -> OrderRecord | None:
        raw = self._raw_order(order_no)
        return None if raw is None else self._order_record(raw)

    def order_now(self, order_no: str, *, without_ticket: str) -> OrderNow:
        raw = self._raw_order(order_no)
        if raw is None:
            return OrderNow(None, [])
        numbers = [number for number in to_records.ticket_numbers(raw) if number != without_ticket]
        tickets = [
            _told(number, self.ticket)
            or Unreadable(number, _("What the platform says of it can't be read."))
            for number in numbers
        ]
        return OrderNow(_told(order_no, lambda _number: self._order_record(raw)), tickets)

    def _order_record(self, raw: Answer) -> OrderRecord:
        try:
            return to_records.order_record(self._shop, raw)
        except BAD_ANSWER as error:
            raise NoRecord(_what(error)) from error

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        raw = self.raw_ticket(ticket_no)
        if raw is None:
            return None
        try:
            line, read_at = self._line(raw), raw["answered_at"]
            return to_records.seen_ticket(self._shop, raw, line_no=line, read_at=read_at)
        except BAD_ANSWER as error:
            raise NoRecord(_what(error)) from error

    def raw_ticket(self, ticket_no: str, until: float | None = None) -> Answer | None:
        path, asked = TICKETS + "/getaftersaleorder", {"after_sale_order_id": ticket_no}
        return self._found(path, asked, "after_sale_order", codes.NO_SUCH_TICKET, until)

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
        return self._found(ORDERS + "/get", asked, "order", codes.NO_SUCH_ORDER)

    def _line(self, raw: Answer) -> int | None:
        """Found among the order's goods; a ticket is told without, if its order is not."""
        try:
            order = self._raw_order(str(raw["order_id"]))
        except (Refused, NoRecord):
            return None
        return to_records.line_no(order, raw.get("product_info") or {}) if order else None

    def _listed(self, path: str, asked: Body, key: str) -> Iterator[str]:
        """The numbers of all pages, each once."""
        seen: set[str] = set()
        next_key = ""
        while True:
            answer = self._read(path, {**asked, **({"next_key": next_key} if next_key else {})})
            listed = answer.get(key) or []
            if not isinstance(listed, list):
                raise TimedOut
            for number in map(str, listed):
                if number not in seen:
                    seen.add(number)
                    yield number
            if not answer.get("has_more"):
                return
            if not answer.get("next_key") or answer["next_key"] == next_key:
                # More is to come, and no way leads there.
                raise TimedOut
            next_key = str(answer["next_key"])

    def _read(self, path: str, body: Body | None = None, **more: Any) -> Answer:
        with reads():
            return self._client.call(path, body, **more)

    def _found(
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
            raise NoRecord(_("What the platform says of it can't be read."))
        return {**found, "answered_at": answer["answered_at"]}


@contextmanager
def reads() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise NotCarriedOut(refusals.text(refused)) from refused
    except NoRecord as error:
        raise TimedOut from error


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
        return Unreadable(number, str(error))


def _what(error: Exception) -> str:
    """Which fields could not be read; never what is in them."""
    if isinstance(error, ValidationError):
        names = sorted({".".join(map(str, one["loc"])) for one in error.errors()})
        return _("Not as expected: %s.") % ", ".join(names)
    return _("What the platform says of it can't be read.")


def _windows(since: datetime, until: datetime, longest: timedelta) -> Iterator[tuple[int, int]]:
    """Spans of whole seconds that together cover [since, until)."""
    start, end = int(since.timestamp()), int(until.timestamp())
    if until.microsecond:
        end += 1
    while start < end:
        stop = min(start + int(longest.total_seconds()), end)
        yield start, stop
        start = stop
