"""Pictures put to a case: what is taken, and how it is kept (SPEC P2)."""

import errno
import hashlib
import re
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from aftersale.models import EvidenceFile, Role
from aftersale.services.desk import evidence
from aftersale.services.shared.errors import NotFound, NotKept, Refused
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

from .pictures import SECRET, bytes_of, picture, with_gps

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> dict[str, Any]:
    shop = make_shop()
    return {"ticket": make_ticket(make_order(shop)), "user": make_user(shop), "now": NOON}


def files() -> set[Path]:
    root = Path(settings.STORAGES["default"]["OPTIONS"]["location"])
    return {path for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("kind", "content_type", "ending"),
    [("JPEG", "image/jpeg", ".jpg"), ("PNG", "image/png", ".png"), ("WEBP", "image/webp", ".webp")],
)
def test_what_it_is_its_content_says(case: Any, kind: str, content_type: str, ending: str) -> None:
    """Neither the name nor the browser's word for it counts."""
    upload = SimpleUploadedFile("../../etc/shot.PHP", bytes_of(kind), "text/html")
    before = files()
    row = evidence.store(upload=upload, **case)
    row.refresh_from_db()
    assert (row.content_type, row.name) == (content_type, f"shot{ending}")
    assert re.fullmatch(rf"evidence/\d{{4}}/\d\d/[0-9a-f]{{32}}{ending}", row.file.name)
    [path] = files() - before
    content = path.read_bytes()
    assert (row.size, row.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert row.encoded_anew and path.suffix == ending
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n" + b"<html>" * 20,
        bytes_of("GIF"),
        bytes_of("BMP"),
        bytes_of("PNG")[:40],
        partial(bytes_of, "PNG", (9_000, 9_000), mode="1"),  # 81 million pixels in a few KB
        partial(bytes_of, "PNG", (15_000, 15_000), mode="1"),
    ],
)
def test_what_is_no_picture_is_refused(case: Any, content: bytes | Callable[[], bytes]) -> None:
    before = files()
    content = content() if callable(content) else content
    with pytest.raises(Refused, match="is not a picture") as refused:
        evidence.store(upload=SimpleUploadedFile("a.png", content, "image/png"), **case)
    assert refused.value.pointer == "evidence"
    assert not EvidenceFile.objects.exists() and files() == before


def test_where_it_was_taken_is_not_stored(case: Any) -> None:
    """SPEC P7: not in the file, and not in one from before on its way to a platform."""
    before = files()
    row = evidence.store(upload=SimpleUploadedFile("a.jpg", with_gps()), **case)
    [path] = files() - before
    assert SECRET not in path.read_bytes() and SECRET in with_gps()
    path.write_bytes(with_gps())
    row.encoded_anew = False
    [sent] = evidence.to_send([row])
    assert (sent.name, sent.content_type) == ("a.jpg", "image/jpeg")
    assert SECRET not in sent.content
    path.write_bytes(with_gps()[:-200])
    assert evidence.to_send([row]) == []


def test_five_megabytes_are_the_limit(case: Any) -> None:
    upload = SimpleUploadedFile("a.png", bytes_of() + b"\0" * evidence.MOST_BYTES)
    with pytest.raises(Refused, match="larger than 5 MB"):
        evidence.store(upload=upload, **case)
    assert not EvidenceFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C:\\fakepath\\破损.jpeg", "破损.png"),
        ('a"; filename="x.html', "a; filename=x.png"),
        ("a\r\nX: y.png", "aX: y.png"),
        (".png", "png.png"),
        ("x" * 300 + ".png", "x" * 120 + ".png"),
    ],
)
def test_its_name_is_harmless(case: Any, name: str, shown: str) -> None:
    upload = picture()
    upload._name = name  # what another way of uploading might let through
    row = evidence.store(upload=upload, **case)
    assert re.sub(r'["]', "", row.name) == shown and "\n" not in row.name


@pytest.mark.parametrize("full", ["half written", "not on the disk yet"])
def test_on_a_full_disk_nothing_is_left(
    case: Any, full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_room = OSError(errno.ENOSPC, "No space left on device")

    def half(content: ContentFile) -> Iterator[bytes]:
        yield content.read()[:20]
        raise no_room

    def no_wait(_path: Path) -> None:
        raise no_room

    before = files()
    with monkeypatch.context() as patch:
        if full == "half written":
            patch.setattr(ContentFile, "chunks", half)
        else:
            patch.setattr("config.whole_files._wait_for_disk", no_wait)
        with pytest.raises(NotKept, match="disk is full"):
            evidence.store(upload=picture(), **case)
    assert not EvidenceFile.objects.exists() and files() == before
    evidence.store(upload=picture(), **case)
    [path] = files() - before
    assert path.suffix == ".png"


def test_a_reply_takes_six_and_those_of_its_own_case(case: Any) -> None:
    stored: list[EvidenceFile] = []
    call = {**case, "stored": stored}
    with pytest.raises(Refused, match="At most 6"):
        evidence.attach(items=[picture() for _ in range(7)], **call)
    assert not EvidenceFile.objects.exists()
    mine = evidence.store(upload=picture(), **case)
    other = make_ticket(make_order(case["ticket"].shop))
    foreign = evidence.store(upload=picture(), **{**case, "ticket": other})
    with pytest.raises(NotFound):
        evidence.attach(items=[foreign.pk], **call)
    assert evidence.attach(items=[mine.pk, picture("b.png")], **call) == [mine, stored[0]]
    assert len(stored) == 1


def test_files_go_with_what_they_belong_to(case: Any) -> None:
    before = files()
    with pytest.raises(RuntimeError), evidence.taken_back_on_failure() as stored:
        stored.append(evidence.store(upload=picture(), **case))
        assert len(files()) == len(before) + 1
        raise RuntimeError
    assert files() == before


def test_members_of_the_shop_find_it(case: Any) -> None:
    """SPEC P1: viewers see it, strangers do not know of it."""
    row = evidence.store(upload=picture(), **case)
    viewer = make_user(case["ticket"].shop, Role.VIEWER)
    assert evidence.find(evidence_id=row.pk, user=viewer) == row
    for stranger in (make_user(), make_user(make_shop())):
        with pytest.raises(NotFound):
            evidence.find(evidence_id=row.pk, user=stranger)
