"""A platform in memory for the tests of steps: it keeps tickets, checks versions, refunds once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import RLock
from typing import Any

from aftersale.domain.money import plain_yuan
from aftersale.models import Ticket
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.desk_steps import (
    Because,
    MerchantRequest,
    NoteRules,
    Opened,
    Parcel,
    ReturnAddress,
)
from aftersale.platforms.payments import Failed, NeverSeen, Paid, Pending
from aftersale.platforms.protocol import (
    Accepted,
    Declined,
    OrderNow,
    Picture,
    PlatformReason,
    SeenTicket,
    Step,
    Unreadable,
    Why,
)
from aftersale.records.schemas import OrderRecord, ReturnShipment, TicketRecord


@dataclass
class Double:
    """`before` and `after` are scripted by method: each call takes the next of the list, which is
    an exception to raise, an answer to give instead, or something to do first."""

    tickets: dict[str, TicketRecord] = field(default_factory=dict)
    # Orders with figures of the platform's own, and tickets that can't be read.
    orders: dict[str, OrderRecord] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    # Money that left, by ticket: (ticket, fen).
    paid: list[tuple[str, int]] = field(default_factory=list)
    windows: list[str] = field(default_factory=list)
    offers: list[tuple[str, int, str]] = field(default_factory=list)
    pictures: list[Sequence[Picture]] = field(default_factory=list)
    addresses: list[ReturnAddress] = field(default_factory=list)
    before: dict[str, list[Any]] = field(default_factory=dict)
    after: dict[str, list[Any]] = field(default_factory=dict)
    # Requests of the shop's own: the key, and its ticket; when, and of which shop.
    requests: dict[str, str] = field(default_factory=dict)
    clock: Any = None
    shop_code: str = ""
    # Refunds at once rather than later.
    instant: bool = True
    lock: Any = field(default_factory=RLock)

    def add(self, ticket: Ticket, **values: Any) -> None:
        """A ticket as the desk has it."""
        self.tickets[ticket.ticket_no] = TicketRecord(
            **{
                "shop": ticket.shop.code,
                "ticket_no": ticket.ticket_no,
                "order_no": ticket.order_no,
                "line_no": ticket.line_no,
                "type": ticket.requested_type,
                "reason": ticket.reason,
                "amount": plain_yuan(ticket.amount),
                "applied_at": ticket.applied_at.isoformat(),
                "updated_at": ticket.updated_at.isoformat(),
                "status": "pending_review",
            }
            | values
        )

    def change(self, number: str, **values: Any) -> None:
        """Something happens at the platform: a newer version."""
        old = self.tickets[number]
        newer = {"updated_at": old.updated_at + timedelta(seconds=1)} | values
        self.tickets[number] = old.model_copy(update=newer)

    def refunds(self, number: str, amount: int | None = None) -> None:
        """Money leaves, whoever wanted it."""
        amount = self.tickets[number].amount if amount is None else amount
        self.paid.append((number, amount))
        self.change(number, status="refunded", amount=amount)

    # The interface.

    def approve(self, step: Step) -> Accepted | Declined:
        return self._step("approve", step, {"pending_review", "refund_failed"}, self._refund)

    def confirm_receipt(self, step: Step) -> Accepted | Declined:
        return self._step("confirm_receipt", step, {"awaiting_return", "returning"}, self._refund)

    def approve_return(self, step: Step) -> Accepted | Declined:
        def do(number: str) -> None:
            self.change(number, status="awaiting_return")

        return self._step("approve_return", step, {"pending_review"}, do)

    def reject(
        self, step: Step, *, reason: str, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        def do(number: str) -> None:
            self.pictures.append(pictures)
            self.change(number, status="rejected")

        return self._step("reject", step, {"pending_review", "negotiating", "returning"}, do)

    def negotiate(
        self, step: Step, *, type: str, amount: int, text: str, pictures: Sequence[Picture]
    ) -> Accepted | Declined:
        def do(number: str) -> None:
            self.pictures.append(pictures)
            self.offers.append((type, amount, text))
            self.change(number, status="negotiating")

        return self._step("negotiate", step, {"pending_review", "negotiating"}, do)

    def reject_reasons(self, ticket_no: str) -> Sequence[PlatformReason]:
        return ()  # the catalogue serves

    notes = NoteRules(longest=200, flags=("red", "blue"), replaces=False)

    def note(
        self, order_no: str, *, text: str, flag: str, deadline: Deadline | None
    ) -> Accepted | Declined:
        return self._call("note", (order_no, text, flag), Accepted)

    def return_addresses(self) -> Sequence[ReturnAddress]:
        return self._call("return_addresses", None, lambda: self.addresses)

    def enter_return(self, step: Step, *, carrier: str, tracking_no: str) -> Accepted | Declined:
        def do(number: str) -> None:
            parcel = ReturnShipment(carrier=carrier, tracking_no=tracking_no)
            self.change(number, status="returning", return_shipment=parcel)

        return self._step("enter_return", step, {"awaiting_return"}, do)

    def send_new_goods(self, step: Step, *, carrier: str, tracking_no: str) -> Accepted | Declined:
        def do(number: str) -> None:
            self.change(number)

        return self._step("send_new_goods", step, {"returning"}, do)

    request_reasons = (Because.AGREED, Because.QUALITY)
    difference_reasons = (Because.AGREED, Because.PRICE_CUT)

    def open_request(
        self, request: MerchantRequest, *, with_return: bool, deadline: Deadline | None
    ) -> Opened | Declined:
        kind = "return_refund" if with_return else "refund_only"
        return self._call("open_request", request, lambda: self._opened(request, kind))

    def refund_difference(
        self, request: MerchantRequest, *, deadline: Deadline | None
    ) -> Opened | Declined:
        def do() -> Opened:
            is_new = request.key not in self.requests
            opened = self._opened(request, "refund_only")
            if is_new:
                self._refund(opened.ticket_no)
            return opened

        return self._call("refund_difference", request, do)

    def _opened(self, request: MerchantRequest, kind: str) -> Opened:
        """The same key is the same ticket."""
        if request.key not in self.requests:
            number = f"M{len(self.requests) + 1}"
            self.requests[request.key] = number
            self.tickets[number] = TicketRecord(
                shop=self.shop_code,
                ticket_no=number,
                order_no=request.order_no,
                line_no=request.line_no,
                type=kind,
                amount=plain_yuan(request.amount),
                applied_at=self.clock().isoformat(),
                updated_at=self.clock().isoformat(),
                status="negotiating",
            )
        return Opened(self.requests[request.key])

    def more_time(self, step: Step) -> Accepted | Declined:
        def do(number: str) -> None:
            due = self.tickets[number].due_at or step.version
            self.change(number, due_at=due + timedelta(days=7))

        return self._step("more_time", step, {"returning"}, do)

    on_their_way: list[Parcel] = field(default_factory=list)

    def parcels(self, ticket_no: str) -> Sequence[Parcel]:
        return self._call("parcels", ticket_no, lambda: self.on_their_way)

    def stop_parcels(self, step: Step, parcels: Sequence[Parcel]) -> Accepted | Declined:
        return self._call("stop_parcels", list(parcels), Accepted)

    def open_window(self, order_no: str, *, note: str) -> Accepted | Declined:
        def do() -> Accepted:
            self.windows.append(order_no)
            return Accepted()

        return self._call("open_window", order_no, do)

    def order_now(self, order_no: str, *, without_ticket: str) -> OrderNow:
        def do() -> OrderNow:
            others = [
                SeenTicket(record)
                for number, record in self.tickets.items()
                if record.order_no == order_no and number != without_ticket
            ]
            return OrderNow(self.orders.get(order_no), [*others, *self.unreadable])

        return self._call("order_now", order_no, do)

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        def do() -> SeenTicket | None:
            record = self.tickets.get(ticket_no)
            return None if record is None else SeenTicket(record)

        return self._call("ticket", ticket_no, do)

    def refund_status(self, ticket_no: str) -> Paid | Failed | NeverSeen | Pending:
        def do() -> Paid | Failed | NeverSeen | Pending:
            status = self.tickets[ticket_no].status
            if status == "refunded":
                return Paid()
            if status == "refund_failed":
                return Failed("failed there", permanent=True)
            return Pending() if status == "refunding" else NeverSeen()

        return self._call("refund_status", ticket_no, do)

    # The way in which it does so.

    def _refund(self, number: str) -> None:
        if self.instant:
            self.refunds(number)
        else:
            self.change(number, status="refunding")

    def _step(
        self, name: str, step: Step, fits: set[str], do: Callable[[str], None]
    ) -> Accepted | Declined:
        def take() -> Accepted | Declined:
            record = self.tickets[step.ticket_no]
            if record.updated_at != step.version or record.status not in fits:
                return Declined(Why.CHANGED, "it has changed")
            assert (record.amount, record.type) == (step.amount, step.type)
            do(step.ticket_no)
            return Accepted()

        return self._call(name, step, take)

    def _call(self, name: str, about: Any, do: Callable[[], Any]) -> Any:
        with self.lock:
            self.calls.append((name, about))
            instead = self._scripted(self.before, name)
            if instead is not None:
                return instead
            answer = do()
            instead = self._scripted(self.after, name)
            return answer if instead is None else instead

    def _scripted(self, script: dict[str, list[Any]], name: str) -> Any:
        left = script.get(name)
        what = left.pop(0) if left else None
        if isinstance(what, BaseException):
            raise what
        return what() if callable(what) else what

    def names(self) -> list[str]:
        """The steps that were called, without questions."""
        return [name for name, _about in self.steps()]

    def steps(self) -> list[tuple[str, Any]]:
        questions = ("ticket", "refund_status", "order_now", "parcels")
        return [call for call in self.calls if call[0] not in questions]
