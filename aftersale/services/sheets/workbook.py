"""The first sheet of an Excel file, XLSX or the older XLS, as rows of texts."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from . import parse_workbook
from .cells import value_cell
from .workbook_area import WrongWorkbook, damaged, require_area

_MOST_COLUMNS = 100


def read_rows(content: bytes, *, most_rows: int) -> list[list[str]]:
    """Formulas as what they came to when the file was saved; raises WrongWorkbook."""
    require_area(content, most_rows=most_rows + 1, most_columns=_MOST_COLUMNS)
    try:
        parsed = subprocess.run(
            [sys.executable, "-I", parse_workbook.__file__, str(most_rows + 1)],
            input=content,
            capture_output=True,
            timeout=2 * parse_workbook.MOST_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise damaged() from None
    rows = json.loads(parsed.stdout, object_hook=_untagged)
    if rows == "password":
        raise WrongWorkbook(_("The file has a password: save it without one."))
    return [[value_cell(value) for value in row] for row in rows]


_MOMENTS: Mapping[str, Callable[[Any], object]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda seconds: timedelta(seconds=seconds),
}


def _untagged(written: dict[str, Any]) -> object:
    ((kind, value),) = written.items()
    return _MOMENTS[kind](value)
