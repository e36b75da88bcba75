"""Files of back offices against reading the same file as bare CSV (PERFORMANCE): brought, read and
previewed, and taken in; and the memory of each, which must not grow with the file.

`python -m tests.bench.files`, with DATABASE_URL. A row is an order in Kuaishou's 61 columns. Each
step runs in a process of its own, as in the web server and in the slow cluster. BENCH_FILE_ROWS
says how many rows the larger file has; the smaller one has a tenth.
"""

import csv
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import xlsxwriter
from django.db import connection
from django.utils import timezone

from aftersale.models import FileImport, RowOutcome, Shop
from aftersale.services.exports import run
from aftersale.services.exports.bring import bring
from tests.exports import files
from tests.factories import make_shop

from .database import bench_database
from .report import Row, peak_memory, show

ROWS = int(os.environ.get("BENCH_FILE_ROWS", 100_000))
_STAMP = "_20261101093000"
_MORE_HEADS = 61 - len(files.KUAISHOU_ORDERS.split(","))
HEADS = files.KUAISHOU_ORDERS.split(",") + [f"其他{number}" for number in range(_MORE_HEADS)]


def orders(count: int) -> list[list[str]]:
    chance = random.Random(1)
    begun = datetime(2026, 8, 1)
    found = []
    for number in range(count):
        paid = begun + timedelta(seconds=60 * number)
        row = {
            "订单号": f"25{number:014d}",
            "订单创建时间": f"{paid - timedelta(seconds=9)}",
            "订单支付时间": f"{paid}",
            "订单状态": chance.choice(["待发货", "已发货", "交易成功"]),
            "实付款": f"{chance.randrange(100, 90_000) / 100:.2f}",
            "成交数量": "1",
            "商品名称": f"样品 大衣 {chance.randrange(900)}",
            "商品ID": f"{chance.randrange(900)}",
            "商品规格": "驼色 M",
            "发货时间": f"{paid + timedelta(hours=8)}",
        }
        found.append([row.get(head, "-") for head in HEADS])
    return found


def write_csv(path: Path, count: int) -> None:
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([HEADS, *orders(count)])


def write_xlsx(path: Path, count: int) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([HEADS, *orders(count)]):
            sheet.write_row(place, 0, row)


class Took(NamedTuple):
    seconds: float
    memory: float


def apart(work: Callable[[], object]) -> Took:
    """In a process of its own, whose peak of memory is this work's."""
    connection.close()
    receiver, sender = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("fork")

    def measured() -> None:
        began = time.perf_counter()
        work()
        sender.send(Took(time.perf_counter() - began, peak_memory()))

    process = context.Process(target=measured)
    process.start()
    process.join()
    if process.exitcode:
        raise AssertionError(f"ended with {process.exitcode}")
    took: Took = receiver.recv()
    return took


def brought() -> FileImport:
    return FileImport.objects.select_related("shop").latest("pk")


def read_bare(path: Path) -> None:
    with path.open(encoding="gb18030", newline="") as file:
        for _row in csv.reader(file):
            pass


def bring_file(path: Path) -> None:
    shop = Shop.objects.get(code="bench")
    with path.open("rb") as file:
        bring(shop=shop, files=[(path.name, file)], user=None, now=timezone.now())


def steps(path: Path) -> dict[str, Took]:
    """A shop that is new; every row of the file is."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE aftersale_shop, aftersale_ticketevent CASCADE")
    make_shop(code="bench", platform="kuaishou")

    def nobody(_planned: object) -> None: ...

    found = {
        "bring": apart(lambda: bring_file(path)),
        "read": apart(lambda: run.read(brought())),
        "preview": apart(lambda: run.preview(brought(), clock=timezone.now, told=nobody)),
        "take in": apart(lambda: run.take_in(brought(), clock=timezone.now, told=nobody)),
    }
    counts, rows = brought().counts, brought().total
    if counts != {"order": {RowOutcome.NEW.value: rows}}:
        raise AssertionError(counts)
    return found


def rows() -> list[Row]:
    """Empties the tables of the desk before it begins."""
    with tempfile.TemporaryDirectory() as folder:
        found: list[Row] = []
        few, many = ROWS // 10, ROWS
        for ending, write in (("csv", write_csv), ("xlsx", write_xlsx)):
            small, large = (Path(folder) / f"{count}{_STAMP}.{ending}" for count in (few, many))
            apart(lambda path=small, write=write: write(path, few))  # type: ignore[misc]
            apart(lambda path=large, write=write: write(path, many))  # type: ignore[misc]
            before, took = steps(small), steps(large)
            found += [_memory(ending, few, many, before, took)]
            if ending == "csv":
                bare = apart(lambda path=large: read_bare(path)).seconds  # type: ignore[misc]
                found[:0] = _speed(many, took, bare)
    return found


def _speed(count: int, took: dict[str, Took], bare: float) -> list[Row]:
    found = []
    looked = sum(took[step].seconds for step in ("bring", "read", "preview"))
    for what, seconds in (("brought and previewed", looked), ("taken in", took["take in"].seconds)):
        found.append(
            Row(
                f"back office's file of {count:,} orders, {what}",
                f"{count / seconds:,.0f} rows/s",
                f"the bare CSV, {count / bare:,.0f} rows/s",
                f"{bare / seconds:.3f}",
                ">= 5,000 rows/s on a quiet machine",
                count / seconds >= 5_000,
            )
        )
    return found


def _memory(
    ending: str, few: int, many: int, before: dict[str, Took], took: dict[str, Took]
) -> Row:
    least = max(one.memory for one in before.values())
    most = max(one.memory for one in took.values())
    # Texts that cells share are held whole by the library that reads Excel files.
    allowed = 1.1 if ending == "csv" else 2.0
    return Row(
        f"memory over a back office's {ending} of {many:,} orders",
        f"{most - least:+.0f} MiB",
        f"{least:.0f} MiB with {few:,}",
        f"{most / least:.2f}",
        f"<= {allowed}",
        most / least <= allowed,
    )


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
