"""A dispute (纠纷单) of a WeChat ticket: whose turn it is, whether it has ended, who won.

A ticket names its dispute for ever: only the dispute itself says that it is over (SPEC O4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aftersale.platforms.protocol import Fact
from aftersale.platforms.wechat.values import moment, texts

Raw = Mapping[str, Any]

# `status`: its word, and whose turn it is.
STATUS: dict[int, tuple[str, str]] = {
    100: ("merchant_to_handle", "merchant"),
    101: ("with_service", "platform"),
    102: ("withdrawn", ""),
    103: ("with_service", "platform"),
    104: ("proof_of_buyer", "buyer"),
    105: ("proof_given", "platform"),
    106: ("proof_of_merchant", "merchant"),
    107: ("proof_given", "platform"),
    108: ("proof_of_both", "both"),
    109: ("proof_late", "platform"),
    110: ("merchant_to_confirm", "merchant"),
    111: ("appeal", "platform"),
    112: ("mediated", ""),
    113: ("with_service", "platform"),
    114: ("refunding", "platform"),
    115: ("refunded", ""),
    116: ("closed", ""),
    305: ("proof_late", "platform"),
    307: ("proof_late", "platform"),
}
UNREADABLE = -1
ENDED = {102, 112, 115, 116}
REFUNDING, REFUNDED = 114, 115
# When it takes evidence that it asked for, and a message with pictures at any other time.
WANTS_PROOF, WITH_SERVICE = {106, 108}, {101, 103}
LONGEST_TEXT, MOST_PICTURES = 500, 20

# history[].item_type
STEPS: dict[int, str] = {
    1: "called",
    2: "buyer_message",
    3: "merchant_message",
    4: "submitted",
    5: "buyer_withdrew",
    6: "merchant_late",
    7: "buyer_proof",
    8: "merchant_proof",
    10: "waits_merchant",
    11: "waits_platform",
    12: "platform_withdrew",
    13: "platform_handles",
    14: "proof_wanted",
    16: "proof_wanted",
    18: "proof_wanted",
    20: "merchant_confirms",
    21: "appeal",
    22: "mediated",
    23: "checking",
    24: "refund_again",
    26: "closed",
    30: "fault_buyer",
    31: "fault_merchant",
    32: "fault_both",
    33: "fault_none",
    34: "appeal_lost",
    35: "appeal_won",
    36: "refund_valid",
    37: "refund_invalid",
    50: "asked",
    51: "refused",
    52: "cancelled",
}
# Withdrawn, mediated, closed.
LAST_STEPS = {5, 12, 22, 26, 52}
# The latest of these says who won.
WINNER: dict[int, str] = {30: "merchant", 31: "buyer", 36: "buyer", 37: "merchant"}
_MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class Dispute:
    number: str
    # 0: the platform does not say; below: it can't be read. Of neither is it known to be over.
    status: int
    # (time in seconds, item_type), latest first.
    history: tuple[tuple[int, int], ...] = ()
    pictures: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        if not self.status and self.history:
            # Older answers have no status: their last step says.
            return self.history[0][1] not in LAST_STEPS
        return self.status not in ENDED

    @property
    def changed_at(self) -> int:
        return self.history[0][0] if self.history else 0

    @property
    def winner(self) -> str | None:
        """As `arbitration_result` has it, once it is over."""
        if self.running:
            return None
        if self.status == REFUNDED:
            return "buyer"
        return next((WINNER[kind] for _, kind in self.history if kind in WINNER), None)


def number_of(raw: Raw) -> str:
    """The number of the ticket's dispute, running or over; empty where there never was one."""
    number = str(raw.get("complaint_id") or "0")
    return "" if number == "0" else number


def dispute(number: str, answer: Raw) -> Dispute:
    rows = answer.get("history")
    listed = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    history = [(_whole(row.get("time")), _whole(row.get("item_type"))) for row in listed]
    pictures = [media for row in listed for media in texts(row, "media_id_list")]
    return Dispute(
        number,
        _status(answer.get("status")),
        tuple(sorted(history, reverse=True)),
        tuple(dict.fromkeys(pictures)),
    )


def facts(found: Dispute) -> list[Fact]:
    """The words that the parties sent stay there: they may have anything in them."""
    word, turn = STATUS.get(found.status, (str(found.status or ""), ""))
    return [
        Fact("dispute", word),
        Fact("dispute_turn", turn),
        *(
            Fact("dispute_step", STEPS.get(kind, str(kind)), moment(at))
            for at, kind in found.history[:_MOST_STEPS]
            if kind
        ),
    ]


def _status(value: Any) -> int:
    return 0 if value in (None, "", 0, "0") else _whole(value) or UNREADABLE


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
