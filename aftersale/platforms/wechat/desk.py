"""The WeChat shop's side of the desk's steps beside a ticket's course: addresses, own requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from aftersale.domain.multilingual import said as _
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.desk_steps import (
    Because,
    MerchantRequest,
    Opened,
    ReturnAddress,
    in_words,
)
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Declined, Why
from aftersale.platforms.wechat.values import part, text

from . import refusals
from .client import Client, Refused

OPEN = "/channels/ec/aftersale/genaftersaleorder"
DIFFERENCE = "/channels/ec/aftersale/refundpricediff"
REASONS: dict[str, dict[Because, int]] = {
    OPEN: {
        Because.AGREED: 10000014,
        Because.OUT_OF_STOCK: 10000001,
        Because.WRONG_GOODS: 10000006,
        Because.QUALITY: 10000021,
    },
    DIFFERENCE: {
        Because.AGREED: 10001336,
        Because.PRICE_CUT: 10001337,
        Because.COUPON: 10001338,
    },
}
ADDRESSES = "/channels/ec/merchant/address"
MOST = 20


def return_addresses(client: Client, until: float) -> Sequence[ReturnAddress]:
    """Those that take parcels; each is a call of its own there."""
    listed = client.call(ADDRESSES + "/list", {"offset": 0, "limit": MOST}, until=until)
    found = []
    numbers = listed.get("address_id_list")
    for number in map(str, numbers[:MOST] if isinstance(numbers, list) else ()):
        answer = client.call(ADDRESSES + "/get", {"address_id": number}, until=until)
        detail = part(answer, "address_detail")
        if not detail.get("recv_addr") and not detail.get("default_recv"):
            continue
        info = part(detail, "address_info")
        names = ("province_name", "city_name", "county_name", "detail_info")
        words = in_words(text(detail.get("name")), *(info.get(name) for name in names))
        found.append(ReturnAddress(number, words or number, bool(detail.get("default_recv"))))
    return found


def opened(
    client: Client,
    path: str,
    request: MerchantRequest,
    goods: Sequence[tuple[str, str]],
    *,
    more: Mapping[str, Any],
    deadline: Deadline | None,
) -> Opened | Declined:
    """`goods`: product and kind of each line of the order."""
    reason = REASONS[path].get(request.because)
    if reason is None:
        return Declined(Why.OTHER, _("The platform has no such reason for this."))
    if not 0 < request.line_no <= len(goods):
        return Declined(Why.NOT_FOUND, _("The platform does not know this line of the order."))
    product, kind = goods[request.line_no - 1]
    sent = {
        "request_id": request.key,
        "order_id": request.order_no,
        "product_id": product,
        "sku_id": kind,
        "amount": request.amount,
        "reason": reason,
        "desc": request.text,
        **more,
    }
    try:
        answer = client.call(path, sent, deadline=deadline)
    except Refused as refused:
        return refusals.declined(refused)
    # The documents have the first name, a sample the second.
    number = text(answer.get("aftersale_id")) or text(answer.get("after_sale_order_id"))
    if not number:
        raise TimedOut
    return Opened(number)
