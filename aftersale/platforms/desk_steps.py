"""Steps of the desk beside a ticket's own course: they move no status and no money of ours.

Only some platforms take each; a connector that declares one (PLATFORMS e8) has its method.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from django.db import models
from django.utils.translation import gettext_lazy as _

from aftersale.platforms.protocol import Accepted, Declined, Step

if TYPE_CHECKING:
    from aftersale.platforms.deadline import Deadline


@dataclass(frozen=True, slots=True)
class NoteRules:
    """The form of a seller's note on an order that a platform takes."""

    longest: int
    # Colours (aftersale.domain.platform_facts).
    flags: tuple[str, ...]
    # Whether a note goes in the place of the one before.
    replaces: bool


class ReturnAddress(NamedTuple):
    """An address of the shop's to which buyers send goods back."""

    number: str
    words: str
    is_default: bool


@runtime_checkable
class TakesNotes(Protocol):
    @property
    def notes(self) -> NoteRules: ...

    def note(
        self, order_no: str, *, text: str, flag: str, deadline: "Deadline | None"
    ) -> Accepted | Declined:
        """A seller's note on an order, with a flag or without."""


@runtime_checkable
class HasReturnAddresses(Protocol):
    """`Platform.approve_return` takes one of them with its step."""

    def return_addresses(self) -> Sequence[ReturnAddress]: ...


@runtime_checkable
class EntersReturns(Protocol):
    def enter_return(self, step: Step, *, carrier: str, tracking_no: str) -> Accepted | Declined:
        """The buyer's parcel, entered for the buyer; `carrier` as the platform has it."""


@runtime_checkable
class SendsNewGoods(Protocol):
    def send_new_goods(self, step: Step, *, carrier: str, tracking_no: str) -> Accepted | Declined:
        """The goods of an exchange have come back, and the new ones are on their way."""


@runtime_checkable
class GivesMoreTime(Protocol):
    def more_time(self, step: Step) -> Accepted | Declined:
        """More time to receive the goods of a return, by as much as the platform gives."""


class Parcel(NamedTuple):
    carrier: str
    tracking_no: str


@runtime_checkable
class StopsParcels(Protocol):
    def parcels(self, ticket_no: str) -> "Sequence[Parcel]":
        """The parcels that are on their way to the buyer, as far as the platform knows them."""

    def stop_parcels(self, step: Step, parcels: Sequence[Parcel]) -> Accepted | Declined:
        """Asks the carriers to bring parcels back that are on their way to the buyer. Declined
        where one of them can't be, though others may be."""


class Because(models.TextChoices):
    """The merchant's reason to open a request or to give a difference back."""

    AGREED = "agreed", _("Agreed with the buyer")
    OUT_OF_STOCK = "out_of_stock", _("Out of stock")
    WRONG_GOODS = "wrong_goods", _("Wrong goods sent")
    QUALITY = "quality", _("Quality")
    PRICE_CUT = "price_cut", _("The price was cut since")
    COUPON = "coupon", _("A coupon was not used")


@dataclass(frozen=True, slots=True)
class MerchantRequest:
    """A request about a line of an order that the merchant begins; `amount` in fen.

    The same `key` always means the same request: sent again after a silence it is carried out once.
    """

    key: str
    order_no: str
    line_no: int
    amount: int
    because: Because
    text: str = ""
    quantity: int = 1


class Opened(NamedTuple):
    """The platform has made a ticket of it, which is read like any other."""

    ticket_no: str


@runtime_checkable
class OpensRequests(Protocol):
    # The reasons of each, the first one being the usual.
    request_reasons: Sequence[Because]
    difference_reasons: Sequence[Because]

    def open_request(
        self, request: MerchantRequest, *, with_return: bool, deadline: "Deadline | None"
    ) -> Opened | Declined:
        """In the buyer's name, who has to agree before money moves."""

    def refund_difference(
        self, request: MerchantRequest, *, deadline: "Deadline | None"
    ) -> Opened | Declined:
        """Pays at once, and nobody is asked: whoever calls it holds the amount before."""


def in_words(*parts: object) -> str:
    """An address out of what a platform gives of it; never longer than one line."""
    words = [str(part).strip() for part in parts if isinstance(part, str | int) and part]
    return " ".join(dict.fromkeys(words))[:200]
