"""Takes files of records in (INTERFACES, Commands)."""

import gc
import sys
from collections import Counter
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from aftersale.services.ingest import Counts, Pass
from aftersale.services.ingest.files import Source
from aftersale.services.shared.outcomes import Outcome
from config.terminal import TerminalCommand


class Command(TerminalCommand):
    help = "Takes in shops, orders, tickets, strategies and fund entries from NDJSON files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files",
            nargs="+",
            metavar="FILE",
            help=_(".ndjson or .ndjson.gz, “-” for standard input"),
        )

    def handle(self, *args: Any, files: list[str], **options: Any) -> None:
        progress = _Progress()
        run = Pass(
            clock=timezone.now,
            refuse=progress.write,
            moved=progress.moved,
        )
        thresholds = gc.get_threshold()
        # Records live as long as their batch and hold no cycles: looking for garbage among
        # thousands of them every few hundred took a quarter of the time.
        gc.set_threshold(100_000)
        try:
            counts = run.run(files)
        finally:
            gc.set_threshold(*thresholds)
            progress.close()
        for line in _summary(counts):
            self.stdout.write(line)
        if not counts.all_taken:
            sys.exit(1)


class _Progress:
    """A bar a file on a terminal, nothing elsewhere; messages go past the bar."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._bar: tqdm | None = None
        self._source: Source | None = None

    def moved(self, source: Source) -> None:
        if not self._on:
            return
        if source is not self._source:
            self.close()
            self._source = source
            self._bar = tqdm(
                desc=source.name, total=source.size, unit="B", unit_scale=True, file=sys.stderr
            )
        assert self._bar is not None
        self._bar.update(source.position() - self._bar.n)

    def write(self, message: str) -> None:
        if self._on:
            tqdm.write(message, file=sys.stderr)
        else:
            sys.stderr.write(message + "\n")

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _summary(counts: Counts) -> list[str]:
    lines = [
        _line(kind, outcomes, counts.notes.get(kind, Counter()))
        for kind, outcomes in counts.outcomes.items()
    ]
    return [*lines, _line(_("total"), counts.total(), Counter())]


def _line(name: str, outcomes: Counter[Outcome], notes: Counter[str]) -> str:
    older = outcomes[Outcome.OLDER]
    unchanged = str(outcomes[Outcome.UNCHANGED] + older)
    if older:
        unchanged += _(" (%(count)d older than stored)") % {"count": older}
    line = _(
        "%(name)s: new %(new)d, changed %(changed)d, unchanged %(unchanged)s, refused %(refused)d"
    ) % {
        "name": name,
        "new": outcomes[Outcome.NEW],
        "changed": outcomes[Outcome.CHANGED],
        "unchanged": unchanged,
        "refused": outcomes[Outcome.REFUSED],
    }
    return "".join([line, *(f"; {count} {note}" for note, count in notes.items())])
