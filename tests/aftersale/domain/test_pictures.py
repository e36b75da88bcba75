"""Pictures are encoded anew, without their metadata (SPEC P7)."""

import io

import pytest
from PIL import Image, ImageCms

from aftersale.domain import pictures
from aftersale.domain.pictures import NotAPicture, encoded_anew
from tests.aftersale.pictures import SECRET, bytes_of, with_gps

ROOM = 5_000_000


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_picture(kind: str) -> None:
    content = with_gps(kind)
    assert opened(content).getexif().get_ifd(0x8825)
    made = encoded_anew(content, most_bytes=ROOM)
    picture = opened(made.content)
    assert (picture.format, picture.size, made.content_type) == (
        kind,
        (40, 30),
        f"image/{kind.lower()}",
    )
    assert not picture.getexif() and SECRET not in made.content
    assert {"exif", "comment", "icc_profile", "xmp"}.isdisjoint(picture.info)


def test_the_right_side_is_up() -> None:
    """Turned by what the metadata said before they go: left becomes top."""
    picture = opened(encoded_anew(with_gps(orientation=6), most_bytes=ROOM).content)
    assert picture.size == (30, 40)
    red, _green, blue = picture.convert("RGB").getpixel((15, 5))
    assert red > 200 > blue


def test_what_is_hidden_behind_it_goes() -> None:
    content = bytes_of("PNG") + b"<script>" + SECRET
    assert SECRET not in encoded_anew(content, most_bytes=ROOM).content


def test_transparency_stays() -> None:
    made = encoded_anew(bytes_of("PNG", mode="LA"), most_bytes=ROOM)
    assert opened(made.content).mode == "RGBA"
    assert opened(encoded_anew(bytes_of("PNG", mode="P"), most_bytes=ROOM).content).mode == "RGB"


def test_colours_of_a_profile_become_usual_ones() -> None:
    """The same red in a narrower space; a broken profile is left aside."""
    shot, profile = Image.new("RGB", (8, 8), (200, 30, 30)), ImageCms.createProfile("sRGB")
    for icc in (ImageCms.ImageCmsProfile(profile).tobytes(), b"broken"):
        out = io.BytesIO()
        shot.save(out, "PNG", icc_profile=icc)
        made = opened(encoded_anew(out.getvalue(), most_bytes=ROOM).content)
        assert made.getpixel((4, 4)) == (200, 30, 30) and "icc_profile" not in made.info


def test_it_is_made_smaller_until_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "EDGES", (64, 32))
    wide = encoded_anew(bytes_of("PNG", (200, 100)), most_bytes=ROOM)
    assert opened(wide.content).size == (64, 32)
    noise = Image.effect_noise((64, 64), 90).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "PNG")
    large = encoded_anew(out.getvalue(), most_bytes=ROOM)
    small = encoded_anew(out.getvalue(), most_bytes=len(large.content) - 1)
    assert [opened(one.content).size for one in (large, small)] == [(64, 64), (32, 32)]
    with pytest.raises(NotAPicture):
        encoded_anew(out.getvalue(), most_bytes=100)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", bytes_of("GIF"), bytes_of("PNG")[:40], with_gps()[:-100], b"\xff\xd8\xff" * 9],
)
def test_what_is_no_whole_picture(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        encoded_anew(content, most_bytes=ROOM)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda _picture: pytest.fail("unpacked"))
    with pytest.raises(NotAPicture):
        encoded_anew(BOMB, most_bytes=ROOM)


BOMB = bytes_of("PNG", (9_000, 9_000), mode="1")
