"""The moment of what a file says: its version's time, and how old its facts are (SPEC O11)."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from aftersale.models import NO_MOMENT, FileImport

from .reading.moment import Exported, Source


class Dated(NamedTuple):
    """`updated_at` orders versions; `exported_at` is what automation goes by."""

    updated_at: datetime
    exported_at: datetime
    is_certain: bool


def dated(file_import: FileImport, table: dict[str, Any]) -> Dated:
    """A corrected mapping makes another version of the same export: later by microseconds."""
    at = datetime.fromisoformat(table["at"]) if table["at"] else None
    exported = Exported(at, Source(table["source"]))
    if file_import.exported_at is not None:
        exported = Exported(file_import.exported_at, Source.GIVEN)
    updated_at = exported.at or file_import.created_at
    return Dated(
        updated_at + timedelta(microseconds=table["revision"]),
        exported.at if exported.at and exported.is_certain else NO_MOMENT,
        exported.is_certain,
    )
