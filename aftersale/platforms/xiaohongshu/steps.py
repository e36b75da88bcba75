"""The steps that Xiaohongshu takes. It takes no version, no key and no amount with one: each step
fetches its ticket first and compares, and what was not answered is read back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import COMMA
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import (
    Accepted,
    Declined,
    NotCarriedOut,
    PlatformReason,
    Step,
    Why,
)
from aftersale.platforms.xiaohongshu import codes, reasons, refusals, to_records
from aftersale.platforms.xiaohongshu.codes import Kind, Status
from aftersale.platforms.xiaohongshu.statuses import money_of
from aftersale.platforms.xiaohongshu.values import (
    Row,
    identity,
    milliseconds,
    number,
    part,
    rows,
    whole,
)

from .api import Api, Refused

AUDIT, RECEIVE = "afterSale.auditReturns", "afterSale.confirmReceive"
SHIP = "afterSale.receiveAndShip"
ADDRESSES_A_PAGE = 50


class Steps:
    """The steps of one account; `fetch` brings a ticket's detail."""

    def __init__(
        self, api: Api, secrets: Mapping[str, str], fetch: Callable[[str], Row | None]
    ) -> None:
        self._api, self._secrets, self._fetch = api, secrets, fetch

    def approve(self, step: Step) -> Accepted | Declined:
        info = self._as_decided(step, {Status.REVIEW})
        if isinstance(info, Declined):
            return info
        kind = number(info, "returnType")
        if kind == Kind.RETURN_REFUND:
            text = _(
                "Xiaohongshu refunds a return only once its goods are back: agree to the return,"
                " or ask the buyer to apply for a refund alone."
            )
            return Declined(Why.OTHER, text)
        if kind not in codes.REFUND_ONLY:
            return _handle_there()
        return self._send(AUDIT, step, {"action": codes.REFUND_NOW})

    def approve_return(self, step: Step) -> Accepted | Declined:
        info = self._as_decided(step, {Status.REVIEW})
        if isinstance(info, Declined):
            return info
        if number(info, "returnType") not in (Kind.RETURN_REFUND, Kind.EXCHANGE):
            return _handle_there()
        address = self._return_address(step.address)
        if isinstance(address, Declined):
            return address
        receiver = {"sellerAddressRecordId": address}
        return self._send(AUDIT, step, {"action": codes.AGREE_RETURN, "receiverInfo": receiver})

    def confirm_receipt(self, step: Step) -> Accepted | Declined:
        info = self._as_decided(step, {Status.WAIT_BUYER_PARCEL, Status.WAIT_MERCHANT_RECEIPT})
        if isinstance(info, Declined):
            return info
        if number(info, "returnType") == Kind.EXCHANGE:
            text = _("No money goes back here: send the new goods, and say so on Xiaohongshu.")
            return Declined(Why.OTHER, text)
        if number(info, "returnType") != Kind.RETURN_REFUND:
            return _handle_there()
        if number(info, "status") == Status.WAIT_BUYER_PARCEL:
            text = _("Xiaohongshu refunds a return only once the buyer has entered the parcel.")
            return Declined(Why.OTHER, text)
        return self._send(RECEIVE, step, {"action": codes.RECEIVED_ALL_RIGHT})

    def send_new_goods(self, step: Step, *, carrier: str, tracking_no: str) -> Accepted | Declined:
        """By the same call the goods that came back are confirmed."""
        info = self._as_decided(step, {Status.WAIT_MERCHANT_RECEIPT})
        if isinstance(info, Declined):
            return info
        if number(info, "returnType") != Kind.EXCHANGE:
            return _handle_there()
        return self._send(SHIP, step, {"expressCompanyCode": carrier, "expressNo": tracking_no})

    def reject(self, step: Step, *, reason: str, text: str) -> Accepted | Declined:
        info = self._as_decided(step, {Status.REVIEW, Status.WAIT_MERCHANT_RECEIPT})
        if isinstance(info, Declined):
            return info
        if number(info, "returnType") not in codes.TICKET_TYPE:
            return _handle_there()
        try:
            offered = self.reasons(info)
        except Refused as refused:
            return refusals.declined(refused, changed=False)
        chosen = reasons.chosen(reason, offered)
        if chosen is None:
            there = str(COMMA).join(one.label for one in offered) or _("none")
            told = _("No reason of Xiaohongshu's for this ticket fits “%(label)s”: %(there)s.")
            said = {"label": reasons.label_of(reason), "there": there}
            return Declined(Why.OTHER, told % said)
        if chosen.needs_text and not text.strip():
            return Declined(Why.OTHER, _("Xiaohongshu wants a text with this reason."))
        code = whole(chosen.code)
        fields = {"reason": chosen.code if code is None else code, "description": text}
        if number(info, "status") == Status.WAIT_MERCHANT_RECEIPT:
            return self._send(RECEIVE, step, {"action": codes.REFUSE_RECEIPT, **fields})
        return self._send(AUDIT, step, {"action": codes.REFUSE, **fields})

    def reasons(self, info: Row) -> Sequence[PlatformReason]:
        """Those that the platform takes for a ticket as it is now."""
        stages = {
            Status.REVIEW: codes.AT_REVIEW,
            Status.WAIT_MERCHANT_RECEIPT: codes.AT_RECEIPT,
        }
        stage = stages.get(Status(number(info, "status"))) if _known_status(info) else None
        if stage is None:
            return ()
        asked = {"returnsId": identity(info, "returnsId"), "rejectReasonType": stage}
        unshipped = number(info, "returnType") == Kind.REFUND_UNSHIPPED
        return reasons.offered(
            self._api.read("afterSale.rejectReasons", asked), stage, unshipped=unshipped
        )

    # How.

    def _as_decided(self, step: Step, statuses: set[Status]) -> Row | Declined:
        """The ticket, if it is still what the decision was about and the step can be taken."""
        detail = self._fetch(step.ticket_no)
        if detail is None:
            return Declined(Why.NOT_FOUND, _("Xiaohongshu does not know this ticket."))
        info = part(detail, "afterSaleInfo")
        if number(info, "status") == Status.PLATFORM:
            text = _("Xiaohongshu itself is handling this ticket.")
            return Declined(Why.PLATFORM_HANDLING, text)
        # One that can't be read may be that of a refund that was ordered.
        unpaid = money_of(info) == codes.Refund.NONE
        undecided = number(info, "status") in statuses and unpaid
        if not undecided or not _same(info, step):
            return Declined(Why.CHANGED, _("The ticket has changed on Xiaohongshu."))
        return info

    def _return_address(self, chosen: str) -> int | str | Declined:
        """The one that was chosen or entered, or the only one there is: which is the default of
        several, no answer says, and goods must not go astray."""
        if entered := chosen or self._secrets.get("return_address_id"):
            number_there = whole(entered)
            return entered if number_there is None else number_there
        asked = {"pageIndex": 1, "pageSize": ADDRESSES_A_PAGE}
        try:
            data = self._api.read("common.getAddressRecord", asked)
        except Refused as refused:
            return refusals.declined(refused, changed=False)
        found = rows(part({"data": data}, "data"), "sellerAddressRecordList")
        numbers = {identity(row, "sellerAddressRecordId") for row in found}
        if len(numbers) > 1:
            text = _(
                "The shop has several return addresses on Xiaohongshu: choose one when you"
                " approve, or enter its number with the shop's credentials."
            )
            return Declined(Why.OTHER, text)
        only = whole(next(iter(numbers), ""))
        if only is None:
            text = _("The shop has no return address on Xiaohongshu.")
            return Declined(Why.OTHER, text)
        return only

    def _send(self, method: str, step: Step, fields: Mapping[str, Any]) -> Accepted | Declined:
        try:
            sent = {"returnsId": step.ticket_no, **fields}
            self._api.send(method, sent, deadline=step.deadline)
        except Refused as refused:
            return refusals.declined(refused, changed=self._moved(step))
        return Accepted()

    def _moved(self, step: Step) -> bool:
        """Whether a ticket whose step was refused is another by now: no code would say so."""
        try:
            detail = self._fetch(step.ticket_no)
        except (NotCarriedOut, TimedOut):
            return False
        return detail is None or not _same(part(detail, "afterSaleInfo"), step)


def _same(info: Row, step: Step) -> bool:
    exchange = number(info, "returnType") == Kind.EXCHANGE
    return (
        identity(info, "returnsId") == step.ticket_no
        and identity(info, "orderId") == step.order_no
        and to_records.version(info) == milliseconds(step.version)
        and (exchange or to_records.asked(info) == step.amount)
    )


def _known_status(info: Row) -> bool:
    return number(info, "status") in set(Status)


def _handle_there() -> Declined:
    return Declined(Why.OTHER, _("Handle a request of this kind on Xiaohongshu."))
