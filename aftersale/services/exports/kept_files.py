"""The content of brought files, kept in pieces: no process ever holds a whole one (SPEC O11)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from tempfile import TemporaryFile

from aftersale.models import FileImport, ImportFile, ImportPiece

from .reading.container import Plain

_PIECE = 1024 * 1024


def keep(file_import: FileImport, plain: Plain) -> None:
    at = plain.saved_at
    file = ImportFile.objects.create(
        file_import=file_import,
        name=plain.name,
        saved_at=at.replace(tzinfo=UTC) if at and at.tzinfo is None else at,
        saved_at_is_local=bool(at and at.tzinfo is None),
    )
    plain.content.seek(0)
    place = 0
    while piece := plain.content.read(_PIECE):
        ImportPiece.objects.create(file=file, place=place, content=piece)
        place += 1


def keys(file_import: FileImport) -> list[int]:
    """The kept files of an import, in the order in which they came."""
    return list(file_import.files.order_by("pk").values_list("pk", flat=True))


@contextmanager
def kept(pk: int) -> Iterator[Plain]:
    """A kept file, out of its pieces; its content is there until the end of the block."""
    file = ImportFile.objects.get(pk=pk)
    saved_at = file.saved_at
    if saved_at is not None and file.saved_at_is_local:
        saved_at = saved_at.astimezone(UTC).replace(tzinfo=None)
    pieces = ImportPiece.objects.filter(file=pk).order_by("place")
    with TemporaryFile() as content:
        for place in pieces.values_list("place", flat=True):
            content.write(pieces.get(place=place).content)
        yield Plain(file.name, content, saved_at)
