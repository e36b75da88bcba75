"""A benchmark's figures, printed and kept. Only ratios count: machines are noisy."""

import gc
import resource
from typing import NamedTuple


class Row(NamedTuple):
    """One line of docs/benchmarks.md. `target` as PERFORMANCE has it; `met` by the ratio."""

    what: str
    measured: str
    against: str
    ratio: str
    target: str
    met: bool


def peak_memory() -> float:
    """The most memory this process has had, in MiB."""
    gc.collect()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def show(row: Row) -> None:
    """Prints a row."""
    mark = "met" if row.met else "NOT MET"
    print(
        f"{row.what}: {row.measured} against {row.against}: {row.ratio} ({row.target}, {mark})",
        flush=True,
    )
