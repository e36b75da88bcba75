"""Steps and pictures that tests of the WeChat shop start from."""

import io

from PIL import Image

from aftersale.platforms.protocol import Picture, Step
from aftersale.platforms.wechat import WeChatShop


def step_of(shop: WeChatShop, ticket_no: str) -> Step:
    seen = shop.ticket(ticket_no)
    assert seen is not None
    record = seen.record
    return Step(
        record.ticket_no, record.order_no, record.type, record.amount, version=record.updated_at
    )


def picture(width: int = 3, height: int = 2) -> Picture:
    content = io.BytesIO()
    Image.new("RGB", (width, height)).save(content, "PNG")
    return Picture("chat.png", "image/png", content.getvalue())
