"""Kuaishou's side of the desk's steps beside a ticket's course: notes and addresses."""

from collections.abc import Mapping, Sequence
from typing import Any

from aftersale.domain.digits import whole_number
from aftersale.domain.multilingual import said as _
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.desk_steps import NoteRules, ReturnAddress, in_words
from aftersale.platforms.kuaishou.values import identity, part
from aftersale.platforms.protocol import Accepted, Declined, Why

from .api import Api, Refused
from .refusals import declined

FLAGS = {"": 0, "red": 1, "yellow": 2, "green": 3, "blue": 4, "purple": 5, "grey": 6}
# Each note is added to those before.
NOTES = NoteRules(longest=200, flags=tuple(flag for flag in FLAGS if flag), replaces=False)
RETURNS = 2


def note(
    api: Api, order_no: str, *, text: str, flag: str, deadline: Deadline | None
) -> Accepted | Declined:
    number = whole_number(order_no, digits=19)
    if number is None:
        return Declined(Why.NOT_FOUND, _("Kuaishou does not know this order."))
    try:
        api.send(
            "open.seller.order.note.add",
            {"orderId": number, "note": text, "flag": FLAGS.get(flag, 0)},
            deadline=deadline,
        )
    except Refused as refused:
        return declined(refused)
    return Accepted()


def return_addresses(api: Api) -> Sequence[ReturnAddress]:
    data = api.read("open.address.seller.list", {"addressType": RETURNS})
    listed = data if isinstance(data, list) else []
    return [
        ReturnAddress(identity(row, "addressId"), _words(row), row.get("defaultAddress") is True)
        for row in listed
        if isinstance(row, Mapping) and identity(row, "addressId")
    ]


def parcel(ticket: int, carrier: str, tracking_no: str) -> dict[str, Any]:
    """Codes of carriers are numbers there."""
    code = whole_number(carrier)
    return {
        "refundId": ticket,
        "expressNo": tracking_no,
        "expressCode": carrier if code is None else code,
    }


def _words(row: Mapping[str, Any]) -> str:
    base = part(row, "baseInfo")
    names = ("province", "city", "district", "town", "address", "detailAddress")
    return in_words(*(base.get(name) for name in names)) or identity(row, "addressId")
