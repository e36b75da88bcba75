"""A Kuaishou shop as Afterdesk asks for it (aftersale.platforms.Platform)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

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
from aftersale.platforms.kuaishou.values import identity, milliseconds, number
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
)

from .api import Api, Refused
from .codes import HandlingWay, Status
from .lookup import Lookup, Row
from .refusals import declined


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
        self._lookup = Lookup(account.shop_code, self._api)

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
        return self._lookup.changed_orders(since=since, until=until, known=known)

    def changed_tickets(
        self, *, since: datetime, until: datetime, known: Known | None = None
    ) -> Iterator[SeenTicket | Unreadable]:
        return self._lookup.changed_tickets(since=since, until=until, known=known)

    def order(self, order_no: str) -> SeenOrder | None:
        return self._lookup.order(order_no)

    def order_now(self, order_no: str, *, without_ticket: str) -> OrderNow:
        return self._lookup.order_now(order_no, without_ticket=without_ticket)

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        return self._lookup.ticket(ticket_no)

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
        row = self._lookup.ticket_row(ticket_no)
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

    def _as_decided(self, step: Step, statuses: frozenset[int]) -> Row | Declined:
        """The ticket, if it is still what the decision was about and the step can be taken."""
        row = self._lookup.ticket_row(step.ticket_no)
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
