"""Tasks for a cluster that is started by a test: each leaves a line in a file."""

import time
from pathlib import Path


def note(file: str, text: str) -> None:
    with Path(file).open("a") as notes:
        notes.write(f"{text}\n")


def note_slowly(file: str, text: str) -> None:
    note(file, f"{text} begun")
    time.sleep(1.5)
    note(file, f"{text} done")


def stand_still(file: str, text: str) -> None:
    note(file, f"{text} begun")
    time.sleep(600)


def fail(file: str, text: str) -> None:
    note(file, text)
    raise ValueError
