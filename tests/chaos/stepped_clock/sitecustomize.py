"""Python imports this at its start where this folder is in PYTHONPATH: in each program of a trial.

The clock of the machine is as many seconds ahead as the file says that STEPPED_CLOCK names. (The
database's is libfaketime's, under which Python cannot sleep.)
"""

import os
import time
from pathlib import Path

import time_machine

if name := os.environ.get("STEPPED_CLOCK"):
    file = Path(name)
    look_again = 0.0
    ahead = 0

    def time_ns() -> int:
        global ahead, look_again
        now = time.monotonic()
        if now >= look_again:
            look_again = now + 0.5
            ahead = int(file.read_text(encoding="ascii").strip("s"))
        return time_machine.escape_hatch.time.time_ns() + ahead * 1_000_000_000

    time_machine.travel(0).start().time_ns = time_ns  # type: ignore[method-assign]
