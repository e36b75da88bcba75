"""Pictures, and files that only claim to be one."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def bytes_of(kind: str = "PNG", size: tuple[int, int] = (4, 3), *, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 1).save(out, kind)
    return out.getvalue()


def picture(name: str = "shot.png", kind: str = "PNG") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, bytes_of(kind), "application/octet-stream")


# In the metadata of `with_gps`.
SECRET = b"phone of Ms Wang"


def with_gps(kind: str = "JPEG", *, orientation: int = 1) -> bytes:
    """As a phone takes it: where, with what, and which side is up. Its left half is red."""
    shot = Image.new("RGB", (40, 30), (0, 0, 250))
    shot.paste((250, 0, 0), (0, 0, 20, 30))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x0110] = SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 15.0, 12.0), 3: "E", 4: (120.0, 9.0, 30.0)})
    out = io.BytesIO()
    shot.save(out, kind, exif=exif, comment=SECRET)
    return out.getvalue()
