"""Douyin's side of the desk's steps beside a ticket's course: notes, parcels, addresses."""

from collections.abc import Mapping, Sequence
from typing import Any

from aftersale.domain.multilingual import said as _
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.desk_steps import NoteRules, Parcel, ReturnAddress, in_words
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Accepted, Declined, Why

from .api import Api, Refused
from .refusals import declined
from .values import clean, identity, number, part, rows

NOTE, PARCEL, ADDRESSES = "/order/addOrderRemark", "/afterSale/fillLogistics", "/address/list"
MORE_TIME, STOP_PARCELS = "/afterSale/timeExtend", "/afterSale/applyLogisticsIntercept"
# `timeExtend` before the last two days.
TOO_EARLY = 10001
FLAGS = {"grey": 0, "purple": 1, "cyan": 2, "green": 3, "orange": 4, "red": 5}
NOTES = NoteRules(longest=60, flags=tuple(FLAGS), replaces=True)
BUYERS_RETURN = 3
A_PAGE, MOST_PAGES = 50, 10


def note(
    api: Api, order_no: str, *, text: str, flag: str, deadline: Deadline | None
) -> Accepted | Declined:
    starred = {"is_add_star": "true", "star": str(FLAGS[flag])} if flag in FLAGS else {}
    try:
        api.send(NOTE, {"order_id": order_no, "remark": text, **starred}, deadline=deadline)
    except Refused as refused:
        return declined(refused)
    return Accepted()


def enter_return(
    api: Api, ticket_no: str, *, carrier: str, tracking_no: str, deadline: Deadline | None
) -> Accepted | Declined:
    parcel = {
        "aftersale_id": ticket_no,
        "send_type": BUYERS_RETURN,
        "company_code": carrier,
        "tracking_no": tracking_no,
    }
    try:
        api.send(PARCEL, parcel, deadline=deadline)
    except Refused as refused:
        return declined(refused)
    return Accepted()


def more_time(api: Api, ticket_no: str, *, deadline: Deadline | None) -> Accepted | Declined:
    try:
        api.send(MORE_TIME, {"aftersale_id": ticket_no}, deadline=deadline)
    except Refused as refused:
        if refused.number == TOO_EARLY:
            text = _("Douyin gives more time only in the last two days before the deadline.")
            return Declined(Why.OTHER, text)
        return declined(refused)
    return Accepted()


def stop_parcels(
    api: Api, ticket_no: str, parcels: Sequence[Parcel], *, deadline: Deadline | None
) -> Accepted | Declined:
    targets = [{"company_code": one.carrier, "tracking_no": one.tracking_no} for one in parcels]
    asked = {"after_sale_id": int(ticket_no), "op_from": 1, "intercept_targets": targets}
    try:
        data = api.send(STOP_PARCELS, asked, deadline=deadline)
    except Refused as refused:
        return declined(refused)
    results = rows(data, "intercept_results")
    if len(results) != len(parcels):
        raise TimedOut
    failed = [row for row in results if row.get("is_success") is not True]
    if not failed:
        return Accepted()
    why = "; ".join(clean(row.get("unavailable_reason"))[:100] for row in failed)
    told = _("%(failed)d of %(parcels)d parcels can't be stopped: %(why)s")
    words = {"failed": len(failed), "parcels": len(parcels), "why": why}
    return Declined(Why.OTHER, told % words)


def return_addresses(api: Api, shop_id: str) -> Sequence[ReturnAddress]:
    found: list[ReturnAddress] = []
    for page in range(1, MOST_PAGES + 1):
        asked = {"page_no": page, "page_size": A_PAGE, "shop_id": shop_id}
        data = api.read(ADDRESSES, asked)
        listed = rows(data, "address_list")
        found += [
            ReturnAddress(identity(row, "address_id"), _words(row), number(row, "is_default") == 1)
            for row in listed
            if identity(row, "address_id")
        ]
        if not listed or page * A_PAGE >= number(data, "total"):
            break
    return found


def _words(row: Mapping[str, Any]) -> str:
    """Areas are names, or have one."""
    names = ("province", "city", "town", "street")
    areas = [clean(part(row, name).get("name")) or clean(row.get(name)) for name in names]
    detail = clean(row.get("detail")) or clean(row.get("address_detail"))
    return in_words(*areas, detail) or identity(row, "address_id")
