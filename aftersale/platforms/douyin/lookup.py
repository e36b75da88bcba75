"""Questions to a Douyin shop that change nothing: orders, tickets, lists, addresses."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from aftersale.domain.digits import whole_number
from aftersale.domain.multilingual import said as _
from aftersale.platforms.known import Known
from aftersale.platforms.protocol import (
    NotCarriedOut,
    OrderNow,
    PlatformReason,
    RecordUnreadable,
    SeenOrder,
    SeenTicket,
    Unreadable,
    Why,
    readable,
)
from aftersale.platforms.unread import answered

from . import desk, reasons, to_records
from .api import Api, Refused
from .refusals import why
from .values import LONGEST_NUMBER, identity, moment, number, part, rows, seconds

ORDERS, ORDER = "/order/searchList", "/order/orderDetail"
TICKETS, TICKET = "/afterSale/List", "/afterSale/Detail"
REASONS = "/afterSale/rejectReasonCodeList"
PAGE = 100
# Orders can be listed by what changed in the last 90 days.
OLDEST = timedelta(days=90) - timedelta(hours=1)

Row = Mapping[str, Any]


class Lookup:
    """One shop's answers. What is `raw` is as the platform has it."""

    def __init__(self, shop_code: str, api: Api) -> None:
        self._shop, self._api = shop_code, api
        # Lines of orders read before: a ticket of such an order costs one call.
        self._lines: dict[str, tuple[str, ...]] = {}

    # Orders.

    def orders(self, since: datetime, until: datetime) -> Iterator[SeenOrder | Unreadable]:
        asked = {"size": PAGE, "order_by": "update_time", "order_asc": True}

        def page(start: int, end: int, page: int) -> Row:
            window = {"update_time_start": start, "update_time_end": end, "page": page}
            return self._api.read(ORDERS, {**asked, **window})

        for row in _walk(page, max(since, until - OLDEST), until, "shop_order_list", _of_order):
            yield self._order_record(row)

    def order(self, order_no: str) -> SeenOrder | None:
        row = self._raw_order(order_no)
        return None if row is None else readable(self._order_record(row))

    def lines(self, order_no: str) -> tuple[str, ...] | None:
        """The order's lines, which after-sale entries are opened for; None for an unknown order."""
        row = self._raw_order(order_no)
        return None if row is None else to_records.goods_lines(row)

    def order_now(self, order_no: str, *, without_ticket: str) -> OrderNow:
        row = self._raw_order(order_no)
        if row is None:
            return OrderNow(None, [])
        listed = self._tickets_of(order_no)
        missing = to_records.lines_in_after_sale(row) - set(listed.values())
        for line in sorted(missing):
            # Whether the list takes the number of an order or of its line is not published.
            listed |= self._tickets_of(line)
        told: list[SeenTicket | Unreadable] = [
            self._told(number) for number in listed if number != without_ticket
        ]
        told += [
            Unreadable(line, _("Douyin does not list the after-sale request of this line."))
            for line in sorted(missing - set(listed.values()))
        ]
        return OrderNow(self._order_record(row), told)

    # Tickets.

    def tickets(
        self, since: datetime, until: datetime, known: Known
    ) -> Iterator[SeenTicket | Unreadable]:
        # Without this order rows are missed.
        asked = {"size": PAGE, "order_by": ["update_time asc"]}

        def page(start: int, end: int, page: int) -> Row:
            window = {"update_start_time": start, "update_end_time": end, "page": page}
            return self._api.read(TICKETS, {**asked, **window})

        for row in _walk(page, since, until, "items", _of_ticket):
            named, changed = _of_ticket(row)
            at = moment(changed) or until
            answered_at = self._api.connection.answered_at
            if known.may_have_changed(named, since=at, before=at, answered_at=answered_at):
                yield answered(named, partial(self._told, named))

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        raw = self.raw_ticket(ticket_no)
        return None if raw is None else readable(self._seen(raw))

    def raw_ticket(self, ticket_no: str) -> Row | None:
        if whole_number(ticket_no, digits=LONGEST_NUMBER) is None:
            return None
        asked = {"after_sale_id": ticket_no, "need_operation_record": True}
        return self._found(TICKET, asked)

    def reasons(self, ticket_no: str) -> list[PlatformReason]:
        return reasons.reasons(self._api.read(REASONS, {"aftersale_id": ticket_no}))

    def return_address(self, shop_id: str) -> int | None:
        """The shop's default on the platform; no other is guessed."""
        found = desk.return_addresses(self._api, shop_id)
        default = next((one.number for one in found if one.is_default), "")
        return whole_number(default, digits=LONGEST_NUMBER)

    # How.

    def _order_record(self, row: Row) -> SeenOrder | Unreadable:
        self._lines[to_records.order_no(row)] = to_records.line_numbers(row)
        return to_records.order_record(row, self._shop)

    def _raw_order(self, order_no: str) -> Row | None:
        if whole_number(order_no, digits=LONGEST_NUMBER) is None:
            return None
        found = self._found(ORDER, {"shop_order_id": order_no})
        return None if found is None else part(found, "shop_order_detail")

    def _told(self, ticket_no: str) -> SeenTicket | Unreadable:
        """One that is refused or can't be read does not hold up the others."""
        try:
            raw = self.raw_ticket(ticket_no)
        except Refused as refused:
            return Unreadable(ticket_no, str(refused))
        if raw is None:
            return Unreadable(ticket_no, _("Douyin does not know this ticket."))
        seen = self._seen(raw)
        if isinstance(seen, Unreadable) and not seen.number:
            return replace(seen, number=ticket_no)
        return seen

    def _seen(self, raw: Row) -> SeenTicket | Unreadable:
        """A ticket is told without its line where its order is not there."""
        order_no = to_records.order_no_of(raw)
        order = None
        if order_no not in self._lines:
            with suppress(Refused, RecordUnreadable):
                order = self.order(order_no)
        seen = to_records.seen_ticket(raw, self._shop, self._lines.get(order_no, ()))
        return seen if isinstance(seen, Unreadable) else replace(seen, order=order)

    def _tickets_of(self, order_no: str) -> dict[str, str]:
        """An order's tickets and the line of each."""
        found: dict[str, str] = {}
        page = 0
        while True:
            asked = {"order_id": order_no, "page": page, "size": PAGE}
            data = self._api.read(TICKETS, asked)
            listed = _listed(data, "items")
            known = len(found)
            for row in listed:
                of_order = part(row, "order_info")
                named = {identity(of_order, "shop_order_id")} | {
                    identity(line, "sku_order_id") for line in rows(of_order, "related_order_info")
                }
                if order_no not in named:
                    # Unknown filters are ignored there: this would be the whole shop.
                    raise NotCarriedOut(_("Douyin's list can't be read."))
                line = identity(part(row, "aftersale_info"), "related_id")
                found[_of_ticket(row)[0]] = line
            if data.get("has_more") is not True:
                return found
            if len(found) == known:
                raise NotCarriedOut(_("Douyin's list does not go on."))
            page += 1

    def _found(self, path: str, asked: dict[str, Any]) -> Row | None:
        try:
            return self._api.read(path, asked)
        except Refused as refused:
            if why(refused) is Why.NOT_FOUND:
                return None
            raise


Key = tuple[str, int]


def _of_order(row: Row) -> Key:
    return to_records.order_no(row), number(row, "update_time")


def _of_ticket(row: Row) -> Key:
    info = part(row, "aftersale_info")
    return identity(info, "aftersale_id"), number(info, "update_time")


def _walk(
    page_of: Callable[[int, int, int], Row],
    since: datetime,
    until: datetime,
    name: str,
    key: Callable[[Row], Key],
) -> Iterator[Row]:
    """All rows, oldest change first, each once.

    The next page begins at the last row's second: what changes meanwhile leaves the pages behind
    it shorter, and by number some rows would slip through. Only where one second fills a page the
    next number is asked for. The window reaches a second further, as its right edge is not
    published.
    """
    start, end, page = seconds(since), seconds(until) + 1, 0
    seen: set[Key] = set()
    known_pages = 0
    while start < end:
        data = page_of(start, end, page)
        listed = _listed(data, name)
        new = [row for row in listed if _first(key(row), seen)]
        yield from new
        if not _goes_on(data, listed, page):
            return
        # A page that begins at the last row's second may have nothing new; the next one has.
        known_pages = 0 if new else known_pages + 1
        if not listed or known_pages > 1:
            raise NotCarriedOut(_("Douyin's list does not go on."))
        last = max(key(row)[1] for row in listed)
        if start < last < end:
            start, page = last, 0
        else:
            page += 1


def _first(key: Key, seen: set[Key]) -> bool:
    if key in seen:
        return False
    seen.add(key)
    return True


def _listed(data: Row, name: str) -> list[Row]:
    """An empty list may be null; anything else in its place is no page."""
    value = data.get(name, ...)
    if value is None:
        return []
    if not isinstance(value, list):
        raise NotCarriedOut(_("Douyin's list can't be read."))
    return [row if isinstance(row, Mapping) else {} for row in value]


def _goes_on(data: Row, listed: list[Row], page: int) -> bool:
    """Tickets say whether there is more, orders how many there are."""
    if isinstance(data.get("has_more"), bool):
        return bool(data["has_more"])
    size = max(number(data, "size"), 0) or PAGE
    return (page + 1) * size < number(data, "total") and bool(listed)
