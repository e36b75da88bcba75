"""Proof of work by doing: a cluster's workers mark each task in a file of their program, and the
supervisor that started them reads it (SPEC E1).

Files, not rows: a frozen cluster must show while its database is well, and the supervisor needs no
database. Without `FILE_VARIABLE` in the environment nothing is written.
"""

import os
import time
from pathlib import Path
from typing import Any

FILE_VARIABLE = "AFTERDESK_BEAT_FILE"
ROUNDS = "rounds"
"""The file of the watch's rounds; without a database it makes none."""
EVERY_SECONDS = 5.0
"""How often the watch asks every cluster for a sign, and gives one of its own."""


def beat(**_kwargs: Any) -> None:
    """Receiver of django-q2's signals around each task; long ones call it between their steps, and
    the watch in each round."""
    if path := os.environ.get(FILE_VARIABLE):
        Path(path).write_text(str(time.monotonic_ns()), encoding="ascii")


def beat_for(program: str) -> None:
    """The watch's, for what cannot show itself that it works; and for its rounds."""
    if path := os.environ.get(FILE_VARIABLE):
        Path(path).with_name(program).write_text(str(time.monotonic_ns()), encoding="ascii")


def nothing() -> None:
    """An empty task, which shows that its cluster carries out tasks."""
