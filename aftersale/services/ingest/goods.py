"""Which products a ticket is about: those of its line, or of all lines of its order."""

from collections.abc import Iterable
from typing import NamedTuple

from aftersale.services.shared.sql_arrays import texts


class Goods(NamedTuple):
    """Array literals, ready for the ticket's columns: each product with its category beside it.

    The strategies' product condition reads them in pairs. Lines that cost nothing (gifts) are left
    out, unless the ticket is about nothing else (SPEC E3).
    """

    products: str
    categories: str


NO_GOODS = Goods("{}", "{}")


class OrderGoods:
    """The lines of one order, by number: (product, category, paid)."""

    __slots__ = ("_all", "lines")

    def __init__(self) -> None:
        self.lines: dict[int, tuple[str, str, int]] = {}
        self._all: Goods | None = None

    @classmethod
    def of(cls, lines: Iterable[tuple[int, str, str, int]]) -> "OrderGoods":
        goods = cls()
        for line_no, product, category, paid in lines:
            goods.lines[line_no] = (product, category, paid)
        return goods

    def for_line(self, line_no: int | None) -> Goods | None:
        """None where the order has no such line."""
        if line_no is None:
            if self._all is None:
                self._all = _goods(self.lines.values())
            return self._all
        line = self.lines.get(line_no)
        return None if line is None else _goods([line])


def _goods(lines: Iterable[tuple[str, str, int]]) -> Goods:
    lines = list(lines)
    counted = [line for line in lines if line[2] > 0] or lines
    pairs = sorted({(product, category) for product, category, _paid in counted})
    return Goods(
        texts(product for product, _category in pairs),
        texts(category for _product, category in pairs),
    )
