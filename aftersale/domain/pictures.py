"""Pictures that people attach, encoded anew: the picture itself and nothing else (SPEC P7).

A phone writes into its pictures where they were taken, when and with what. Decoding and encoding
them leaves that behind, and whatever else hides behind a picture's first bytes.
"""

import io
import threading
import warnings
from typing import NamedTuple

from PIL import Image, ImageCms, ImageOps

KINDS = {
    "JPEG": ("image/jpeg", ".jpg"),
    "PNG": ("image/png", ".png"),
    "WEBP": ("image/webp", ".webp"),
}
# A phone's picture has 12 to 50 million pixels; one that unpacks to more is an attack.
MOST_PIXELS = 64_000_000
# The longer edge: print and writing can be read on it. Where the file is still too large, the next.
EDGES = (4096, 2048, 1024)
# Invisible losses, and files no larger than phones write them.
_QUALITY = 88
# A picture takes some hundred megabytes for a moment: one at a time in a process.
_one_at_a_time = threading.Lock()


class NotAPicture(ValueError):
    """No JPEG, PNG or WebP, a damaged one, or one that is too large to be unpacked."""


class Encoded(NamedTuple):
    content: bytes
    content_type: str
    ending: str


def encoded_anew(content: bytes, *, most_bytes: int) -> Encoded:
    """The picture upright, in sRGB, without metadata, at most `most_bytes`; raises NotAPicture."""
    try:
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture, kind = _decoded(content)
            for edge in EDGES:
                made = _encoded(picture, kind, edge)
                if len(made) <= most_bytes:
                    return Encoded(made, *KINDS[kind])
    except NotAPicture:
        raise
    except Exception as broken:  # whatever a decoder makes of bytes that are meant to hurt
        raise NotAPicture(type(broken).__name__) from broken
    raise NotAPicture("too large")


def _decoded(content: bytes) -> tuple[Image.Image, str]:
    with Image.open(io.BytesIO(content), formats=list(KINDS)) as picture:
        kind = picture.format or ""
        if kind not in KINDS or picture.width * picture.height > MOST_PIXELS:
            raise NotAPicture("too many pixels")
        # A JPEG is unpacked no larger than it is needed.
        picture.draft(None, (EDGES[0], EDGES[0]))
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        return _in_srgb(upright, alpha=kind != "JPEG" and upright.has_transparency_data), kind


def _in_srgb(picture: Image.Image, *, alpha: bool) -> Image.Image:
    """Without its colour profile, which would be metadata, the colours would be others."""
    mode = "RGBA" if alpha else "RGB"
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            converted = ImageCms.profileToProfile(
                picture,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
            picture = converted or picture
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken profile: the colours as they are
    return picture.convert(mode)


def _encoded(picture: Image.Image, kind: str, edge: int) -> bytes:
    picture.thumbnail((edge, edge))
    picture.info = {}
    out = io.BytesIO()
    if kind == "PNG":
        picture.save(out, kind)
    else:
        picture.save(out, kind, quality=_QUALITY)
    return out.getvalue()
