"""A program of its own: reads an Excel file, writes its first sheet as JSON.

The library reserves memory for whatever a file claims to hold, and aborts its process where that
fails (a file of 5 KB did). So it runs in this process, within limits, and never in a server.
"""

import contextlib
import io
import json
import resource
import sys
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError

MOST_MEMORY = 1024**3
MOST_SECONDS = 30


def main(most_rows: int) -> None:
    # Not on all systems.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    content = io.BytesIO(sys.stdin.buffer.read())
    try:
        sheet = CalamineWorkbook.from_filelike(content).get_sheet_by_index(0)
    except PasswordError:
        sys.stdout.write(json.dumps("password"))
        return
    rows = sheet.to_python(skip_empty_area=False, nrows=most_rows)
    sys.stdout.write(json.dumps(rows, default=_tagged))


def _tagged(value: Any) -> dict[str, Any]:
    """A date, time or duration, by the name of its type."""
    text = value.total_seconds() if hasattr(value, "total_seconds") else value.isoformat()
    return {type(value).__name__: text}


if __name__ == "__main__":
    main(int(sys.argv[1]))
