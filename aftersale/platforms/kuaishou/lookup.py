"""Reading calls of a Kuaishou shop: lists, orders, tickets, histories, fees."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from aftersale.domain.digits import whole_number
from aftersale.domain.multilingual import said as _
from aftersale.platforms.known import Known
from aftersale.platforms.kuaishou import to_records
from aftersale.platforms.kuaishou.values import identity, milliseconds, moment, number, rows
from aftersale.platforms.protocol import (
    NotCarriedOut,
    OrderNow,
    SeenOrder,
    SeenTicket,
    Unreadable,
    Why,
    readable,
)
from aftersale.platforms.unread import answered, unlisted

from .api import Api, Refused
from .refusals import why

# Lists take windows of a day at most, in busy times of hours, of the last 90 days.
WINDOW = timedelta(hours=12)
OLDEST = timedelta(days=90) - timedelta(hours=1)
TICKETS_A_PAGE, ORDERS_A_PAGE = 100, 50
LAST_PAGE = "nomore"
# Pages of a list in a row that have nothing new.
MOST_IDLE_PAGES = 2
BY_UPDATE, OLDEST_FIRST = 2, 2
ALL_TICKETS, ALL_ORDERS, ALL_SALES = 9, 1, 0

log = structlog.get_logger(__name__)

Row = Mapping[str, Any]


class Lookup:
    """One shop's answers. A `Row` is as the platform has it."""

    def __init__(self, shop_code: str, api: Api) -> None:
        self._shop, self._api = shop_code, api

    def changed_orders(
        self, *, since: datetime, until: datetime, known: Known | None
    ) -> Iterator[SeenOrder | Unreadable]:
        asked = {
            "orderViewStatus": ALL_ORDERS,
            "cpsType": ALL_SALES,
            "queryType": BY_UPDATE,
            "sort": OLDEST_FIRST,
            "pageSize": ORDERS_A_PAGE,
        }
        pages = self._pages(
            "open.order.cursor.list", asked, since, until, cursor="cursor", rows="orderList"
        )
        for row in pages:
            named = to_records.order_no(row)
            if not self._may_have_changed(named, to_records.order_version(row), known):
                continue
            yield answered(named, partial(self._listed_order, row, named))

    def changed_tickets(
        self, *, since: datetime, until: datetime, known: Known | None
    ) -> Iterator[SeenTicket | Unreadable]:
        asked = {
            "type": ALL_TICKETS,
            "queryType": BY_UPDATE,
            "sort": OLDEST_FIRST,
            "pageSize": TICKETS_A_PAGE,
            # Required beside the cursor, which is what turns the pages.
            "currentPage": 1,
            "option": {"needExchange": True},
        }
        pages = self._pages(
            "open.seller.order.refund.pcursor.list",
            asked,
            since,
            until,
            cursor="pcursor",
            rows="refundOrderInfoList",
        )
        for row in pages:
            named = identity(row, "refundId")
            if not self._may_have_changed(named, moment(number(row, "updateTime")), known):
                continue
            yield answered(named, partial(self._listed_ticket, row, named))

    def order(self, order_no: str) -> SeenOrder | None:
        row = self._order(order_no)
        return readable(self._order_record(row)) if row else None

    def order_now(self, order_no: str, *, without_ticket: str) -> OrderNow:
        row = self._order(order_no)
        if row is None:
            return OrderNow(None, [])
        numbers = to_records.ticket_numbers(row)
        if numbers is None:
            return unlisted(order_no, row)
        return OrderNow(
            self._order_record(row),
            [self._seen(number) for number in numbers if number != without_ticket],
        )

    def _seen(self, ticket_no: str) -> SeenTicket | Unreadable:
        row = self.ticket_row(ticket_no)
        if row is None:
            return Unreadable(ticket_no, _("Kuaishou does not know this ticket."))
        return self._seen_ticket(row)

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        row = self.ticket_row(ticket_no)
        return readable(self._seen_ticket(row)) if row else None

    def _pages(
        self,
        method: str,
        asked: dict[str, Any],
        since: datetime,
        until: datetime,
        *,
        cursor: str,
        rows: str,
    ) -> Iterator[Row]:
        begin = max(since, until - OLDEST)
        while begin < until:
            end = min(begin + WINDOW, until)
            first, last = milliseconds(begin), milliseconds(end)
            if first < last:
                window = {**asked, "beginTime": first, "endTime": last}
                yield from self._window(method, window, cursor=cursor, rows=rows)
            begin = end

    def _window(
        self, method: str, asked: dict[str, Any], *, cursor: str, rows: str
    ) -> Iterator[Row]:
        place, been, idle = "", {""}, 0
        seen: set[str] = set()
        while True:
            data = self._api.read(method, {**asked, cursor: place})
            known = isinstance(data, Mapping) and (rows in data or cursor in data)
            page = (data.get(rows) or []) if known else None
            if not isinstance(page, list):
                raise NotCarriedOut(_("Kuaishou's list can't be read."))
            yield from (row if isinstance(row, Mapping) else {} for row in page)
            place = str(data.get(cursor) or LAST_PAGE)
            if place == LAST_PAGE:
                return
            named = {_named(row) for row in page if isinstance(row, Mapping)} - seen
            seen |= named
            idle = 0 if named else idle + 1
            if place in been or idle > MOST_IDLE_PAGES:
                # Otherwise it would loop for ever; giving up silently would lose the rest.
                raise NotCarriedOut(_("Kuaishou's list does not go on."))
            been.add(place)

    def _may_have_changed(self, named: str, at: datetime | None, known: Known | None) -> bool:
        if known is None or at is None:
            return True
        answered_at = self._api.connection.answered_at
        return known.may_have_changed(named, since=at, before=at, answered_at=answered_at)

    def _listed_order(self, row: Row, named: str) -> SeenOrder | Unreadable:
        if to_records.lacks_shipping(row):
            row = self._whole(row, self._order, named)
        return self._order_record(row)

    def _listed_ticket(self, row: Row, named: str) -> SeenTicket | Unreadable:
        # Only the detail has pictures, the parcel, and how long the buyer may think.
        if "pictures" not in row:
            row = self._whole(row, self.ticket_row, named)
        return self._seen_ticket(row)

    def _order_record(self, row: Row) -> SeenOrder | Unreadable:
        receives = 0
        if to_records.bears_discount(row):
            fees = self._whole({}, self._fees, to_records.order_no(row))
            receives = number(fees, "sellerRecv")
        return to_records.order_record(row, self._shop, receives)

    def _seen_ticket(self, row: Row) -> SeenTicket | Unreadable:
        history: Sequence[Row] = ()
        if to_records.has_history(row):
            told = self._whole({}, self._history, identity(row, "refundId"))
            history = rows(told, "steps")
        return to_records.seen_ticket(row, self._shop, history)

    def _whole(self, row: Row, fetch: Callable[[str], Row | None], named: str) -> Row:
        """The detail of a list's row; one that is refused does not keep the others away."""
        try:
            return fetch(named) or row
        except Refused:
            log.warning("kuaishou.detail_refused", number=named)
            return row

    def _one(self, method: str, param: dict[str, Any]) -> Row | None:
        try:
            data = self._api.read(method, param)
        except Refused as refused:
            if why(str(refused)) == Why.NOT_FOUND:
                return None
            raise
        return data if isinstance(data, Mapping) and data else None

    def ticket_row(self, ticket_no: str) -> Row | None:
        refund_id = whole_number(ticket_no, digits=19)
        if refund_id is None:
            return None
        return self._one("open.seller.order.refund.detail", {"refundId": refund_id})

    def _history(self, ticket_no: str) -> Row | None:
        refund_id = whole_number(ticket_no, digits=19)
        if refund_id is None:
            return None
        return {"steps": self._api.read("open.refund.comment.basic.list", {"refundId": refund_id})}

    def _fees(self, order_no: str) -> Row | None:
        oid = whole_number(order_no, digits=19)
        return None if oid is None else self._one("open.seller.order.fee.detail", {"orderId": oid})

    def _order(self, order_no: str) -> Row | None:
        oid = whole_number(order_no, digits=19)
        return None if oid is None else self._one("open.order.detail", {"oid": oid})


def _named(row: Row) -> str:
    return identity(row, "refundId") or to_records.order_no(row)
