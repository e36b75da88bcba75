"""An archive's files (SPEC O12), in a folder a shop under ARCHIVE_ROOT:

- `NAME.ndjson.gz`: orders and tickets as `ingest` reads them, one record a line;
- `NAME.rows.ndjson.gz`: one order a line, with all its rows: refunds, attempts, events, decisions …
- `NAME.json`: the manifest, with counts, sums and checksums of both.

Written under other names, waited for until the disk has them, and named last. A file that has its
name is never changed.
"""

import fcntl
import gzip
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from aftersale.domain.money import parse_yuan
from aftersale.models import Archive

RECORDS, ROWS, MANIFEST = ".ndjson.gz", ".rows.ndjson.gz", ".json"
_UNFINISHED = ".part"


class Damaged(Exception):
    """A file is gone, or holds something else than was written."""


@dataclass
class Sums:
    """The sums of an archive, amounts in fen; worked out as it is written, again as it is read, and
    by the database."""

    orders: int = 0
    tickets: int = 0
    paid: int = 0
    refunded: int = 0
    rows: dict[str, int] = field(default_factory=dict)

    def add(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self.orders += 1
        self.tickets += len(rows["aftersale_ticket"])
        self.paid += rows["aftersale_order"][0]["paid_amount"]
        self.refunded += sum(
            refund["amount"]
            for refund in rows.get("aftersale_refund", ())
            if refund["status"] == "succeeded"
        )
        for table, found in rows.items():
            self.rows[table] = self.rows.get(table, 0) + len(found)


def folder_of(shop_id: int) -> Path:
    """By the shop's key: a code may hold what no file's name may."""
    return Path(settings.ARCHIVE_ROOT) / str(shop_id)


def paths_of(archive: Archive) -> dict[str, Path]:
    folder = folder_of(archive.shop_id)
    return {end: folder / f"{archive.name}{end}" for end in (RECORDS, ROWS, MANIFEST)}


@contextmanager
def alone(shop_id: int) -> Iterator[bool]:
    """False where another process writes this shop's archives."""
    folder = folder_of(shop_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


class Writing:
    """The two files of lines, under their unfinished names."""

    def __init__(self, archive: Archive) -> None:
        self._paths = paths_of(archive)
        self._files = {end: _opened(self._paths[end]) for end in (RECORDS, ROWS)}

    def line(self, end: str, content: Mapping[str, Any]) -> None:
        self._files[end].write(line_of(content))

    def done(self, about: Mapping[str, Any]) -> dict[str, str]:
        """Gives the files their names, the manifest last; returns the checksums."""
        for file in self._files.values():
            file.close()
        digests = {}
        for end in self._files:
            digests[self._paths[end].name] = digest_of(_unfinished(self._paths[end]))
        manifest = _unfinished(self._paths[MANIFEST])
        manifest.write_text(json.dumps({**about, "files": digests}, ensure_ascii=False, indent=1))
        for path in self._paths.values():
            _wait_for_disk(_unfinished(path))
            _unfinished(path).rename(path)
        _wait_for_disk(self._paths[MANIFEST].parent)
        return digests


def line_of(content: Mapping[str, Any]) -> bytes:
    """The same bytes for the same content."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


def lines(archive: Archive, end: str) -> Iterator[bytes]:
    try:
        with gzip.open(paths_of(archive)[end], "rb") as file:
            yield from file
    except (OSError, EOFError, ValueError) as error:
        raise Damaged(str(error)) from error


def verify(archive: Archive, sums: Sums) -> None:
    """Reads both files anew, as they lie on the disk; raises Damaged where they are not whole."""
    check_digests(archive)
    read = Sums()
    for line in lines(archive, ROWS):
        read.add(json.loads(line)["rows"])
    if asdict(read) != asdict(sums):
        raise Damaged(f"{asdict(read)} instead of {asdict(sums)}")
    orders = tickets = paid = refunded = 0
    for line in lines(archive, RECORDS):
        record = json.loads(line)
        if record["kind"] == "order":
            orders += 1
            paid += parse_yuan(record["paid_amount"])
        else:
            tickets += 1
            refunded += parse_yuan(record["amount"]) * (record.get("refund_result") is not None)
    if (orders, tickets, paid, refunded) != (sums.orders, sums.tickets, sums.paid, sums.refunded):
        raise Damaged(f"records: {orders}, {tickets}, {paid}, {refunded}")


def check_digests(archive: Archive) -> None:
    """That the files are those that were verified; cheap beside reading them."""
    folder = folder_of(archive.shop_id)
    for name, digest in archive.digests.items():
        try:
            found = digest_of(folder / name)
        except OSError as error:
            raise Damaged(str(error)) from error
        if found != digest:
            raise Damaged(f"{name}: {found} instead of {digest}")


def throw_away(archive: Archive) -> None:
    """The files of one that was not finished."""
    for path in paths_of(archive).values():
        for one in (path, _unfinished(path)):
            with suppress(FileNotFoundError):
                one.unlink()


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> IO[bytes]:
    unfinished = _unfinished(path)
    unfinished.touch(mode=0o600)
    return gzip.open(unfinished, "wb", compresslevel=6)  # type: ignore[return-value]


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + _UNFINISHED)


def _wait_for_disk(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
