"""A ticket as the API shows it: the keys of its record, and what Afterdesk knows besides."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from pydantic import BaseModel, ConfigDict, Field

from aftersale.models import (
    Actor,
    ApprovalKind,
    ApprovalRequest,
    ApprovalState,
    ArbitrationResult,
    AttemptState,
    FundKind,
    Refund,
    RefundSource,
    RefundStatus,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
    TicketType,
)
from aftersale.records.schemas import TicketLabel
from aftersale.services.access.masks import shown_text, shown_text_of
from aftersale.services.refunds import attempts
from aftersale.services.shared import locks
from aftersale.services.tickets import cases

from .call import answer
from .finding import ticket_id
from .values import Buyer, Moment, Yuan

# The latest ones; few tickets have a tenth as many.
MOST_EVENTS = 200


class ShownReturnShipment(BaseModel):
    """How the buyer sent the goods back."""

    carrier: str
    tracking_no: str
    shipped_at: Moment | None


class TicketWindow(BaseModel):
    """The re-opened after-sale window that the ticket was filed through (SPEC W2)."""

    opened_at: Moment
    closes_at: Moment


class ShownTicketEvent(BaseModel):
    """One event: actor, step, time. `user` is the login of a person; of a program's step `token`
    is the token's name, and `user` null. `request` is the `Request-Id` of the request or task."""

    model_config = ConfigDict(serialize_by_alias=True)

    id: int
    at: Moment
    kind: TicketEventKind
    actor: Actor
    user: str | None
    token: str | None
    request: str | None
    from_status: TicketStatus | None = Field(serialization_alias="from")
    to_status: TicketStatus | None = Field(serialization_alias="to")
    note: str


class ShownAttempt(BaseModel):
    """One try at paying; `fund` is the shop's fund that it was paid from, null outside windows."""

    number: int
    state: AttemptState
    amount: Yuan
    fund: FundKind | None
    created_at: Moment
    settled_at: Moment | None
    reason: str


class ShownRefund(BaseModel):
    id: str = Field(description="Its public number: random, and never given twice")
    status: RefundStatus
    amount: Yuan
    source: RefundSource
    requested_by: str | None
    requested_at: Moment
    reason: str = Field(description="The reason that it is filed under")
    failure: str
    reference: str = Field(description="The payment's number elsewhere, where it was paid by hand")
    needs_people: bool
    settled_at: Moment | None
    attempt: int = Field(description="The number of the attempt that a result is about")
    attempts: list[ShownAttempt]


class ShownApprovalRequest(BaseModel):
    """A step above what somebody approves alone, and what became of it (SPEC G4)."""

    state: ApprovalState
    step: ApprovalKind
    amount: Yuan
    requested_by: str = Field(description="The login of whoever asked, or of a token's maker")
    requested_at: Moment
    settled_by: str | None = Field(description="Who confirmed, declined or withdrew it")
    settled_at: Moment | None
    note: str


class TicketRow(BaseModel):
    """A ticket in a list."""

    shop: str
    ticket_no: str
    order_no: str
    line_no: int | None
    type: TicketType
    requested_type: TicketType
    reason: str
    amount: Yuan
    approved_amount: Yuan = Field(description="What it has taken of its order's money")
    applied_at: Moment
    updated_at: Moment
    note: str
    evidence: list[str]
    labels: list[TicketLabel]
    buyer: Buyer
    status: TicketStatus
    status_since: Moment
    due_at: Moment | None
    return_shipment: ShownReturnShipment | None
    goods_received_at: Moment | None = Field(description="By the warehouse's word")
    arbitration_result: ArbitrationResult | None
    flags: list[TicketFlag]
    order_arrived: bool = Field(description="False: waits for its order (SPEC O6)")
    awaiting_evaluation: bool = Field(description="The automation has yet to look at it")
    waits: bool = Field(
        description="The same under its earlier name",
        json_schema_extra={"deprecated": True},
    )


class ShownTicket(TicketRow):
    window: TicketWindow | None
    refund: ShownRefund | None
    second_person: ShownApprovalRequest | None = Field(
        description="The latest step that a second person was asked for"
    )
    events: list[ShownTicketEvent]
    seen: str = Field(description="The facts as they are now: send it back to act on these alone")


def rows_of(tickets: Sequence[Ticket]) -> list[TicketRow]:
    """The tickets have their shops with them."""
    return [TicketRow.model_validate(_row(ticket)) for ticket in tickets]


def ticket_content(pk: int) -> dict[str, Any]:
    """The content of ShownTicket, for modules that add to it."""
    related = ("shop", "order", "window", "refund__requested_by")
    ticket = Ticket.objects.select_related(*related).get(pk=pk)
    refund = getattr(ticket, "refund", None)
    events = ticket.events.select_related("user", "token").order_by("-pk")[:MOST_EVENTS]
    return {
        **_row(ticket),
        "window": ticket.window
        and {"opened_at": ticket.window.opened_at, "closes_at": ticket.window.closes_at},
        "refund": None if refund is None else refund_content(refund),
        "second_person": _second_person(ticket),
        "events": [_event(event, ticket) for event in reversed(events)],
        "seen": cases.seen_now(ticket, ticket.order),
    }


def answer_ticket(pk: int, *, personal: bool = True, status: int = 200) -> HttpResponse:
    """The ticket as an answer; `personal` False leaves out what is the buyer's."""
    found = ShownTicket.model_validate(ticket_content(pk))
    if not personal:
        found.buyer, found.note, found.evidence, found.events = "", "", [], []
        found.second_person = None
        found.seen = ""
        return answer(found, status)
    return answer(found, status, facts=found.seen)


def locked_facts(*, shop_id: int, ticket_no: str) -> str:
    """`seen` of the ticket as it is now, its order and itself locked (docs/locking.md)."""
    pk = ticket_id(shop_id=shop_id, ticket_no=ticket_no)
    order_pk = Ticket.objects.values_list("order", flat=True).get(pk=pk)
    order = None if order_pk is None else locks.lock_order(order_pk)
    return cases.seen_now(locks.lock_ticket(pk), order)


def _row(ticket: Ticket) -> dict[str, Any]:
    shipment = {
        "carrier": ticket.return_carrier,
        "tracking_no": ticket.return_tracking_no,
        "shipped_at": ticket.return_shipped_at,
    }
    return {
        "shop": ticket.shop.code,
        "ticket_no": ticket.ticket_no,
        "order_no": ticket.order_no,
        "line_no": ticket.line_no,
        "type": ticket.type,
        "requested_type": ticket.requested_type,
        "reason": ticket.reason,
        "amount": ticket.amount,
        "approved_amount": ticket.committed,
        "applied_at": ticket.applied_at,
        "updated_at": ticket.updated_at,
        "note": shown_text(ticket.note, ticket.buyer),
        "evidence": ticket.evidence,
        "labels": ticket.labels,
        "buyer": ticket.buyer,
        "status": ticket.status,
        "status_since": ticket.status_at,
        "due_at": ticket.due_at,
        "return_shipment": shipment if any(shipment.values()) else None,
        "goods_received_at": ticket.goods_received_at,
        "arbitration_result": ticket.arbitration_result or None,
        "flags": ticket.flags,
        "order_arrived": ticket.order_id is not None,
        "awaiting_evaluation": ticket.awaiting_evaluation,
        "waits": ticket.awaiting_evaluation,
    }


def _second_person(ticket: Ticket) -> dict[str, Any] | None:
    requests = ApprovalRequest.objects.select_related("requested_by", "settled_by")
    request = requests.filter(ticket=ticket).order_by("-pk").first()
    if request is None:
        return None
    return {
        "state": request.state,
        "step": request.kind,
        "amount": request.amount,
        "requested_by": request.requested_by.username,
        "requested_at": request.requested_at,
        "settled_by": request.settled_by and request.settled_by.username,
        "settled_at": request.settled_at,
        "note": shown_text(request.note, ticket.buyer),
    }


def _event(event: TicketEvent, ticket: Ticket) -> dict[str, Any]:
    return {
        "id": event.pk,
        "at": event.at,
        "kind": event.kind,
        "actor": event.actor,
        "user": None if event.token or not event.user else event.user.username,
        "token": event.token and event.token.name,
        "request": event.request_id or None,
        "from_status": event.from_status or None,
        "to_status": event.to_status or None,
        "note": shown_text(event.note, ticket.buyer),
    }


def refund_content(refund: Refund) -> dict[str, Any]:
    """The content of ShownRefund."""
    return {
        "id": refund.public_number,
        "status": refund.status,
        "amount": refund.amount,
        "source": refund.source,
        "requested_by": refund.requested_by and refund.requested_by.username,
        "requested_at": refund.requested_at,
        "reason": shown_text_of(refund, refund.reason),
        "failure": shown_text_of(refund, refund.failure),
        "reference": shown_text_of(refund, refund.reference),
        "needs_people": refund.needs_people,
        "settled_at": refund.settled_at,
        "attempt": attempts.number_of(refund),
        "attempts": [
            {
                "number": attempt.number,
                "state": attempt.state,
                "amount": attempt.amount,
                "fund": attempt.fund or None,
                "created_at": attempt.created_at,
                "settled_at": attempt.settled_at,
                "reason": shown_text_of(refund, attempt.reason),
            }
            for attempt in sorted(refund.attempts.all(), key=lambda one: one.number)
        ],
    }
