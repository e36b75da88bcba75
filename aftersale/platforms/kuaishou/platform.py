"""A Kuaishou shop as Afterdesk asks for it (aftersale.platforms.Platform)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from aftersale.domain.digits import whole_number
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import COMMA
from aftersale.platforms.capabilities import Can
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.desk_steps import ReturnAddress
from aftersale.platforms.known import Known
from aftersale.platforms.kuaishou import (
    access,
    codes,
    desk,
    freights,
    messages,
    pictures,
    reasons,
    to_records,
)
from aftersale.platforms.kuaishou.values import identity, milliseconds, moment, number, rows
from aftersale.platforms.payments import Failed, NeverSeen, Paid, Pending
from aftersale.platforms.protocol import (
    Accepted,
    Account,
    Changed,
    Declined,
    NotCarriedOut,
    OrderNow,
    Picture,
    PlatformReason,
    SeenOrder,
    SeenTicket,
    Step,
    Unreadable,
    Why,
    readable,
)
from aftersale.platforms.unread import answered, unlisted

from .api import Api, Refused
from .codes import HandlingWay, Status
from .refusals import declined, why

# Lists take windows of a day at most, in busy times of hours, of the last 90 days.
WINDOW = timedelta(hours=12)
OLDEST = timedelta(days=90) - timedelta(hours=1)
TICKETS_A_PAGE, ORDERS_A_PAGE = 100, 50
LAST_PAGE = "nomore"
BY_UPDATE, OLDEST_FIRST = 2, 2
ALL_TICKETS, ALL_ORDERS, ALL_SALES = 9, 1, 0

log = structlog.get_logger(__name__)

Row = Mapping[str, Any]


class Kuaishou:
    """One shop there. Deadlines and versions are the platform's, to the millisecond."""

    # The answer to a push; after any other one it comes again.
    reply = '{"result":1}'
    can = frozenset(
        {
            Can.OFFER_TYPE,
            Can.OFFER_MESSAGE,
            Can.REJECT_PICTURES,
            Can.REFUND_WITHOUT_GOODS,
            Can.RETURN_FREIGHT,
            Can.NOTE,
            Can.RETURN_ADDRESS,
            Can.ENTER_RETURN,
            Can.SEND_NEW_GOODS,
            Can.SEE_NOTES,
            Can.SEE_INSURANCE,
        }
    )

    notes = desk.NOTES

    def __init__(self, account: Account) -> None:
        self._account = account
        self._api = Api(account)

    @property
    def answered_at(self) -> datetime | None:
        return self._api.connection.answered_at

    # The access.

    def test(self) -> str:
        shop = self._api.read("open.shop.info.get", {})
        return (identity(shop, "shopName") if isinstance(shop, Mapping) else "") or _("(no name)")

    def renewed(self, *, now: datetime, refused: bool = False) -> Mapping[str, str] | None:
        return access.renewed(self._api, self._account.secrets, now=now, refused=refused)

    # Reading.

    def changed_orders(
        self, *, since: datetime, until: datetime, known: Known | None = None
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
        self, *, since: datetime, until: datetime, known: Known | None = None
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
        row = self._ticket(ticket_no)
        if row is None:
            return Unreadable(ticket_no, _("Kuaishou does not know this ticket."))
        return self._seen_ticket(row)

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        row = self._ticket(ticket_no)
        return readable(self._seen_ticket(row)) if row else None

    def challenge(self, query: Mapping[str, str]) -> str | None:
        # A test push comes instead, and is answered like any other.
        return None

    def messages(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Sequence[Changed]:
        return messages.changes(body, self._account.secrets)

    # Steps.

    def approve(self, step: Step) -> Accepted | Declined:
        row = self._as_decided(step, codes.APPLIED)
        if isinstance(row, Declined):
            return row
        if number(row, "handlingWay") not in codes.WITH_MONEY:
            # There is a call that refunds an exchange, but none of its answers would tell it from
            # goods that were exchanged: the money would be lost to our books.
            return Declined(Why.OTHER, _("Handle a request of this kind on Kuaishou."))
        return self._send(
            "open.seller.order.refund.approve",
            {
                "refundId": _id(step),
                "refundAmount": step.amount,
                "status": number(row, "status"),
                "negotiateStatus": number(row, "negotiateStatus"),
                # Spelled so. Where goods were to come back they are waived by it.
                "refundHandingWay": int(HandlingWay.REFUND_ONLY),
            },
            step,
        )

    def approve_return(self, step: Step) -> Accepted | Declined:
        row = self._as_decided(step, codes.APPLIED)
        if isinstance(row, Declined):
            return row
        way = number(row, "handlingWay")
        if way not in codes.TICKET_TYPE:
            return Declined(Why.OTHER, _("Handle a request of this kind on Kuaishou."))
        exchange = way == HandlingWay.EXCHANGE
        param: dict[str, Any] = {
            "refundId": _id(step),
            "refundAmount": 0 if exchange else step.amount,
        }
        chosen = step.address or self._account.secrets.get("return_address_id", "")
        address = whole_number(chosen, digits=19)
        if address is not None:
            param["addressId"] = address
        return self._send("open.seller.order.refund.returngoods.approve", param, step)

    def confirm_receipt(self, step: Step) -> Accepted | Declined:
        row = self._as_decided(step, codes.RECEIPT)
        if isinstance(row, Declined):
            return row
        if number(row, "handlingWay") not in codes.WITH_MONEY:
            text = _("No money goes back here: send the new goods, and say so on Kuaishou.")
            return Declined(Why.OTHER, text)
        try:
            freight = freights.answer(self._api, row, step.freight)
        except Refused as refused:
            return declined(refused)
        if isinstance(freight, Declined):
            return freight
        param = {"refundId": _id(step), "status": number(row, "status"), **freight}
        return self._send("open.seller.order.refund.confirm.receipt", param, step)

    def reject(
        self, step: Step, *, reason: str, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        return self._turn_down(
            step,
            lambda offered: reasons.chosen(reason, offered),
            label=reasons.label_of(reason),
            text=text,
            sent=pictures,
        )

    def negotiate(
        self, step: Step, *, type: str, amount: int, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        if amount != step.amount:
            return Declined(Why.OTHER, _("Kuaishou takes no offer of another amount."))
        edit: dict[str, Any] = {}
        now, then = codes.HANDLING_OF[step.type], codes.HANDLING_OF[type]
        if now != then:
            if (now, then) not in codes.CHANGES_OF_TYPE:
                return Declined(Why.OTHER, _("Kuaishou takes no offer of this type."))
            edit["editHandlingWay"] = int(then)
        return self._turn_down(
            step,
            reasons.for_offer,
            label=_("an offer to the buyer"),
            text=f"{to_records.OFFER}{text}",
            sent=pictures,
            edit=edit,
        )

    # Beside a ticket's course.

    def note(
        self, order_no: str, *, text: str, flag: str, deadline: Deadline | None
    ) -> Accepted | Declined:
        return desk.note(self._api, order_no, text=text, flag=flag, deadline=deadline)

    def return_addresses(self) -> Sequence[ReturnAddress]:
        return desk.return_addresses(self._api)

    def enter_return(self, step: Step, *, carrier: str, tracking_no: str) -> Accepted | Declined:
        row = self._as_decided(step, frozenset({Status.WAIT_BUYER_RETURN}))
        if isinstance(row, Declined):
            return row
        parcel = desk.parcel(_id(step), carrier, tracking_no)
        return self._send("open.refund.submit.returnInfo", parcel, step)

    def send_new_goods(self, step: Step, *, carrier: str, tracking_no: str) -> Accepted | Declined:
        row = self._as_decided(step, frozenset({Status.WAIT_SELLER_RECEIPT}))
        if isinstance(row, Declined):
            return row
        if number(row, "handlingWay") != HandlingWay.EXCHANGE:
            return Declined(Why.OTHER, _("Handle a request of this kind on Kuaishou."))
        parcel = desk.parcel(_id(step), carrier, tracking_no)
        return self._send("open.refund.confirm.and.send", parcel, step)

    def refund_status(self, ticket_no: str) -> Paid | Failed | NeverSeen | Pending:
        row = self._ticket(ticket_no)
        if row is None:
            return NeverSeen()
        code, way = number(row, "status"), number(row, "handlingWay")
        if code == Status.SUCCESS:
            if way in codes.WITH_MONEY:
                return Paid()
            if way == HandlingWay.EXCHANGE or way in codes.GOODS_ONLY:
                return Failed(_("Ended on Kuaishou without money."), permanent=True)
            # A kind that is not known may have been money: given back to the order, it could be
            # paid once more.
            return Pending()
        if code == Status.CLOSED:
            return Failed(_("Closed on Kuaishou without a refund."), permanent=True)
        known = code in codes.TICKET_STATUS
        return NeverSeen() if known and code != Status.REFUNDING else Pending()

    def reject_reasons(self, ticket_no: str) -> Sequence[PlatformReason]:
        data = self._api.read("open.refund.reject.reason", {"refundId": _as_id(ticket_no)})
        return reasons.reasons(data)

    def open_window(self, order_no: str, *, note: str) -> Accepted | Declined:
        # post.apply.entry is the merchant's appeal against a refund, and no other call opens one.
        text = _("Kuaishou has no call for this: open the after-sale entry in its back office.")
        return Declined(Why.OTHER, text)

    # How.

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
        place, been = "", {""}
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
            if place in been:
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
            row = self._whole(row, self._ticket, named)
        return self._seen_ticket(row)

    def _order_record(self, row: Row) -> SeenOrder | Unreadable:
        receives = 0
        if to_records.bears_discount(row):
            fees = self._whole({}, self._fees, to_records.order_no(row))
            receives = number(fees, "sellerRecv")
        return to_records.order_record(row, self._account.shop_code, receives)

    def _seen_ticket(self, row: Row) -> SeenTicket | Unreadable:
        history: Sequence[Row] = ()
        if to_records.has_history(row):
            told = self._whole({}, self._history, identity(row, "refundId"))
            history = rows(told, "steps")
        return to_records.seen_ticket(row, self._account.shop_code, history)

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

    def _ticket(self, ticket_no: str) -> Row | None:
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

    def _as_decided(self, step: Step, statuses: frozenset[int]) -> Row | Declined:
        """The ticket, if it is still what the decision was about and the step can be taken."""
        row = self._ticket(step.ticket_no)
        if row is None:
            return Declined(Why.NOT_FOUND, _("Kuaishou does not know this ticket."))
        code = number(row, "status")
        if code in codes.WITH_PLATFORM:
            return Declined(Why.PLATFORM_HANDLING, _("Kuaishou itself is handling this ticket."))
        exchange = number(row, "handlingWay") == HandlingWay.EXCHANGE
        same = number(row, "updateTime") == milliseconds(step.version) and (
            exchange or number(row, "refundFee") == step.amount
        )
        if not same or code not in statuses:
            return Declined(Why.CHANGED, _("The ticket has changed on Kuaishou."))
        return row

    def _turn_down(
        self,
        step: Step,
        choose: Callable[[Sequence[PlatformReason]], PlatformReason | None],
        *,
        label: str,
        text: str,
        sent: Sequence[Picture],
        edit: Mapping[str, Any] | None = None,
    ) -> Accepted | Declined:
        try:
            offered = self.reject_reasons(step.ticket_no)
            chosen = choose(offered)
            if chosen is None:
                there = str(COMMA).join(reason.label for reason in offered) or _("none")
                told = _("No reason of Kuaishou's for this ticket fits “%(label)s”: %(there)s.")
                return Declined(Why.OTHER, told % {"label": label, "there": there})
            if chosen.needs_pictures and not sent:
                told = _("Kuaishou wants pictures with the reason “%s”.")
                return Declined(Why.OTHER, told % chosen.label)
            addresses = pictures.uploaded(self._api, sent)
        except Refused as refused:
            return declined(refused)
        code = whole_number(chosen.code)
        return self._send(
            "open.refund.reject",
            {
                "refundId": _id(step),
                "reasonCode": chosen.code if code is None else code,
                "rejectDesc": text,
                "refundVersion": milliseconds(step.version),
                **({"rejectImages": addresses} if addresses else {}),
                **(edit or {}),
            },
            step,
        )

    def _send(self, method: str, param: Mapping[str, Any], step: Step) -> Accepted | Declined:
        try:
            self._api.send(method, param, deadline=step.deadline)
        except Refused as refused:
            return declined(refused)
        return Accepted()


def _id(step: Step) -> int:
    return _as_id(step.ticket_no)


def _as_id(ticket_no: str) -> int:
    number = whole_number(ticket_no, digits=19)
    if number is None:
        raise NotCarriedOut(_("Kuaishou does not know this ticket."))
    return number
