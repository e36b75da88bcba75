"""A pass over files: batches of lines, records of unknown shops held back, counts at the end."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, NamedTuple

from aftersale.records.schemas import FieldError
from aftersale.services.shared.outcomes import Outcome, Result, unknown_shop
from aftersale.services.shops import shops
from aftersale.services.shops.shops import KnownShop

from .files import Source, Unreadable
from .kinds import Kind, registered
from .lines import WrongLine, name_of, read_line

# Lines of a batch, and bytes where lines are long: bounds the memory.
BATCH_LINES = 2_000
BATCH_BYTES = 16 * 1024 * 1024


class Counts:
    """The records' outcomes by kind; `notes` counts the results' further remarks."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Counter[Outcome]] = {}
        self.notes: dict[str, Counter[str]] = {}
        # Files that could not be read, or not to their end.
        self.unreadable = 0

    def add(self, kind: str, results: Sequence[Result]) -> None:
        self.outcomes.setdefault(kind, Counter()).update([result.outcome for result in results])
        notes = [result.note for result in results if result.note]
        if notes:
            self.notes.setdefault(kind, Counter()).update(notes)

    def total(self) -> Counter[Outcome]:
        return sum(self.outcomes.values(), Counter())

    @property
    def all_taken(self) -> bool:
        return not self.unreadable and not self.total()[Outcome.REFUSED]


class _Line(NamedTuple):
    file: str
    number: int
    raw: bytes
    kind: Kind
    record: Any


class Pass:
    """Takes files in; `refuse` is told each line that was refused, `moved` how far a file is."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        refuse: Callable[[str], None],
        moved: Callable[[Source], None],
    ) -> None:
        self.counts = Counts()
        self._clock = clock
        self._refuse = refuse
        self._moved = moved
        self._known: dict[str, KnownShop] = {}

    def run(self, paths: Iterable[str]) -> Counts:
        """Reads all files, then retries the records whose shops were not known yet."""
        paths = list(paths)
        with tempfile.TemporaryFile() as spool:

            def hold(line: _Line) -> None:
                spool.write(b"%d %d " % (paths.index(line.file), line.number))
                spool.write(line.raw if line.raw.endswith(b"\n") else line.raw + b"\n")

            for path in paths:
                self._file(path, hold)
            spool.seek(0)
            held = (self._held(paths, entry) for entry in spool)
            for batch in _batches(held):
                self._save(batch, hold=None)
        return self.counts

    def _file(self, path: str, hold: Callable[[_Line], None]) -> None:
        try:
            source = Source(path)
            with closing(source.lines()) as lines:
                for batch in _batches(self._read(path, lines)):
                    self._save(batch, hold)
                    self._moved(source)
        except Unreadable as error:
            self.counts.unreadable += 1
            self._refuse(f"{path}: {error}")

    def _read(
        self, path: str, lines: Iterator[tuple[int, bytes | None]]
    ) -> Iterator[_Line | Unreadable]:
        try:
            for number, raw in lines:
                try:
                    kind, record = read_line(raw)
                except WrongLine as wrong:
                    result = Result(Outcome.REFUSED, wrong.errors)
                    self.counts.add(wrong.kind or "other", [result])
                    self._say(path, number, wrong.name, wrong.errors)
                else:
                    assert raw is not None
                    yield _Line(path, number, raw, kind, record)
        except Unreadable as error:
            # The batch under way is saved before this is raised.
            yield error

    def _held(self, paths: Sequence[str], entry: bytes) -> _Line:
        file, number, raw = entry.split(b" ", 2)
        return _Line(paths[int(file)], int(number), raw, *read_line(raw))

    def _save(self, batch: Sequence[_Line], hold: Callable[[_Line], None] | None) -> None:
        for kind in registered().values():
            lines = [line for line in batch if line.kind is kind]
            if kind.of_shop and lines:
                lines = self._of_known_shops(lines, hold)
            if not lines:
                continue
            records = [line.record for line in lines]
            results = kind.save(records, shops=self._known, now=self._clock())
            self.counts.add(kind.name, results)
            for line, result in zip(lines, results, strict=True):
                if result.errors:
                    self._tell(line, result)
            if not kind.of_shop:
                # Written a moment ago: to be read again.
                self._known.clear()

    def _of_known_shops(
        self, lines: Sequence[_Line], hold: Callable[[_Line], None] | None
    ) -> list[_Line]:
        missing = {line.record.shop for line in lines} - self._known.keys()
        if missing:
            self._known.update(shops.known(missing))
        known = []
        for line in lines:
            if line.record.shop in self._known:
                known.append(line)
            elif hold is not None:
                hold(line)
            else:
                result = unknown_shop(line.record.shop)
                self.counts.add(line.kind.name, [result])
                self._tell(line, result)
        return known

    def _tell(self, line: _Line, result: Result) -> None:
        name = name_of(line.kind, getattr(line.record, line.kind.number))
        self._say(line.file, line.number, name, result.errors)

    def _say(self, file: str, number: int, name: str, errors: Sequence[FieldError]) -> None:
        for error in errors:
            self._refuse(f"{file}:{number}: {f'{name}: ' if name else ''}{error}")


def _batches(lines: Iterable[_Line | Unreadable]) -> Iterator[list[_Line]]:
    """Raises an Unreadable that it meets, after the batch before it."""
    batch: list[_Line] = []
    size = 0
    for line in lines:
        if isinstance(line, Unreadable):
            if batch:
                yield batch
            raise line
        batch.append(line)
        size += len(line.raw)
        if len(batch) >= BATCH_LINES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
