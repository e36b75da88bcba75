"""The freight of a return that a buyer asks for: Kuaishou wants an answer to it with the receipt of
the goods, and takes one only where it was asked for."""

from collections.abc import Mapping
from typing import Any

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import said as _
from aftersale.platforms.kuaishou import codes, pictures
from aftersale.platforms.kuaishou.values import number, part, whole
from aftersale.platforms.protocol import Declined, FreightAnswer, Why

from .api import Api

AGREED, REFUSED = 1, 2


def answer(
    api: Api, row: Mapping[str, Any], given: FreightAnswer | None
) -> dict[str, Any] | Declined:
    """Parameters about the freight that go with the receipt of a ticket's goods; {} for none."""
    claim = part(row, "returnFreightInfo")
    asked = number(claim, "returnFreightAmount")
    if not _is_readable(row):
        # Left out, the buyer's claim would get no answer at all.
        return Declined(
            Why.OTHER, _("What Kuaishou says of the return freight can't be read: handle it there.")
        )
    if asked <= 0 or number(claim, "returnFreightStatus") in codes.FREIGHT_DECIDED:
        return {}
    if given is None:
        # Money that nobody has decided.
        text = _("The buyer asks for %s of return freight: answer that first.")
        return Declined(Why.OTHER, text % format_yuan(asked))
    if given.amount != asked:
        text = _("The buyer asks for another return freight by now: %s.")
        return Declined(Why.CHANGED, text % format_yuan(asked))
    if given.pays:
        return {"returnFreightHandlingAdvice": AGREED, "returnFreightAmount": asked}
    addresses = pictures.uploaded(api, given.pictures)
    return {
        "returnFreightHandlingAdvice": REFUSED,
        "returnFreightRejectDesc": given.text,
        "returnFreightRejectImages": addresses,
    }


def _is_readable(row: Mapping[str, Any]) -> bool:
    claim = row.get("returnFreightInfo")
    if not claim:
        return True
    if not isinstance(claim, Mapping):
        return False
    return (
        claim.get("returnFreightAmount") is None or whole(claim, "returnFreightAmount") is not None
    )
