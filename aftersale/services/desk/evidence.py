"""Pictures that people attach to a case: check, storage, access (SPEC P2).

The content decides a file's type, never its name. Pictures are encoded anew, without metadata, when
they are stored; those from before that was done, when they are sent (SPEC P7). Files have random
names in a folder that no web server serves; one page shows them, to the shop's members only.
"""

import hashlib
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import PurePosixPath

import structlog
from django.contrib.auth.models import User
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _

from aftersale.domain.pictures import Encoded, NotAPicture, encoded_anew
from aftersale.models import EvidenceFile, Ticket
from aftersale.platforms.protocol import Picture
from aftersale.services.access.rights import Person, scoped
from aftersale.services.shared.errors import NotFound, NotKept, Refused

log = structlog.get_logger(__name__)
MOST_BYTES = 5 * 1024 * 1024
MOST_FILES = 6

# A picture for a reply: a new file, or the key of one that is at the case already.
Item = File | int


def store(*, ticket: Ticket, upload: File, user: User, now: datetime) -> EvidenceFile:
    """Stores a picture with the ticket; raises Refused if it is no picture, or too big. Within a
    transaction, use `taken_back_on_failure`: files aren't rolled back.
    """
    picture = _encoded(_read(upload), upload)
    row = EvidenceFile(
        ticket=ticket,
        name=_shown_name(upload, picture.ending),
        content_type=picture.content_type,
        size=len(picture.content),
        sha256=hashlib.sha256(picture.content).hexdigest(),
        encoded_anew=True,
        uploaded_at=now,
        uploaded_by=user,
    )
    try:
        name = secrets.token_hex(16) + picture.ending
        row.file.save(name, ContentFile(picture.content), save=False)
    except OSError as error:
        log.error("picture_not_kept", error=type(error).__name__, number=error.errno)
        raise NotKept(
            _(
                "No picture can be kept just now: the disk is full or takes no changes. Nothing was"
                " done: try again later, or without pictures."
            ),
            pointer="evidence",
        ) from error
    row.save()
    return row


def attach(
    *,
    ticket: Ticket,
    items: Sequence[Item],
    user: User,
    now: datetime,
    stored: list[EvidenceFile],
) -> list[EvidenceFile]:
    """The pictures of one reply: new ones, stored now and added to `stored`, and those of the case
    that belong to no reply yet."""
    if len(items) > MOST_FILES:
        raise Refused(_("At most %d pictures.") % MOST_FILES, pointer="evidence")
    taken = []
    for item in items:
        if isinstance(item, int):
            taken.append(_unsent(ticket, item))
        else:
            stored.append(store(ticket=ticket, upload=item, user=user, now=now))
            taken.append(stored[-1])
    return taken


def find(*, evidence_id: int, user: Person) -> EvidenceFile:
    """A picture, for members of its shop."""
    rows = scoped(EvidenceFile.objects.all(), user, "ticket__shop")
    found = rows.filter(pk=evidence_id).first()
    if found is None:
        raise NotFound(_("There is no such picture."))
    return found


def to_send(files: Iterable[EvidenceFile]) -> list[Picture]:
    """The pictures as they go to a platform; without a damaged one of before pictures were encoded
    anew, which no platform could show."""
    pictures = []
    for file in files:
        with file.file.open("rb") as opened:
            picture = Picture(file.name, file.content_type, opened.read())
        if not file.encoded_anew:
            try:
                made = encoded_anew(picture.content, most_bytes=MOST_BYTES)
            except NotAPicture as error:
                log.error("picture_not_sent", picture=file.pk, why=str(error))
                continue
            picture = Picture(file.name, made.content_type, made.content)
        pictures.append(picture)
    return pictures


@contextmanager
def taken_back_on_failure() -> Iterator[list[EvidenceFile]]:
    """Deletes the files that were stored inside it, if their rows were not written."""
    stored: list[EvidenceFile] = []
    try:
        yield stored
    except BaseException:
        for row in stored:
            row.file.delete(save=False)
        raise


def _unsent(ticket: Ticket, pk: int) -> EvidenceFile:
    row = EvidenceFile.objects.filter(
        pk=pk, ticket=ticket, rejection=None, negotiation=None, return_freight=None
    ).first()
    if row is None:
        raise NotFound(_("There is no such picture."), pointer="evidence")
    return row


def _read(upload: File) -> bytes:
    upload.seek(0)
    content = upload.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Refused(
            _("“%(name)s” is larger than %(limit)d MB.")
            % {"name": upload.name, "limit": MOST_BYTES // 1024 // 1024},
            pointer="evidence",
        )
    return content


def _encoded(content: bytes, upload: File) -> Encoded:
    try:
        return encoded_anew(content, most_bytes=MOST_BYTES)
    except NotAPicture as broken:
        raise Refused(
            _("“%(name)s” is not a picture that can be sent: JPEG, PNG or WebP.")
            % {"name": upload.name},
            pointer="evidence",
        ) from broken


def _shown_name(upload: File, ending: str) -> str:
    """The uploaded name without path, control characters and claimed ending."""
    plain = "".join(
        letter for letter in str(upload.name or "") if unicodedata.category(letter)[0] != "C"
    )
    stem = PurePosixPath(plain.replace("\\", "/")).stem.strip(" .\"'")
    return (stem or "picture")[:120] + ending
