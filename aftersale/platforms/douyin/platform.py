"""A Douyin shop as Afterdesk asks for it (aftersale.platforms.Platform)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from aftersale.domain.digits import whole_number
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import COMMA
from aftersale.platforms.capabilities import Can
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.desk_steps import Parcel, ReturnAddress
from aftersale.platforms.known import Known
from aftersale.platforms.payments import Failed, NeverSeen, Paid, Pending, TimedOut
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

from . import access, codes, desk, messages, reasons, refusals, to_records
from .api import Api, Refused
from .codes import Money, Operation, Status
from .lookup import TICKETS, Lookup
from .refusals import declined
from .values import LONGEST_NUMBER, clean, number, part, rows, seconds, whole

OPERATE = "/afterSale/operate"
OPEN_ENTRY = "/afterSale/OpenAfterSaleChannel"

Row = Mapping[str, Any]


class Douyin:
    """One shop there. Versions are the platform's update times, to the second."""

    # The answer to a push; after any other it comes again.
    reply = '{"code":0,"msg":"success"}'
    can = frozenset(
        {
            Can.REFUND_WITHOUT_GOODS,
            Can.OPEN_WINDOW,
            Can.NOTE,
            Can.RETURN_ADDRESS,
            Can.ENTER_RETURN,
            Can.MORE_TIME,
            Can.STOP_PARCELS,
            Can.SEND_NEW_GOODS,
            Can.SEE_NOTES,
            Can.SEE_INSURANCE,
        }
    )

    notes = desk.NOTES
    evidence_expires = True

    def __init__(self, account: Account) -> None:
        self._account = account
        self._api = Api(account)
        self._lookup = Lookup(account.shop_code, self._api)

    # The access.

    @property
    def answered_at(self) -> datetime | None:
        return self._api.connection.answered_at

    def test(self) -> str:
        """There is no call for the shop's name: it comes with the token."""
        self._api.read(TICKETS, {"page": 0, "size": 1})
        secrets = self._account.secrets
        return secrets.get("shop_name") or secrets.get("shop_id") or _("(no name)")

    def renewed(self, *, now: datetime, refused: bool = False) -> Mapping[str, str] | None:
        return access.renewed(self._api, self._account.secrets, now=now, refused=refused)

    # Reading.

    def changed_orders(
        self, *, since: datetime, until: datetime, known: Known | None = None
    ) -> Iterator[SeenOrder | Unreadable]:
        # The list has whole orders: nothing is saved by leaving some out.
        return self._lookup.orders(since, until)

    def changed_tickets(
        self, *, since: datetime, until: datetime, known: Known | None = None
    ) -> Iterator[SeenTicket | Unreadable]:
        return self._lookup.tickets(since, until, known or Known())

    def order(self, order_no: str) -> SeenOrder | None:
        return self._lookup.order(order_no)

    def order_now(self, order_no: str, *, without_ticket: str) -> OrderNow:
        return self._lookup.order_now(order_no, without_ticket=without_ticket)

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        return self._lookup.ticket(ticket_no)

    def challenge(self, query: Mapping[str, str]) -> str | None:
        # None is known; a test push is answered like any other.
        return None

    def messages(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Sequence[Changed]:
        return messages.changes(body, headers, self._account.secrets)

    # Steps.

    def approve(self, step: Step) -> Accepted | Declined:
        return self._decide(step, codes.APPROVE)

    def approve_return(self, step: Step) -> Accepted | Declined:
        prepared = self._prepared(step, codes.APPROVE_RETURN)
        if isinstance(prepared, Declined):
            return prepared
        try:
            address = self._return_address(step.address)
        except Refused as refused:
            return declined(refused)
        if address is None:
            text = _("The shop has no default return address on Douyin. Set one there first.")
            return Declined(Why.OTHER, text)
        return self._operate(step, prepared, {"logistics": {"receiver_address_id": address}})

    def confirm_receipt(self, step: Step) -> Accepted | Declined:
        return self._decide(step, codes.CONFIRM_RECEIPT)

    def reject(
        self, step: Step, *, reason: str, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        """Pictures stay with the desk: the platform takes addresses of pictures that it has
        checked, and no call gives one at once."""
        prepared = self._prepared(step, codes.REFUSE, codes.REFUSE_AFTER_RETURN)
        if isinstance(prepared, Declined):
            return prepared
        try:
            offered = self._lookup.reasons(step.ticket_no)
        except Refused as refused:
            return declined(refused)
        chosen = reasons.chosen(reason, offered)
        if chosen is None:
            there = str(COMMA).join(one.label for one in offered) or _("none")
            told = _("No reason of Douyin's for this ticket fits “%(label)s”: %(there)s.")
            return Declined(Why.OTHER, told % {"label": reasons.label_of(reason), "there": there})
        if chosen.needs_pictures:
            told = _(
                "Douyin wants evidence with the reason “%s” and takes it only in its own back"
                " office: refuse it there, or choose another reason."
            )
            return Declined(Why.OTHER, told % chosen.label)
        numeric = whole_number(chosen.code)
        code = chosen.code if numeric is None else numeric
        words = {"reject_reason_code": code, "reason": chosen.label, "remark": text}
        return self._operate(step, prepared, words)

    def negotiate(
        self, step: Step, *, type: str, amount: int, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        text = _("Douyin has no call for offers: make it in its back office, or write in the chat.")
        return Declined(Why.OTHER, text)

    # Beside a ticket's course.

    def note(
        self, order_no: str, *, text: str, flag: str, deadline: Deadline | None
    ) -> Accepted | Declined:
        return desk.note(self._api, order_no, text=text, flag=flag, deadline=deadline)

    def return_addresses(self) -> Sequence[ReturnAddress]:
        return desk.return_addresses(self._api, self._account.secrets.get("shop_id", ""))

    def enter_return(self, step: Step, *, carrier: str, tracking_no: str) -> Accepted | Declined:
        prepared = self._prepared(step, codes.ENTER_RETURN)
        if isinstance(prepared, Declined):
            return prepared
        return desk.enter_return(
            self._api,
            step.ticket_no,
            carrier=carrier,
            tracking_no=tracking_no,
            deadline=step.deadline,
        )

    def more_time(self, step: Step) -> Accepted | Declined:
        prepared = self._prepared(step, codes.MORE_TIME)
        if isinstance(prepared, Declined):
            return prepared
        return desk.more_time(self._api, step.ticket_no, deadline=step.deadline)

    def parcels(self, ticket_no: str) -> Sequence[Parcel]:
        raw = self._lookup.raw_ticket(ticket_no)
        return to_records.parcels(raw) if raw else ()

    def stop_parcels(self, step: Step, parcels: Sequence[Parcel]) -> Accepted | Declined:
        prepared = self._prepared(step, codes.STOP_PARCELS)
        if isinstance(prepared, Declined):
            return prepared
        return desk.stop_parcels(self._api, step.ticket_no, parcels, deadline=step.deadline)

    def send_new_goods(self, step: Step, *, carrier: str, tracking_no: str) -> Accepted | Declined:
        prepared = self._prepared(step, codes.SEND_NEW_GOODS)
        if isinstance(prepared, Declined):
            return prepared
        parcel = {"company_code": carrier, "logistics_code": tracking_no}
        return self._operate(step, prepared, {"logistics": parcel})

    def refund_status(self, ticket_no: str) -> Paid | Failed | NeverSeen | Pending:
        raw = self._lookup.raw_ticket(ticket_no)
        if raw is None:
            return NeverSeen()
        info = to_records.ticket_info(raw)
        # None: not given, and that is no zero.
        paid, code = whole(info, "refund_status"), number(info, "after_sale_status")
        if paid in codes.PAID:
            return Paid()
        if paid == Money.FAILED:
            return Failed(to_records.failure(info) or _("Douyin could not pay."))
        if paid == Money.RUNNING or paid not in set(Money) or code not in codes.TICKET_STATUS:
            return Pending()
        if whole(info, "after_sale_type") in codes.GOODS_ONLY and code == Status.SUCCESS:
            return Failed(_("Ended on Douyin without money."), permanent=True)
        if code in codes.OVER:
            return Failed(_("Closed on Douyin without a refund."), permanent=True)
        return Pending() if code == Status.SUCCESS else NeverSeen()

    def reject_reasons(self, ticket_no: str) -> Sequence[PlatformReason]:
        if whole_number(ticket_no, digits=LONGEST_NUMBER) is None:
            raise NotCarriedOut(_("Douyin does not know this ticket."))
        return self._lookup.reasons(ticket_no)

    def open_window(self, order_no: str, *, note: str) -> Accepted | Declined:
        """Each line has an entry of its own (SPEC W1)."""
        try:
            lines = self._lookup.lines(order_no)
        except Refused as refused:
            return declined(refused)
        if not lines:
            return Declined(Why.NOT_FOUND, _("Douyin does not know this order."))
        refused_lines = [answer for line in lines if (answer := self._open_entry(line))]
        if not refused_lines:
            return Accepted()
        first = refused_lines[0]
        if len(refused_lines) == len(lines):
            return first
        text = _("Opened for %(opened)d of %(lines)d lines; not for the others: %(why)s")
        opened = len(lines) - len(refused_lines)
        return Declined(
            first.why, text % {"opened": opened, "lines": len(lines), "why": first.reason}
        )

    # How.

    def _open_entry(self, line: str) -> Declined | None:
        """None: it is open."""
        try:
            data = self._api.send(OPEN_ENTRY, {"order_id": line})
        except Refused as refused:
            if refused.number == codes.ENTRY_OPEN_ALREADY:
                return None
            if refused.number == codes.NO_SUCH_ORDER:
                return Declined(Why.NOT_FOUND, _("Douyin does not know this order."))
            return declined(refused)
        conclusion = part(data, "conclusion")
        if conclusion.get("match_success") is True:
            return None
        if conclusion.get("match_success") is not False:
            raise TimedOut
        return refusals.entry_shut(
            number(conclusion, "match_conclusion"), clean(conclusion.get("match_message"))
        )

    def _return_address(self, chosen_here: str) -> int | None:
        chosen = whole_number(
            chosen_here or self._account.secrets.get("return_address_id", ""),
            digits=LONGEST_NUMBER,
        )
        if chosen is not None:
            return chosen
        return self._lookup.return_address(self._account.secrets.get("shop_id", ""))

    def _decide(self, step: Step, table: Mapping[int, Operation]) -> Accepted | Declined:
        prepared = self._prepared(step, table)
        if isinstance(prepared, Declined):
            return prepared
        return self._operate(step, prepared, {})

    def _prepared(self, step: Step, *tables: Mapping[int, Operation]) -> int | Declined:
        """The `type` of the operation, if the ticket is still what the decision was about."""
        try:
            raw = self._lookup.raw_ticket(step.ticket_no)
        except Refused as refused:
            return declined(refused)
        if raw is None:
            return Declined(Why.NOT_FOUND, _("Douyin does not know this ticket."))
        if to_records.in_dispute(raw):
            return Declined(Why.PLATFORM_HANDLING, _("Douyin itself is handling this ticket."))
        info = to_records.ticket_info(raw)
        type, code = whole(info, "after_sale_type"), number(info, "after_sale_status")
        if not _as_decided(info, step) or type is None:
            return Declined(Why.CHANGED, _("The ticket has changed on Douyin."))
        offered = [table[type] for table in tables if type in table]
        if not offered:
            return refusals.not_for_this_kind(refusing=tables[0] is codes.REFUSE, type=type)
        fitting = [operation for operation, statuses in offered if code in statuses]
        if not fitting:
            text = _("Douyin does not take this step in the ticket's present state.")
            return Declined(Why.CHANGED, text)
        return fitting[0]

    def _operate(self, step: Step, operation: int, words: Row) -> Accepted | Declined:
        # One a call: where several go out, one failure fails all.
        item = {
            "aftersale_id": step.ticket_no,
            "update_time": seconds(step.version),
            **words,
        }
        try:
            data = self._api.send(
                OPERATE, {"type": operation, "items": [item]}, deadline=step.deadline
            )
            _check(data)
        except Refused as refused:
            return declined(refused)
        return Accepted()


def _as_decided(info: Row, step: Step) -> bool:
    """Two changes may fall into one second: the version alone does not tell."""
    type = whole(info, "after_sale_type")
    word = codes.TICKET_TYPE.get(-1 if type is None else type)
    same_type = word == step.type or (word != "exchange" and step.type == "refund_keep_goods")
    same_amount = type in codes.GOODS_ONLY or to_records.amount(info) == step.amount
    return number(info, "update_time") == seconds(step.version) and same_type and same_amount


def _check(data: Row) -> None:
    """The envelope's success is of the call; each ticket has an answer of its own."""
    answers = rows(data, "items")
    code = whole(answers[0], "status_code") if len(answers) == 1 else None
    if code is None:
        raise TimedOut
    if code:
        words = clean(answers[0].get("status_msg"))[:200]
        raise Refused(f"{words} ({code})", code)
