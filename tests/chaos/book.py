"""The payer's own book: a file a payment, which no failover and no restore takes back."""

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4


class Payment(NamedTuple):
    at: float
    key: str
    ticket_no: str
    amount: int


class Book:
    """In `folder`; any number of processes write at once, and may be killed doing so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Payment] = {}

    def pay(self, key: str, ticket_no: str, amount: int) -> None:
        """Once per key: a file appears whole, and only the first of its name stays."""
        unfinished = self._folder / f"unfinished-{uuid4()}"
        unfinished.write_text(json.dumps([time.time(), key, ticket_no, amount]))
        with suppress(FileExistsError):
            self._file(key).hardlink_to(unfinished)
        unfinished.unlink()

    def knows(self, key: str) -> bool:
        return self._file(key).exists()

    def payments(self) -> list[Payment]:
        for file in self._folder.glob("paid-*"):
            if file.name not in self._read:
                self._read[file.name] = Payment(*json.loads(file.read_text()))
        return sorted(self._read.values())

    def hang(self, calls: int) -> None:
        """The next calls that pay hang."""
        for number in range(calls):
            (self._folder / f"hang-{number}").touch()

    def is_told_to_hang(self) -> bool:
        """Takes one of the calls that are to hang; each is of one caller."""
        for file in self._folder.glob("hang-*"):
            with suppress(FileNotFoundError):
                file.unlink()
                return True
        return False

    def _file(self, key: str) -> Path:
        return self._folder / f"paid-{key.encode().hex()}"
