"""The cells of a row as values, with a problem for each that can't be taken."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from aftersale.domain.multilingual import said as _

from . import cells as read
from .cells import WrongCell
from .tables import Problem, Table, TableRow

_T = TypeVar("_T")


class Parser:
    """Of one row. `has` says whether the file has a column for the field at all."""

    def __init__(self, table: Table, row: TableRow, zone: ZoneInfo) -> None:
        self.table, self.row, self.zone = table, row, zone
        self.problems: list[Problem] = list(row.problems)

    def has(self, name: str) -> bool:
        return name in self.table.fields

    def head(self, name: str) -> str:
        return head_of(self.table, name)

    def text(self, name: str) -> str:
        return self.row.cells.get(name, "")

    def number(self, name: str) -> str:
        return read.number(self.text(name))

    def foreign(self, name: str) -> str:
        """A number of others, for which 0 stands where there is none."""
        found = self.number(name)
        return "" if found == "0" else found

    def amount(self, name: str) -> int | None:
        return self._read(name, read.amount)

    def pieces(self, name: str) -> int | None:
        return self._read(name, read.pieces)

    def time(self, name: str) -> datetime | None:
        return self._read(name, lambda text: read.moment(text, self.zone))

    def needed(self, name: str) -> str:
        found = self.number(name)
        if not found:
            self.problem(name, _("missing"))
        return found

    def problem(self, name: str, message: str) -> None:
        self.problems.append(Problem(self.head(name), message, self.row.row))

    def _read(self, name: str, reader: Callable[[str], _T | None]) -> _T | None:
        try:
            return reader(self.text(name))
        except WrongCell as wrong:
            self.problem(name, wrong.args[0])
            return None


def head_of(table: Table, name: str) -> str:
    wanted: Sequence[Any] = table.fields.get(name, ())
    return wanted[0] if wanted else name
