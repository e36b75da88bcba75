"""The plan for each record of a file: the same for the preview and for the writing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import SEMICOLON
from aftersale.models import ImportRow, RowOutcome

from .moments import Dated
from .reading.tables import Problem


@dataclass
class Planned:
    """A record of one or several rows; `outcome` is what writing it will come to.

    `record`: None where nothing is written. `own_included`: its refunded amount is the platform's
    figure.
    """

    kind: str
    number: str
    rows: Sequence[ImportRow]
    outcome: RowOutcome
    record: Any = None
    dated: Dated | None = None
    notes: dict[int, str] = field(default_factory=dict)
    own_included: bool = False
    buyer: str = ""
    status_there: str = ""
    type_there: str = ""

    def refuse(self, problems: Sequence[Problem]) -> "Planned":
        """Each problem beside its row; one of the whole record beside its first."""
        self.outcome, self.record = RowOutcome.REFUSED, None
        by_row: dict[int, list[str]] = {}
        there = {row.row: row.pk for row in self.rows}
        for problem in problems:
            pk = there.get(problem.row, self.rows[0].pk)
            by_row.setdefault(pk, []).append(_told(problem))
        self.notes = {pk: joined(SEMICOLON, dict.fromkeys(told)) for pk, told in by_row.items()}
        return self


def _told(problem: Problem) -> str:
    if not problem.head:
        return problem.message
    told = _("%(column)s: %(problem)s")
    return told % {"column": problem.head, "problem": problem.message}
