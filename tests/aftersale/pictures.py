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
