"""`make bench`: runs every part and writes docs/benchmarks.md."""

import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from . import (
    dashboard,
    engine,
    evaluator,
    files,
    idle,
    ingest,
    keyboard,
    latency,
    lists,
    pages,
    payer,
    reading,
    trial,
    what_if,
)
from .database import bench_database
from .report import Row, show

HEAD = """# Benchmarks

Written by `make bench` on {date}, commit {commit}, {machine}.

Machines are noisy: only the ratios count, each against a floor or a peer in the same run. What each
part does stands in its file under `tests/bench/`.

| what | measured | against | ratio | target | met |
|---|---|---|---|---|---|
"""


def main() -> None:
    rows: list[Row] = []
    # The dashboard fills tables as the lists do, the reader looks at all shops, and idle programs
    # have nothing to do: in databases of their own.
    for parts in (
        (idle,),
        (engine, evaluator, latency, payer, ingest, files, lists, trial, what_if),
        (dashboard,),
        (pages,),
        (reading,),
        (keyboard,),
    ):
        with bench_database():
            for row in (row for part in parts for row in part.rows()):
                show(row)
                rows.append(row)
    path = Path(settings.BASE_DIR) / "docs" / "benchmarks.md"
    path.write_text(_page(rows))
    print(f"written: {path.relative_to(settings.BASE_DIR)}")


def _page(rows: list[Row]) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    page = HEAD.format(
        date=datetime.now(UTC).date().isoformat(),
        commit=commit or "unknown",
        machine=f"Python {platform.python_version()}, {platform.machine()}",
    )
    for row in rows:
        cells = [*row[:5], "yes" if row.met else "no"]
        page += "| " + " | ".join(cells) + " |\n"
    return page


if __name__ == "__main__":
    main()
