"""Evidence goes to the platform first, and is named by what it answers."""

import io
from collections.abc import Sequence

from PIL import Image, UnidentifiedImageError

from aftersale.platforms.protocol import Picture

from .client import Client

UPLOAD, SHOW = "/shop/ec/basics/img/upload", "/channels/ec/basics/media/get"


# Only formats that browsers show.
SHOWN = {"image/jpeg", "image/png", "image/webp", "image/gif"}


def uploaded(client: Client, pictures: Sequence[Picture], until: float) -> list[str]:
    media = []
    for picture in pictures:
        width, height = _size(picture)
        answer = client.call(
            UPLOAD,
            query={
                "upload_type": "0",
                "resp_type": "0",
                "width": str(width),
                "height": str(height),
            },
            files={"media": (picture.name, picture.content, picture.content_type)},
            until=until,
        )
        media.append(str(answer["pic_file"]["media_id"]))
    return media


def shown(client: Client, number: str) -> Picture | None:
    """A picture of the platform's with the type found from its bytes; None for anything else."""
    content = client.content(SHOW, {"media_id": number})
    try:
        with Image.open(io.BytesIO(content)) as image:
            kind = Image.MIME.get(image.format or "")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return None
    return Picture(number[:64], kind, content) if kind in SHOWN else None


def _size(picture: Picture) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(picture.content)) as image:
            return image.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return 0, 0
