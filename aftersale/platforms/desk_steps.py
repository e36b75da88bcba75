"""Steps of the desk beside a ticket's own course: they move no status and no money of ours.

Only some platforms take each; a connector that declares one (PLATFORMS e8) has its method.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

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


def in_words(*parts: object) -> str:
    """An address out of what a platform gives of it; never longer than one line."""
    words = [str(part).strip() for part in parts if isinstance(part, str | int) and part]
    return " ".join(dict.fromkeys(words))[:200]
