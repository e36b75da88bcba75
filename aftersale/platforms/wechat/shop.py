"""One WeChat shop, as aftersale.platforms asks for it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from pydantic import ValidationError

from aftersale.connectors import CALL_TIMEOUT_SECONDS, Failed, NeverSeen, Paid, Pending, TimedOut
from aftersale.platforms import (
    Accepted,
    Account,
    Changed,
    Declined,
    NotCarriedOut,
    Picture,
    PlatformReason,
    SeenTicket,
    Step,
    Unreadable,
    Why,
)
from aftersale.records import OrderRecord
from aftersale.reject_reasons import label_of

from . import codes, messages, reading, refusals
from .client import Answer, Client, Refused
from .pictures import uploaded

TICKETS, ORDERS = "/channels/ec/aftersale", "/channels/ec/order"
ACCEPT, NEGOTIATE = TICKETS + "/acceptapply", TICKETS + "/merchantupdateaftersale"
REJECT, REJECT_NEW_GOODS = TICKETS + "/rejectapply", TICKETS + "/rejectexchangereship"
ADDRESSES = "/channels/ec/merchant/address"
TICKET_WINDOW, ORDER_WINDOW = timedelta(hours=24), timedelta(days=7)
PAGE = 100
# The platform hands out the next token in the last five minutes of the one before.
RENEW_BEFORE = timedelta(minutes=10)

_BAD_ANSWER = (KeyError, TypeError, ValueError, OverflowError, OSError, AttributeError)

Body = dict[str, Any]
# Where a step goes, and with what.
Sent = tuple[str, Body]
Row = TypeVar("Row", OrderRecord, SeenTicket)
Prepare = Callable[[Answer, float], Sent | Declined]


class _Unreadable(Exception):
    """An order or ticket that makes no record."""


class WeChatShop:
    """The platform takes no version with a step: each fetches its ticket first, and compares."""

    def __init__(self, account: Account) -> None:
        self._shop, self._secrets = account.shop_code, account.secrets
        self._client = Client(account)
        self._return_address = ""

    def test(self) -> str:
        token = str(self._new_token().get("access_token") or "")
        answer = self._read("/channels/ec/basics/info/get", method="GET", token=token)
        info = answer.get("info")
        return str(info.get("nickname") or "") if isinstance(info, dict) else ""

    def renewed(self, *, now: datetime) -> Mapping[str, str] | None:
        if self._secrets.get("access_token") and self._token_ends(now) - now > RENEW_BEFORE:
            return None
        answer = self._new_token()
        try:
            ends = now + timedelta(seconds=int(answer["expires_in"]))
            return {"access_token": str(answer["access_token"]), "expires_at": ends.isoformat()}
        except _BAD_ANSWER as error:
            raise TimedOut from error

    def changed_orders(
        self, *, since: datetime, until: datetime
    ) -> Iterator[OrderRecord | Unreadable]:
        for start, end in _windows(since, until, ORDER_WINDOW):
            asked = {"update_time_range": {"start_time": start, "end_time": end}, "page_size": PAGE}
            for number in self._listed(ORDERS + "/list/get", asked, "order_id_list"):
                order = _told(number, self._order)
                if order is not None:
                    yield order

    def changed_tickets(
        self, *, since: datetime, until: datetime
    ) -> Iterator[SeenTicket | Unreadable]:
        for start, end in _windows(since, until, TICKET_WINDOW):
            asked = {"begin_update_time": start, "end_update_time": end}
            path = TICKETS + "/getaftersalelist"
            for number in self._listed(path, asked, "after_sale_order_id_list"):
                ticket = _told(number, self._ticket)
                if ticket is not None:
                    yield ticket

    def order(self, order_no: str) -> OrderRecord | None:
        with _reading():
            return self._order(order_no)

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        with _reading():
            return self._ticket(ticket_no)

    def challenge(self, query: Mapping[str, str]) -> str | None:
        return messages.challenge(self._secrets, query)

    def messages(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Sequence[Changed]:
        return messages.read(self._secrets, body, query)

    def approve(self, step: Step) -> Accepted | Declined:
        def prepare(raw: Answer, until: float) -> Sent | Declined:
            retried = codes.status_name(raw.get("status")) == codes.PAYMENT_FAILED
            if codes.type_name(raw.get("type")) != "REFUND" and not retried:
                return Declined(
                    Why.NEGOTIATE_FIRST,
                    _("The buyer asked for a return. Offer a refund without one in a negotiation."),
                )
            return ACCEPT, {"accept_type": 2}

        statuses = {codes.PROCESSING, codes.WAIT_OFFER, codes.INTERCEPTING, codes.PAYMENT_FAILED}
        return self._step(step, statuses, prepare)

    def approve_return(self, step: Step) -> Accepted | Declined:
        def prepare(raw: Answer, until: float) -> Sent | Declined:
            address = self._address(until)
            if not address:
                return Declined(Why.OTHER, _("The shop has no return address on the platform."))
            return ACCEPT, {"accept_type": 1, "address_id": address}

        statuses = {codes.PROCESSING, codes.WAIT_OFFER}
        return self._step(step, statuses, prepare)

    def confirm_receipt(self, step: Step) -> Accepted | Declined:
        def prepare(raw: Answer, until: float) -> Sent | Declined:
            if codes.type_name(raw.get("type")) != "RETURN":
                return Declined(
                    Why.OTHER,
                    _("Goods of an exchange are confirmed on the platform, with the new parcel."),
                )
            return ACCEPT, {"accept_type": 2}

        statuses = {codes.WAIT_RETURN, codes.WAIT_RECEIPT, codes.PAYMENT_FAILED}
        return self._step(step, statuses, prepare)

    def reject(
        self, step: Step, *, reason: str, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        """Pictures stay with the desk, but for an exchange: the platform takes none elsewhere."""

        def prepare(raw: Answer, until: float) -> Sent | Declined:
            rows = self._reject_rows(raw, until)
            number = refusals.number_of(reason, rows)
            if number is None:
                return Declined(
                    Why.OTHER,
                    _("The platform has no reason like “%s” for this request. Choose another.")
                    % label_of(reason),
                )
            said: Body = {"reject_reason_type": number, "reject_reason": text}
            if not _new_goods_are_due(raw):
                return REJECT, said
            said["reject_certificates"] = uploaded(self._client, pictures, until)
            return REJECT_NEW_GOODS, said

        statuses = {codes.PROCESSING, codes.WAIT_OFFER, codes.WAIT_RECEIPT}
        return self._step(step, statuses, prepare)

    def negotiate(
        self, step: Step, *, type: str, amount: int, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        def prepare(raw: Answer, until: float) -> Sent | Declined:
            offered = codes.OFFERED_TYPE.get(type)
            if offered is None:
                return Declined(Why.OTHER, _("The platform does not let this type be offered."))
            if not pictures:
                return Declined(
                    Why.OTHER,
                    _("The platform wants a picture with this offer, such as one of the chat."),
                )
            own_type = codes.type_name(raw.get("type"))
            update_reason, update = _offer(own_type, offered, amount == reading.amount(raw))
            return NEGOTIATE, {
                "type": offered,
                "amount": amount,
                "merchant_update_desc": text,
                "update_reason_type": update_reason,
                "merchant_update_type": update,
                "media_ids": uploaded(self._client, pictures, until),
            }

        statuses = {codes.PROCESSING, codes.INTERCEPTING}
        return self._step(step, statuses, prepare)

    def refund_status(self, ticket_no: str) -> Paid | Failed | NeverSeen | Pending:
        with _reading():
            raw = self._raw_ticket(ticket_no)
        if raw is None:
            return NeverSeen()
        match codes.status_name(raw.get("status")):
            case codes.REFUNDED | codes.RETURNED:
                return Paid()
            case codes.PAYING | codes.OVERDUE | codes.WAIT_CONFIRM:
                return Pending()
            case codes.PAYMENT_FAILED:
                return Failed(reading.failure(raw) or _("The platform could not pay."))
            case codes.PAYMENT_GIVEN_UP | codes.FAILED:
                reason = reading.failure(raw) or _("The platform has closed the request.")
                return Failed(reason, permanent=True)
        return NeverSeen()

    def reject_reasons(self, ticket_no: str) -> Sequence[PlatformReason]:
        with _reading():
            raw = self._raw_ticket(ticket_no)
        if raw is None:
            return ()
        return [
            PlatformReason(
                code=str(row.get("reject_reason_type")),
                label=str(row.get("reject_reason_type_text") or ""),
                text=str(row.get("reject_reason") or ""),
            )
            for row in self._reject_rows(raw)
        ]

    def open_window(self, order_no: str, *, note: str) -> Accepted | Declined:
        """All there is by API is a request in the buyer's name, which is something else."""
        return Declined(
            Why.OTHER, _("The platform opens an after-sale entry only in its own back office.")
        )

    # One step.

    def _step(self, step: Step, statuses: set[str], prepare: Prepare) -> Accepted | Declined:
        until = time.monotonic() + CALL_TIMEOUT_SECONDS
        try:
            sent = self._prepared(step, statuses, prepare, until)
            if isinstance(sent, Declined):
                return sent
            path, body = sent
        except Refused as refused:
            return refusals.declined(refused)
        except (TimedOut, *_BAD_ANSWER) as error:
            raise NotCarriedOut(_("The platform gave no answer; nothing was sent.")) from error
        try:
            asked = {"after_sale_order_id": step.ticket_no, **body}
            self._client.call(path, asked, until=until)
        except Refused as refused:
            if refused.code in codes.BAD_ADDRESS:
                self._return_address = ""
            return refusals.declined(refused)
        return Accepted()

    def _prepared(
        self, step: Step, statuses: set[str], prepare: Prepare, until: float
    ) -> Sent | Declined:
        raw = self._raw_ticket(step.ticket_no, until)
        if raw is None:
            return Declined(Why.NOT_FOUND, _("The platform does not know this request."))
        if reading.ticket_status(raw) == codes.FOR_PEOPLE:
            return Declined(Why.PLATFORM_HANDLING, _("The platform is handling this request."))
        same = (
            int(raw["update_time"]) == int(step.version.timestamp())
            and codes.status_name(raw.get("status")) in statuses
            and reading.amount(raw) == step.amount
        )
        if not same:
            return Declined(Why.CHANGED, _("The request has changed on the platform."))
        return prepare(raw, until)

    def _address(self, until: float) -> str:
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

    def _reject_rows(self, raw: Answer, until: float | None = None) -> list[Answer]:
        answer = self._read(TICKETS + "/rejectreason/get", {}, until=until)
        rows = answer.get("reason_list") or answer.get("reject_reason_list")
        scene = codes.REJECT_SCENE.get(codes.type_name(raw.get("type")))
        return refusals.fitting(rows, codes.REJECT_NEW_GOODS if _new_goods_are_due(raw) else scene)

    # Reading.

    def _read(self, path: str, body: Body | None = None, **more: Any) -> Answer:
        with _reading():
            return self._client.call(path, body, **more)

    def _new_token(self) -> Answer:
        with _reading():
            return self._client.new_token()

    def _token_ends(self, now: datetime) -> datetime:
        try:
            ends = datetime.fromisoformat(self._secrets.get("expires_at", ""))
        except ValueError:
            return now
        return ends.astimezone(now.tzinfo)

    def _raw_ticket(self, ticket_no: str, until: float | None = None) -> Answer | None:
        path, asked = TICKETS + "/getaftersaleorder", {"after_sale_order_id": ticket_no}
        return self._found(path, asked, "after_sale_order", codes.NO_SUCH_TICKET, until)

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
            raise TimedOut
        return {**found, "answered_at": answer["answered_at"]}

    def _raw_order(self, order_no: str) -> Answer | None:
        asked = {"order_id": order_no}
        return self._found(ORDERS + "/get", asked, "order", codes.NO_SUCH_ORDER)

    def _order(self, order_no: str) -> OrderRecord | None:
        raw = self._raw_order(order_no)
        try:
            return None if raw is None else reading.order_record(self._shop, raw)
        except _BAD_ANSWER as error:
            raise _Unreadable(_what(error)) from error

    def _ticket(self, ticket_no: str) -> SeenTicket | None:
        raw = self._raw_ticket(ticket_no)
        if raw is None:
            return None
        try:
            line, read_at = self._line(raw), raw["answered_at"]
            return reading.seen_ticket(self._shop, raw, line_no=line, read_at=read_at)
        except _BAD_ANSWER as error:
            raise _Unreadable(_what(error)) from error

    def _line(self, raw: Answer) -> int | None:
        """Found among the order's goods; a ticket is told without, if its order is not."""
        try:
            order = self._raw_order(str(raw["order_id"]))
        except Refused:
            return None
        return reading.line_no(order, raw.get("product_info") or {}) if order else None

    def _listed(self, path: str, asked: Body, key: str) -> Iterator[str]:
        """The numbers of all pages, each once."""
        seen: set[str] = set()
        next_key = ""
        while True:
            answer = self._read(path, {**asked, **({"next_key": next_key} if next_key else {})})
            for number in map(str, answer.get(key) or ()):
                if number not in seen:
                    seen.add(number)
                    yield number
            if not answer.get("has_more"):
                return
            if not answer.get("next_key") or answer["next_key"] == next_key:
                # More is to come, and no way leads there.
                raise TimedOut
            next_key = str(answer["next_key"])


def _new_goods_are_due(raw: Answer) -> bool:
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
    except _Unreadable as error:
        return Unreadable(number, str(error))


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise NotCarriedOut(refusals.text(refused)) from refused
    except _Unreadable as error:
        raise TimedOut from error


def _what(error: Exception) -> str:
    """Which fields could not be read; never what is in them."""
    if isinstance(error, ValidationError):
        names = sorted({".".join(map(str, one["loc"])) for one in error.errors()})
        return _("Not as expected: %s.") % ", ".join(names)
    return _("What the platform says of it can't be read.")


def _offer(own_type: str, offered: int, same_amount: bool) -> tuple[int, int]:
    """update_reason_type and merchant_update_type for what is offered."""
    if offered == 2:
        return codes.NEW_RETURN
    if own_type != "REFUND":
        return codes.NEW_REFUND
    return codes.MESSAGE if same_amount else codes.OTHER_AMOUNT


def _windows(since: datetime, until: datetime, longest: timedelta) -> Iterator[tuple[int, int]]:
    """Spans of whole seconds that together cover [since, until)."""
    start, end = int(since.timestamp()), int(until.timestamp())
    if until.microsecond:
        end += 1
    while start < end:
        stop = min(start + int(longest.total_seconds()), end)
        yield start, stop
        start = stop
