"""The catalogue of reject reasons (SPEC P2), in the desk's own words.

It follows the reasons that platforms offer (PLATFORMS b4). A reason fits the types and stages that
it names. `needs_evidence`: needs pictures. `negotiate_first`: only after a round of negotiation
that the buyer did not accept.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from aftersale.models import OrderStatus, Ticket, TicketStatus, TicketType


class Stage(StrEnum):
    BEFORE_SHIPPING = "before_shipping"
    AFTER_SHIPPING = "after_shipping"
    GOODS_BACK = "goods_back"


STAGES: dict[Stage, Any] = {
    Stage.BEFORE_SHIPPING: pgettext_lazy("stage", "Before shipping"),
    Stage.AFTER_SHIPPING: pgettext_lazy("stage", "After shipping"),
    Stage.GOODS_BACK: pgettext_lazy("stage", "Goods sent back"),
}

_REFUND, _RETURN = TicketType.REFUND_ONLY, TicketType.RETURN_REFUND
_KEEP, _EXCHANGE = TicketType.REFUND_KEEP_GOODS, TicketType.EXCHANGE
_ANY = frozenset(TicketType)
_BEFORE, _AFTER, _BACK = Stage.BEFORE_SHIPPING, Stage.AFTER_SHIPPING, Stage.GOODS_BACK


@dataclass(frozen=True)
class RejectReason:
    """One reason; `text` is the default explanation, with placeholders (domain/placeholders.py)."""

    code: str
    label: Any
    text: Any
    types: frozenset[TicketType]
    stages: frozenset[Stage]
    needs_evidence: bool = False
    negotiate_first: bool = False


REASONS: tuple[RejectReason, ...] = (
    RejectReason(
        "already_shipped",
        _("The parcel had left when the buyer applied"),
        _(
            "Hello {buyer}, the parcel of order {order_no} had already been handed to the carrier "
            "when you applied at {applied_at}. Please take it in first, and apply again with what "
            "you need then. Request {ticket_no} is closed for now; write to {shop} with any "
            "question."
        ),
        frozenset({_REFUND}),
        frozenset({_BEFORE, _AFTER}),
        needs_evidence=True,
    ),
    RejectReason(
        "agreed_to_cancel",
        _("Agreed with the buyer to withdraw the request"),
        _(
            "Hello {buyer}, sorry for the trouble. As agreed with you, request {ticket_no} for "
            "{product} is closed. Write to {shop} at any time if something else comes up."
        ),
        _ANY,
        frozenset({_BEFORE, _AFTER}),
        needs_evidence=True,
    ),
    RejectReason(
        "shipped_on_time",
        _("Shipped in time and on its way"),
        _(
            "Hello {buyer}, order {order_no} was shipped within the promised time, and the parcel "
            "is moving as it should. We are asking the carrier to hurry. If it does not arrive, "
            "please apply again; request {ticket_no} is closed for now. {shop} is there for you."
        ),
        frozenset({_REFUND}),
        frozenset({_AFTER}),
    ),
    RejectReason(
        "reason_mismatch",
        _("The buyer's reason does not fit the facts"),
        _(
            "Hello {buyer}, you gave “{reason}” as the reason, and that does not match what we "
            "found for {product}. Please look again and apply with the reason that fits. Request "
            "{ticket_no} is closed for now; write to {shop} with any question."
        ),
        _ANY,
        frozenset({_BEFORE, _AFTER}),
    ),
    RejectReason(
        "made_to_order",
        _("Goods of a special kind (made to order, fresh, opened)"),
        _(
            "Hello {buyer}, {product} is of a kind that can't be taken back without a fault, as "
            "its page says. If there is a fault, please apply again with pictures of it. Request "
            "{ticket_no} is closed for now; write to {shop} with any question."
        ),
        frozenset({_REFUND, _RETURN, _EXCHANGE}),
        frozenset({_BEFORE, _AFTER}),
        negotiate_first=True,
    ),
    RejectReason(
        "no_defect_shown",
        _("What the buyer sent shows no fault"),
        _(
            "Hello {buyer}, what you sent us does not show a fault of {product}. Please take "
            "pictures or a short video of the problem and apply again; we will look at it at once. "
            "Request {ticket_no} is closed for now; write to {shop} with any question."
        ),
        _ANY,
        frozenset({_AFTER}),
        negotiate_first=True,
    ),
    RejectReason(
        "missing_item_unproven",
        _("No proof that something is missing"),
        _(
            "Hello {buyer}, by weight and packing list the parcel of order {order_no} was "
            "complete. Please send us pictures of the parcel, its label and all that was in it, "
            "and apply again. Request {ticket_no} is closed for now; write to {shop} with any "
            "question."
        ),
        frozenset({_REFUND, _KEEP, _EXCHANGE}),
        frozenset({_AFTER}),
        needs_evidence=True,
        negotiate_first=True,
    ),
    RejectReason(
        "return_first",
        _("The goods must come back first"),
        _(
            "Hello {buyer}, {product} has reached you, so {amount} yuan can only be refunded once "
            "it is back. Please apply for return and refund instead; we will approve it quickly. "
            "Request {ticket_no} is closed for now; write to {shop} with any question."
        ),
        frozenset({_REFUND, _KEEP}),
        frozenset({_AFTER}),
        negotiate_first=True,
    ),
    RejectReason(
        "exchange_sold_out",
        _("Nothing left to exchange it for"),
        _(
            "Hello {buyer}, we are sorry: there is no {product} left to exchange yours for. Please "
            "apply for return and refund, and you will have your money back. Request {ticket_no} "
            "is closed for now; write to {shop} with any question."
        ),
        frozenset({_EXCHANGE}),
        frozenset({_AFTER}),
        negotiate_first=True,
    ),
    RejectReason(
        "bad_return_tracking",
        _("The return's tracking number shows nothing"),
        _(
            "Hello {buyer}, the tracking number that you entered for request {ticket_no} shows no "
            "parcel, and nothing has reached us. Please check it with the carrier and apply again "
            "with the right one. Write to {shop} with any question."
        ),
        frozenset({_RETURN, _EXCHANGE}),
        frozenset({_BACK}),
        needs_evidence=True,
    ),
    RejectReason(
        "not_resaleable",
        _("Came back used or damaged"),
        _(
            "Hello {buyer}, {product} came back to us in a state in which it can't be sold as new; "
            "the pictures show it. We will send it back to you if you wish. Request {ticket_no} is "
            "closed for now; write to {shop} and we will find a way."
        ),
        frozenset({_RETURN, _EXCHANGE}),
        frozenset({_BACK}),
        needs_evidence=True,
    ),
    RejectReason(
        "wrong_item_returned",
        _("Something else came back"),
        _(
            "Hello {buyer}, what came back to us is not the {product} of order {order_no}; the "
            "pictures show it. Please check what you sent, and apply again once the right goods "
            "are on their way. Request {ticket_no} is closed for now; write to {shop} with any "
            "question."
        ),
        frozenset({_RETURN, _EXCHANGE}),
        frozenset({_BACK}),
        needs_evidence=True,
    ),
    RejectReason(
        "incomplete_return",
        _("Parcel empty, or parts are missing"),
        _(
            "Hello {buyer}, the parcel that came back for order {order_no} was empty or incomplete "
            "(parts or gifts are missing); the pictures show it. Please send what is missing, or "
            "write to {shop}. Request {ticket_no} is closed for now."
        ),
        frozenset({_RETURN, _EXCHANGE}),
        frozenset({_BACK}),
        needs_evidence=True,
    ),
)
BY_CODE = {reason.code: reason for reason in REASONS}


def stage_of(ticket: Ticket) -> Stage:
    """The stage by the order's status in the back office; goods on their way back come first."""
    if ticket.status == TicketStatus.RETURNING:
        return Stage.GOODS_BACK
    before = (OrderStatus.PENDING_PAYMENT, OrderStatus.PENDING_SHIPMENT)
    if ticket.order is None or ticket.order.status in before:
        return Stage.BEFORE_SHIPPING
    return Stage.AFTER_SHIPPING


def fitting(ticket: Ticket) -> list[RejectReason]:
    """The reasons that fit the ticket's type and stage, in the order of the catalogue."""
    stage = stage_of(ticket)
    return [reason for reason in REASONS if ticket.type in reason.types and stage in reason.stages]


def label_of(code: str) -> Any:
    """The label of a reason; the code of one that has left the catalogue."""
    reason = BY_CODE.get(code)
    return reason.label if reason else code
