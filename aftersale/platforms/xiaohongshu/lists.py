"""The platform's lists: windows of half an hour, and pages from the last to the first."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from aftersale.domain.multilingual import said as _
from aftersale.platforms.known import Known
from aftersale.platforms.protocol import NotCarriedOut
from aftersale.platforms.xiaohongshu.values import Row, identity, milliseconds, moment, number

from .api import Api

# Half an hour at most; both ends belong to a window, and one of orders has whole seconds.
WINDOW = timedelta(minutes=29)
A_PAGE = 100
BY_UPDATE = 2


class List(NamedTuple):
    """One of the platform's lists, and how it names things."""

    method: str
    rows: str
    number: str
    updated: str
    # So many pages it goes on.
    most_pages: int
    milliseconds: bool


ORDERS = List("order.getOrderList", "orderList", "orderId", "updateTime", 100, False)
TICKETS = List(
    "afterSale.listAfterSaleInfos", "afterSaleBasicInfos", "returnsId", "updatedAt", 500, True
)


def changed(
    api: Api, listed: List, *, since: datetime, until: datetime, known: Known | None
) -> Iterator[str]:
    """The numbers of all that changed in [since, until), in each window once; "" for a row that
    has none. Those may be left out that are known as they are."""
    known = known or Known()
    for first, last in known.spans(since, until):
        begin = first
        while begin < last:
            end = min(begin + WINDOW, last)
            asked = {"timeType": BY_UPDATE, **_between(listed, begin, end)}
            for named, at in _rows_once(api, listed, asked):
                answered_at = api.connection.answered_at
                span = {"since": at or begin, "before": at or end}
                if known.may_have_changed(named, **span, answered_at=answered_at):
                    yield named
            begin = end


def of_order(api: Api, order_no: str) -> Iterator[str]:
    """The numbers of an order's tickets."""
    been = set()
    for row in _pages(api, TICKETS, {"orderId": order_no}):
        named, of = identity(row, TICKETS.number), identity(row, "orderId")
        if of and of != order_no:
            # The filter was ignored: this would be the whole shop.
            raise _unreadable()
        if named not in been:
            been.add(named)
            yield named


def _rows_once(
    api: Api, listed: List, asked: Mapping[str, Any]
) -> Iterator[tuple[str, datetime | None]]:
    """The number of each row, and when it changed where the row says so."""
    been = set()
    for row in _pages(api, listed, asked):
        named = identity(row, listed.number)
        if named not in been:
            been.add(named)
            yield named, moment(number(row, listed.updated))


def _between(listed: List, begin: datetime, end: datetime) -> dict[str, int]:
    first, last = milliseconds(begin), milliseconds(end)
    if listed.milliseconds:
        return {"startTime": first, "endTime": max(first, last - 1)}
    # Seconds, says the one example there is.
    return {"startTime": first // 1000, "endTime": -(-last // 1000)}


def _pages(api: Api, listed: List, asked: Mapping[str, Any]) -> Iterator[Row]:
    """From the last page to the first: what changes meanwhile leaves the window, and what follows
    it moves to an earlier page, which is still to be read."""
    first = _page(api, listed, asked, 1)
    last = _last_page(listed, first)
    if last > listed.most_pages:
        raise NotCarriedOut(_("Xiaohongshu's list is longer than it can be read."))
    for page in range(last, 1, -1):
        yield from _rows(listed, _page(api, listed, asked, page))
    yield from _rows(listed, first if last <= 1 else _page(api, listed, asked, 1))


def _page(api: Api, listed: List, asked: Mapping[str, Any], page: int) -> Row:
    data = api.read(listed.method, {**asked, "pageNo": page, "pageSize": A_PAGE})
    if not isinstance(data, Mapping):
        raise _unreadable()
    return data


def _last_page(listed: List, first: Row) -> int:
    size = number(first, "pageSize") or A_PAGE
    total = max(number(first, "total"), number(first, "totalCount"))
    told = max(number(first, "maxPageNo"), -(-total // max(1, size)))
    if not told and len(_rows(listed, first)) >= A_PAGE:
        # Whether there is more, nobody can tell.
        raise _unreadable()
    return told


def _rows(listed: List, page: Row) -> list[Row]:
    found = page.get(listed.rows)
    if found is None and not number(page, "total") and not number(page, "totalCount"):
        found = []
    if not isinstance(found, list):
        raise _unreadable()
    return [row if isinstance(row, Mapping) else {} for row in found]


def _unreadable() -> NotCarriedOut:
    return NotCarriedOut(_("Xiaohongshu's list can't be read."))
