"""The platform's refusals for people, and our reasons to reject among the platform's."""

from collections.abc import Mapping
from typing import Any

from aftersale.domain.digits import whole_number
from aftersale.domain.multilingual import said as _
from aftersale.platforms.protocol import Declined, Why, own_reason

from . import codes
from .client import Refused


def declined(refused: Refused) -> Declined:
    return Declined(codes.DECLINED.get(refused.code, Why.OTHER), text(refused))


def text(refused: Refused) -> str:
    """A refusal in words for people: our own, or the platform's for other codes."""
    known = {
        Why.CHANGED: _("The request has changed on the platform."),
        Why.NEGOTIATE_FIRST: _("The platform wants a negotiation with the buyer first."),
        Why.PLATFORM_HANDLING: _("The platform is handling this request."),
        Why.NO_FUNDS: _("The shop has too little money on the platform."),
        Why.NOT_FOUND: _("The platform does not know this request."),
    }
    if refused.code in codes.DECLINED:
        return known[codes.DECLINED[refused.code]]
    if refused.code in codes.BAD_ADDRESS:
        return _("The platform does not take the shop's return address.")
    if refused.code == codes.FORBIDDEN_CHARACTERS:
        return _("The text has characters that the platform forbids.")
    return _("The platform refuses: %s") % refused


def fitting(rows: Any, scene: int | None) -> list[dict[str, Any]]:
    """The reasons of a scene; older answers name no scene, and theirs fit everywhere."""
    return [
        row
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict)
        and codes.whole(row.get("reject_reason_type"))
        and (
            scene is None
            or row.get("reject_scene") is None
            or codes.whole(row["reject_scene"]) == scene
        )
    ]


def number_of(reason: str, rows: list[dict[str, Any]]) -> int | None:
    """The platform's number for a reason: its own that people chose (SPEC P2), or for one of our
    catalogue the one with its label, else the one with its number."""
    own = own_reason(reason)
    if own is not None:
        offered = {str(row.get("reject_reason_type")) for row in rows}
        return whole_number(own) if own in offered else None
    numbers, labels = codes.REJECT_REASONS.get(reason, ((), ()))
    for row in rows:
        if any(label in _label(row) for label in labels):
            return codes.whole(row["reject_reason_type"])
    for number in numbers:
        if any(
            codes.whole(row["reject_reason_type"]) == number and not _label(row) for row in rows
        ):
            return number
    return None


def _label(row: Mapping[str, Any]) -> str:
    return str(row.get("reject_reason_type_text") or "")
