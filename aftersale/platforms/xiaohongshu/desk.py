"""Xiaohongshu's side of the desk's steps beside a ticket's course: notes and addresses."""

from collections.abc import Sequence

from aftersale.platforms.deadline import Deadline
from aftersale.platforms.desk_steps import NoteRules, ReturnAddress, in_words
from aftersale.platforms.protocol import Accepted, Declined
from aftersale.platforms.xiaohongshu import refusals
from aftersale.platforms.xiaohongshu.values import clean, identity, part, rows

from .api import Api, Refused

NOTE, ADDRESSES = "order.modifySellerMarkInfo", "common.getAddressRecord"
FLAGS = {"grey": 1, "red": 2, "yellow": 3, "green": 4, "blue": 5, "purple": 6}
# A flag is needed with each note there, and grey is what an order has without.
NOTES = NoteRules(longest=200, flags=tuple(FLAGS), replaces=True)
# The author of each note there; staff's names stay here.
OPERATOR = "Afterdesk"
A_PAGE = 50


def note(
    api: Api, order_no: str, *, text: str, flag: str, deadline: Deadline | None
) -> Accepted | Declined:
    sent = {
        "orderId": order_no,
        "sellerMarkNote": text,
        "operator": OPERATOR,
        "sellerMarkPriority": FLAGS.get(flag, FLAGS["grey"]),
    }
    try:
        api.send(NOTE, sent, deadline=deadline)
    except Refused as refused:
        return refusals.declined(refused, changed=False)
    return Accepted()


def return_addresses(api: Api) -> Sequence[ReturnAddress]:
    """Which one is the default no answer says."""
    data = api.read(ADDRESSES, {"pageIndex": 1, "pageSize": A_PAGE})
    found = []
    for row in rows(part({"data": data}, "data"), "sellerAddressRecordList"):
        record = identity(row, "sellerAddressRecordId")
        names = ("province", "city", "county", "town", "street")
        words = clean(row.get("fullAddress")) or in_words(*(row.get(name) for name in names))
        if record:
            found.append(ReturnAddress(record, words[:200] or record, is_default=False))
    return found
