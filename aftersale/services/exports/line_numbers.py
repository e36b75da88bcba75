"""The numbers of lines: given by first appearance, kept for good (SPEC O11).

Files name a line by a sub order, or by product and kind; here it has a number within its order.
"""

from collections.abc import Iterable

from aftersale.models import ExportedLine

# By order, then by what the files name the line.
Numbers = dict[str, dict[str, int]]


def known(shop_id: int, order_nos: Iterable[str]) -> Numbers:
    rows = ExportedLine.objects.filter(shop=shop_id, order_no__in=set(order_nos))
    found: Numbers = {}
    for order_no, key, line_no in rows.values_list("order_no", "line_key", "line_no"):
        found.setdefault(order_no, {})[key] = line_no
    return found


def keep(shop_id: int, numbers: Numbers) -> None:
    ExportedLine.objects.bulk_create(
        [
            ExportedLine(shop_id=shop_id, order_no=order_no, line_key=key, line_no=line_no)
            for order_no, lines in numbers.items()
            for key, line_no in lines.items()
        ],
        ignore_conflicts=True,
        batch_size=5_000,
    )
