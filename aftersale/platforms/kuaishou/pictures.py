"""Pictures go to Kuaishou first; a step takes the addresses that it gives them."""

from collections.abc import Sequence

from aftersale.domain.multilingual import said as _
from aftersale.platforms.kuaishou.values import clean, part
from aftersale.platforms.protocol import Picture

from .api import Api, Refused

# uploadType: a picture of a detail page, which may have this many bytes.
DETAIL, LARGEST = 2, 2 * 1024 * 1024
MOST = 6


def uploaded(api: Api, pictures: Sequence[Picture]) -> list[str]:
    """Addresses of the pictures; raises Refused where Kuaishou takes one of them not."""
    if len(pictures) > MOST:
        raise Refused(_("Kuaishou takes %s pictures at most.") % MOST)
    for picture in pictures:
        if len(picture.content) > LARGEST:
            raise Refused(_("Kuaishou takes pictures of up to 2 MB: %s is larger.") % picture.name)
    return [_address(api, picture) for picture in pictures]


def _address(api: Api, picture: Picture) -> str:
    data = api.upload("open.item.image.upload", {"uploadType": DETAIL}, "imgBytes", picture)
    address = clean(part({"data": data}, "data").get("kwaiImgUrl"))
    if not address:
        raise Refused(_("Kuaishou gives no address for the picture %s.") % picture.name)
    return address
