"""Where buyers' data stand: each column that may hold a number, or a text with one in it (SPEC P7).

Other apps add theirs by `register`. `tests/privacy/test_places.py` fails for a column of text that
is neither here nor said to hold none.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import Model

from aftersale.models import (
    AfterSaleWindow,
    ApprovalRequest,
    AuditEntry,
    BlockedBuyer,
    FeedEvent,
    FileImport,
    FundEntry,
    IdempotentCall,
    ImportRow,
    Negotiation,
    OfferText,
    Order,
    PlatformFacts,
    PlatformProblem,
    PlatformStep,
    Refund,
    RefundAttempt,
    Rejection,
    RejectReasonTemplate,
    ReturnFreight,
    SandboxPayment,
    ShippingAlert,
    ShopRequest,
    Ticket,
    TicketEvent,
    WebhookMessage,
)


class Place(NamedTuple):
    """Columns of a table; `shop` is the path from its rows to their shop."""

    model: type[Model]
    shop: str
    # They hold the number and nothing else.
    buyers: Sequence[str] = ()
    # Texts, JSON and answers in which the number may stand.
    texts: Sequence[str] = ()
    # The path from the rows to the order whose buyer they name.
    order: str = ""


_PLACES = [
    Place(Order, "shop", buyers=["buyer"], order="pk"),
    Place(Ticket, "shop", buyers=["buyer"], texts=["note", "evidence"], order="order"),
    Place(BlockedBuyer, "shop", buyers=["buyer"], texts=["note"]),
    Place(TicketEvent, "ticket__shop", texts=["note"]),
    Place(Rejection, "ticket__shop", texts=["explanation", "label"]),
    Place(Negotiation, "ticket__shop", texts=["message"]),
    Place(ReturnFreight, "ticket__shop", texts=["text"]),
    Place(ShopRequest, "shop", texts=["text"]),
    Place(AfterSaleWindow, "shop", texts=["agreement"]),
    Place(ApprovalRequest, "shop", texts=["arguments", "note"]),
    Place(PlatformStep, "shop", texts=["details", "reason"]),
    Place(Refund, "shop", texts=["reason", "failure", "reference"]),
    Place(RefundAttempt, "refund__shop", texts=["reason"]),
    Place(SandboxPayment, "shop", texts=["reason"]),
    Place(ShippingAlert, "shop", texts=["note"]),
    Place(FundEntry, "fund__shop", texts=["note"]),
    Place(RejectReasonTemplate, "shop", texts=["text"]),
    Place(OfferText, "shop", texts=["text"]),
    # The trail's other columns hold no buyer's data, and the database lets nobody change them.
    Place(AuditEntry, "shop", texts=["filters"]),
    Place(FeedEvent, "shop", texts=["data"]),
    Place(WebhookMessage, "endpoint__shop", texts=["data"]),
    Place(IdempotentCall, "token__shop", texts=["answer", "location"]),
    Place(PlatformFacts, "shop", texts=["facts"]),
    Place(PlatformProblem, "account__shop", texts=["reason", "raw"]),
    Place(FileImport, "shop", texts=["names", "error"]),
    Place(ImportRow, "file_import__shop", texts=["cells", "note"]),
]

# Data of tickets that other apps hold: for each key of the file that is given out, a reader from
# tickets' keys to their records.
Held = Callable[[Sequence[int]], Mapping[int, Sequence[dict[str, Any]]]]
_held: dict[str, Held] = {}


def register(*places: Place) -> None:
    _PLACES.extend(place for place in places if place not in _PLACES)


def register_held(key: str, read: Held) -> None:
    _held[key] = read


def places() -> Sequence[Place]:
    return _PLACES


def is_held(shop_ids: Collection[int], buyer: str) -> bool:
    """Whether a row of one of the shops has this number, or stand-in."""
    return any(
        place.model._default_manager.filter(**{f"{place.shop}__in": shop_ids, name: buyer}).exists()
        for place in places()
        for name in place.buyers
    )


def held_elsewhere() -> Mapping[str, Held]:
    return _held
