"""The WeChat shop's return addresses, for people to choose from."""

from collections.abc import Sequence

from aftersale.platforms.desk_steps import ReturnAddress, in_words
from aftersale.platforms.wechat.values import part, text

from .client import Client

ADDRESSES = "/channels/ec/merchant/address"
MOST = 20


def return_addresses(client: Client, until: float) -> Sequence[ReturnAddress]:
    """Those that take parcels; each is a call of its own there."""
    listed = client.call(ADDRESSES + "/list", {"offset": 0, "limit": MOST}, until=until)
    found = []
    for number in map(str, (listed.get("address_id_list") or ())[:MOST]):
        answer = client.call(ADDRESSES + "/get", {"address_id": number}, until=until)
        detail = part(answer, "address_detail")
        if not detail.get("recv_addr") and not detail.get("default_recv"):
            continue
        info = part(detail, "address_info")
        names = ("province_name", "city_name", "county_name", "detail_info")
        words = in_words(text(detail.get("name")), *(info.get(name) for name in names))
        found.append(ReturnAddress(number, words or number, bool(detail.get("default_recv"))))
    return found
