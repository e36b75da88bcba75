"""Read-only tables of related records on the page of a record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aftersale.services.shared.shown import EMPTY


@dataclass
class Section:
    """A table under the fields of a page. Cells are texts or safe HTML.

    Without headers each line is a label, its value, and so on.
    """

    title: Any
    headers: Sequence[Any]
    rows: list[list[Any]] = field(default_factory=list)
    note: Any = ""

    @property
    def headed(self) -> bool:
        return any(self.headers)

    @property
    def columns(self) -> list[tuple[Any, bool]]:
        """(header, whether the column is of amounts)."""
        return [(header, self._is_amount(place)) for place, header in enumerate(self.headers)]

    def _is_amount(self, place: int) -> bool:
        cells = {str(row[place]) for row in self.rows} - {EMPTY}
        return bool(cells) and all('class="money"' in cell for cell in cells)

    @property
    def lines(self) -> list[list[tuple[Any, Any, bool]]]:
        """(header, cell, whether it is an amount), row by row."""
        columns = self.columns
        return [
            [(header, cell, amount) for (header, amount), cell in zip(columns, row, strict=True)]
            for row in self.rows
        ]
