"""When a file was exported (SPEC O11): its name, a note above its head, or when it was written."""

import re
from datetime import UTC, datetime
from enum import Enum
from pathlib import PurePosixPath
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .cells import WrongCell, moment

_UNIX = re.compile(r"(1[5-9]\d{8}|2[0-3]\d{8})_")
_DASHED = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)[ _T-](\d\d)[_:.-]?(\d\d)[_:.-]?(\d\d)(?!\d)")
_DIGITS = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)[_-]?(\d\d)(\d\d)(\d\d)?(?!\d)")
_NOTE = re.compile(r"(?:导出|下载|生成)(?:时间|日期)\s*[:：]\s*([0-9年月日/.:： T-]{8,})")


class Source(Enum):
    GIVEN = "given"
    NAME = "name"
    NOTE = "note"
    # When the file was written, which may be long after the export: somebody saved it again.
    SAVED = "saved"
    UNKNOWN = "unknown"


class Exported(NamedTuple):
    at: datetime | None
    source: Source

    @property
    def is_certain(self) -> bool:
        """Whether automation may go by it: not by when a file was saved."""
        return self.source in (Source.GIVEN, Source.NAME, Source.NOTE)


UNKNOWN = Exported(None, Source.UNKNOWN)


def of_name(path: str, zone: ZoneInfo) -> datetime | None:
    """The moment in a file's name; that of a member of a zip goes before the zip's own."""
    for name in reversed(PurePosixPath(path).parts):
        stem = PurePosixPath(name).stem
        if match := _UNIX.match(stem):
            return datetime.fromtimestamp(int(match[1]), zone)
        for pattern in (_DASHED, _DIGITS):
            if match := pattern.search(stem):
                try:
                    return datetime(*(int(part or 0) for part in match.groups()), tzinfo=zone)  # type: ignore[misc,arg-type]
                except ValueError:
                    continue
    return None


def of_notes(notes: list[str], zone: ZoneInfo) -> datetime | None:
    for note in notes:
        if match := _NOTE.search(note):
            try:
                return moment(match[1].replace("：", ":").strip(), zone)
            except WrongCell:
                continue
    return None


def exported(
    path: str, notes: list[str], saved_at: datetime | None, zone: ZoneInfo, *, now: datetime
) -> Exported:
    """A moment that has not come yet is none."""
    if saved_at is not None and saved_at.tzinfo is None:
        saved_at = saved_at.replace(tzinfo=zone)
    for at, source in (
        (of_name(path, zone), Source.NAME),
        (of_notes(notes, zone), Source.NOTE),
        (saved_at, Source.SAVED),
    ):
        if at is not None and at.astimezone(UTC) <= now:
            return Exported(at, source)
    return UNKNOWN
