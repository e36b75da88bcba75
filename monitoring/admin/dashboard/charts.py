"""Bar charts drawn by the server, each with a table of its figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, GAP, HEIGHT = 10, 2, 100


@dataclass(frozen=True)
class Bar:
    x: int
    y: float
    height: float
    # The series' number, which has a colour in the style sheet.
    place: int


@dataclass
class Chart:
    name: str
    title: str
    summary: str
    series: Sequence[str]
    days: Sequence[date]
    # One list a day, one value a series.
    values: Sequence[Sequence[int]]
    show: Callable[[int], str] = str

    @property
    def empty(self) -> bool:
        return not any(any(row) for row in self.values)

    @property
    def top(self) -> int:
        return max((sum(row) for row in self.values), default=0)

    @property
    def top_shown(self) -> str:
        return self.show(self.top)

    @property
    def width(self) -> int:
        return WIDTH * len(self.days)

    @property
    def bars(self) -> list[Bar]:
        """Stacked, the first series at the bottom."""
        found = []
        for number, row in enumerate(self.values):
            y = float(HEIGHT)
            for place, value in enumerate(row):
                height = HEIGHT * value / self.top if self.top else 0
                y -= height
                if value:
                    found.append(Bar(number * WIDTH + GAP // 2, y, height, place))
        return found

    @property
    def bar_width(self) -> int:
        return WIDTH - GAP

    @property
    def hints(self) -> list[tuple[int, str]]:
        """The text under the pointer for each day's column, with its x."""
        return [
            (
                number * WIDTH,
                f"{day:%m-%d}: "
                + ", ".join(
                    f"{name} {self.show(value)}"
                    for name, value in zip(self.series, row, strict=True)
                ),
            )
            for number, (day, row) in enumerate(zip(self.days, self.values, strict=True))
        ]

    @property
    def legend(self) -> list[tuple[int, str]]:
        return list(enumerate(self.series))

    @property
    def rows(self) -> list[tuple[date, list[tuple[str, str]]]]:
        """The table, newest day first."""
        return [
            (
                day,
                [(name, self.show(value)) for name, value in zip(self.series, row, strict=True)],
            )
            for day, row in zip(reversed(self.days), reversed(self.values), strict=True)
        ]
