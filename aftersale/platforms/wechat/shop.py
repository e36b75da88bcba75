"""One WeChat shop, as aftersale.platforms asks for it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from aftersale.domain.multilingual import said as _
from aftersale.platforms.capabilities import Can
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.desk_steps import MerchantRequest, Opened, ReturnAddress
from aftersale.platforms.known import Known
from aftersale.platforms.payments import (
    CALL_TIMEOUT_SECONDS,
    Failed,
    NeverSeen,
    Paid,
    Pending,
    TimedOut,
)
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
    own_reason,
)
from aftersale.platforms.wechat import (
    access,
    codes,
    component,
    desk,
    evidence,
    messages,
    refusals,
    to_records,
)
from aftersale.reject_reasons import label_of

from .client import Answer, Client, Refused
from .gifts import Gifts
from .lookup import (
    BAD_ANSWER,
    TICKETS,
    Body,
    Lookup,
    NoRecord,
    Refusal,
    new_goods_are_due,
    reads,
)
from .pictures import shown, uploaded

ACCEPT, NEGOTIATE = TICKETS + "/acceptapply", TICKETS + "/merchantupdateaftersale"
SEND_NEW_GOODS = TICKETS + "/acceptexchangereship"
REJECT, REJECT_NEW_GOODS = TICKETS + "/rejectapply", TICKETS + "/rejectexchangereship"
# Where a step goes, and with what.
Sent = tuple[str, Body]
Prepare = Callable[[Answer, float], Sent | Declined]


class WeChatShop:
    """The platform takes no version with a step: each fetches its ticket first, and compares."""

    can = frozenset(
        {
            Can.OFFER_TYPE,
            Can.OFFER_AMOUNT,
            Can.REFUND_WITHOUT_GOODS,
            Can.EVIDENCE,
            Can.RETURN_ADDRESS,
            Can.SEND_NEW_GOODS,
            Can.OPEN_REQUEST,
            Can.PRICE_DIFFERENCE,
            Can.SEE_INSURANCE,
        }
    )
    request_reasons = tuple(desk.REASONS[desk.OPEN])
    difference_reasons = tuple(desk.REASONS[desk.DIFFERENCE])

    def __init__(self, account: Account) -> None:
        self._secrets = account.secrets
        self._client = Client(account)
        self._lookup = Lookup(account.shop_code, self._client)
        self._gifts = Gifts(account.shop_code, self._lookup)

    @property
    def answered_at(self) -> datetime | None:
        return self._client.connection.answered_at

    def test(self) -> str:
        token = access.fresh_token(self._client, self._secrets)
        with reads():
            answer = self._client.call("/channels/ec/basics/info/get", method="GET", token=token)
        info = answer.get("info")
        return str(info.get("nickname") or "") if isinstance(info, dict) else ""

    def renewed(self, *, now: datetime, refused: bool = False) -> Mapping[str, str] | None:
        return access.renewed(self._client, self._secrets, now=now, refused=refused)

    def changed_orders(
        self, *, since: datetime, until: datetime, known: Known | None = None
    ) -> Iterator[SeenOrder | Unreadable]:
        return self._lookup.orders(since, until, known or Known())

    def changed_tickets(
        self, *, since: datetime, until: datetime, known: Known | None = None
    ) -> Iterator[SeenTicket | Unreadable]:
        known = known or Known()
        yield from self._lookup.tickets(since, until, known)
        yield from self._gifts.changed(since, until, known)

    def order(self, order_no: str) -> SeenOrder | None:
        with reads():
            return self._lookup.order(order_no)

    def order_now(self, order_no: str, *, without_ticket: str) -> OrderNow:
        with reads():
            return self._lookup.order_now(order_no, without_ticket=without_ticket)

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        with reads():
            if "-" in ticket_no:
                return self._gifts.ticket(ticket_no)
            return self._lookup.ticket(ticket_no)

    def tickets_of(self, number: str) -> Sequence[SeenTicket]:
        ticket = self.ticket(number)
        with reads():
            return [ticket] if ticket else self._gifts.tickets(number)

    def challenge(self, query: Mapping[str, str]) -> str | None:
        return messages.challenge(self._secrets, query)

    def messages(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Sequence[Changed]:
        return messages.read(self._secrets, body, query)

    def pushed_secrets(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Mapping[str, str] | None:
        """The provider's next verify ticket."""
        if not component.acts_for(self._secrets):
            return None
        ticket = component.verify_ticket(messages.decrypted(self._secrets, body, query))
        return None if ticket is None else {"component_verify_ticket": ticket}

    def approve(self, step: Step) -> Accepted | Declined:
        def prepare(raw: Answer, until: float) -> Sent | Declined:
            if _unknown_type(raw):
                return _handle_there()
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
            if _unknown_type(raw):
                return _handle_there()
            address = step.address or self._lookup.address(until)
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
            rows = self._lookup.reject_rows(raw, until)
            number = refusals.number_of(reason, rows)
            if number is None:
                return Declined(
                    Why.OTHER,
                    _("The platform has no reason like “%s” for this request. Choose another.")
                    % label_of(own_reason(reason) or reason),
                )
            said: Body = {"reject_reason_type": number, "reject_reason": text}
            if not new_goods_are_due(raw):
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
            own_type = codes.type_name(raw.get("type"))
            if offered == codes.OFFERED_TYPE.get(codes.TICKET_TYPE.get(own_type, "")) and (
                amount == to_records.amount(raw)
            ):
                return Declined(
                    Why.OTHER,
                    _(
                        "The platform passes no mere message on: offer another type or amount, or"
                        " write to the buyer in the chat."
                    ),
                )
            if not pictures:
                return Declined(
                    Why.OTHER,
                    _("The platform wants a picture with this offer, such as one of the chat."),
                )
            update_reason, update = _offer(own_type, offered)
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

    def return_addresses(self) -> Sequence[ReturnAddress]:
        until = time.monotonic() + CALL_TIMEOUT_SECONDS
        with reads():
            return desk.return_addresses(self._client, until)

    def send_new_goods(self, step: Step, *, carrier: str, tracking_no: str) -> Accepted | Declined:
        """The goods are back, and the new ones on their way; `OTHER` is a carrier there too."""

        def prepare(raw: Answer, until: float) -> Sent | Declined:
            if not new_goods_are_due(raw):
                return _handle_there()
            return SEND_NEW_GOODS, {"waybill_id": tracking_no, "delivery_id": carrier}

        return self._step(step, {codes.WAIT_RECEIPT}, prepare)

    def open_request(
        self, request: MerchantRequest, *, with_return: bool, deadline: Deadline | None
    ) -> Opened | Declined:
        kind = "RETURN" if with_return else "REFUND"
        more = {"type": kind, "count": request.quantity}
        return self._opened(desk.OPEN, request, more, deadline)

    def refund_difference(
        self, request: MerchantRequest, *, deadline: Deadline | None
    ) -> Opened | Declined:
        return self._opened(desk.DIFFERENCE, request, {}, deadline)

    def _opened(
        self, path: str, request: MerchantRequest, more: Body, deadline: Deadline | None
    ) -> Opened | Declined:
        with reads():
            goods = self._lookup.goods(request.order_no)
        if goods is None:
            return Declined(Why.NOT_FOUND, _("The platform does not know this order."))
        return desk.opened(self._client, path, request, goods, more=more, deadline=deadline)

    def refund_status(self, ticket_no: str) -> Paid | Failed | NeverSeen | Pending:
        with reads():
            raw = self._lookup.raw_ticket(ticket_no)
        if raw is None:
            return NeverSeen()
        status = codes.status_name(raw.get("status"))
        match status:
            case codes.REFUNDED | codes.RETURNED:
                return Paid()
            case codes.PAYING | codes.OVERDUE | codes.WAIT_CONFIRM:
                return Pending()
            case codes.PAYMENT_FAILED:
                # It takes an approval again: one that is late on its way, too.
                reason = to_records.failure(raw) or _("The platform could not pay.")
                return Failed(reason, late_call_may_pay=True)
            case codes.PAYMENT_GIVEN_UP | codes.FAILED:
                reason = to_records.failure(raw) or _("The platform has closed the request.")
                return Failed(reason, permanent=True)
        # A word that is not known may be that of money on its way.
        return NeverSeen() if status in codes.TICKET_STATUS else Pending()

    def reject_reasons(self, ticket_no: str) -> Sequence[PlatformReason]:
        with reads():
            raw = self._lookup.raw_ticket(ticket_no)
        if raw is None:
            return ()
        return [
            PlatformReason(
                code=str(row.get("reject_reason_type")),
                label=str(row.get("reject_reason_type_text") or ""),
                text=str(row.get("reject_reason") or ""),
            )
            for row in self._lookup.reject_rows(raw)
        ]

    def open_window(self, order_no: str, *, note: str) -> Accepted | Declined:
        """All there is by API is a request in the buyer's name, which is something else."""
        return Declined(
            Why.OTHER, _("The platform opens an after-sale entry only in its own back office.")
        )

    def send_evidence(
        self, ticket_no: str, *, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        return evidence.send(self._client, self._lookup, ticket_no, text=text, pictures=pictures)

    def picture(self, number: str) -> Picture | None:
        """A buyer's picture, by the number that a fact has."""
        try:
            with reads():
                return shown(self._client, number)
        except Refusal:
            return None

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
        except (TimedOut, NoRecord, *BAD_ANSWER) as error:
            raise NotCarriedOut(_("The platform gave no answer; nothing was sent.")) from error
        try:
            asked = {"after_sale_order_id": step.ticket_no, **body}
            self._client.call(path, asked, until=until, deadline=step.deadline)
        except Refused as refused:
            if refused.code in codes.BAD_ADDRESS:
                self._lookup.forget_address()
            return refusals.declined(refused)
        return Accepted()

    def _prepared(
        self, step: Step, statuses: set[str], prepare: Prepare, until: float
    ) -> Sent | Declined:
        raw = self._lookup.raw_ticket(step.ticket_no, until)
        if raw is None:
            return Declined(Why.NOT_FOUND, _("The platform does not know this request."))
        dispute = self._lookup.dispute(raw, until)
        if to_records.ticket_status(raw, dispute) == "arbitration":
            return Declined(Why.PLATFORM_HANDLING, _("The platform is handling this request."))
        same = (
            to_records.version(raw, dispute) == int(step.version.timestamp())
            and codes.status_name(raw.get("status")) in statuses
            and to_records.amount(raw) == step.amount
        )
        if not same:
            return Declined(Why.CHANGED, _("The request has changed on the platform."))
        return prepare(raw, until)


def _unknown_type(raw: Answer) -> bool:
    return codes.type_name(raw.get("type")) not in codes.TICKET_TYPE


def _handle_there() -> Declined:
    return Declined(Why.OTHER, _("Handle a request of this kind on the platform."))


def _offer(own_type: str, offered: int) -> tuple[int, int]:
    """update_reason_type and merchant_update_type for what is offered."""
    if offered == 2:
        return codes.NEW_RETURN
    return codes.OTHER_AMOUNT if own_type == "REFUND" else codes.NEW_REFUND
