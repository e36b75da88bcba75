"""Files under MEDIA_ROOT are there whole or not at all, whatever happens to disk or power."""

import os
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

UNFINISHED = ".part"


class WholeFiles(FileSystemStorage):
    """Writes under another name, waits for the disk, and gives the file its name last."""

    def _save(self, name: str, content: File) -> str:
        part = f"{name}{UNFINISHED}"
        whole = Path(self.path(name))
        unfinished = Path(self.path(part))
        try:
            unfinished = Path(self.path(super()._save(part, content)))  # type: ignore[misc]
            _wait_for_disk(unfinished)
            unfinished.rename(whole)
            _wait_for_disk(whole.parent)
        finally:
            unfinished.unlink(missing_ok=True)
        return name


def _wait_for_disk(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
