"""The meaning of a request's status and money status together (SPEC O4): one alone says nothing.

`refundStatus` 2 alone is money that has gone back. A code that is not known moves nothing.
"""

from typing import NamedTuple

from aftersale.domain.multilingual import said as _
from aftersale.platforms.payments import Failed, NeverSeen, Paid, Pending
from aftersale.platforms.xiaohongshu import codes
from aftersale.platforms.xiaohongshu.codes import Kind, Refund, Status
from aftersale.platforms.xiaohongshu.values import Row, number, whole

# In these a ticket holds its order's money.
_MONEY = {"awaiting_return", "returning", "refunding"}


class Standing(NamedTuple):
    """The desk's word, None where there is none; and whether the platform's codes are known."""

    word: str | None
    known: bool


def standing(info: Row) -> Standing:
    kind, code, money = number(info, "returnType"), whole(info.get("status")), money_of(info)
    if money == Refund.PAID:
        return Standing("refunded", True)
    if money not in codes.KNOWN_REFUNDS:
        return Standing(None, False)
    if code == Status.PLATFORM:
        return Standing("arbitration", True)
    word = _word(kind, code, money)
    if kind not in codes.TICKET_TYPE and word in _MONEY:
        # Whether it is about money, nobody can tell: it counts as none.
        return Standing(None, word is not None)
    return Standing(word, word is not None)


def _word(kind: int, code: int | None, money: int) -> str | None:
    if code not in set(Status):
        return None
    if money == Refund.FAILED:
        return "refund_failed"
    if money in codes.PAYING:
        return "refunding"
    if kind == Kind.EXCHANGE and code in codes.EXCHANGE_STATUS:
        return codes.EXCHANGE_STATUS[code]
    if code == Status.DONE:
        return "refunding" if money in codes.TO_BE_PAID else None
    return codes.TICKET_STATUS.get(code)


def money_of(info: Row) -> int | None:
    """None where it can't be read; a request that is not done may leave it out."""
    given = info.get("refundStatus")
    if given is None and whole(info.get("status")) != Status.DONE:
        return Refund.NONE
    return whole(given)


def refund(info: Row) -> Paid | Failed | NeverSeen | Pending:
    """The outcome of a request's refund; an uncertain one is not over."""
    word, known = standing(info)
    if not known:
        return Pending()
    match word:
        case "refunded":
            return Paid()
        case "refund_failed":
            text = _("Xiaohongshu could not pay the refund.")
            return Failed(text, late_call_may_pay=True)
        case "cancelled" | "closed":
            return Failed(_("Closed on Xiaohongshu without a refund."), permanent=True)
        case "refunding":
            return Pending()
    # Ordered, and not shown in the status yet.
    return NeverSeen() if money_of(info) == Refund.NONE else Pending()
