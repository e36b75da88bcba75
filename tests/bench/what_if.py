"""What-ifs over a shop's past (SPEC M7): another one on the same past, a thousand, and one while
typing, answered by the service as the page asks it.

`python -m tests.bench.what_if`, with DATABASE_URL. BENCH_PAST says how many for the first of these.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from statistics import median
from typing import Any

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from aftersale.models import Shop
from strategies.services import past as pasts
from strategies.services import trials
from strategies.services.lanes import current_content
from strategies.services.trials import whatif

from .backlog import NOW
from .database import bench_database
from .report import Row, show
from .trial import past

PAST = int(os.environ.get("BENCH_PAST", 1_000_000))
TYPING = min(PAST, 100_000)
MANY, OVER = 1_000, min(PAST, 30_000)


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, override_settings(PAST_ROOT=folder):
        shops = {number: past(number) for number in {PAST, TYPING, OVER}}
        yield the_next(shops[PAST], PAST)
        yield a_thousand(shops[OVER])
        yield typing(shops[TYPING])


def read(shop: Shop, number: int) -> pasts.Past:
    first = NOW - timedelta(days=2)
    return pasts.load(shop.pk, first, first + timedelta(days=4, seconds=number))


def changed(content: dict[str, Any], number: int) -> dict[str, Any]:
    """The content with another cap of one strategy; a different one each time."""
    content = deepcopy(content)
    strategies = content["strategies"]
    strategies[number % len(strategies)]["single_amount_cap"] = 3_000 + number
    return content


def the_next(shop: Shop, number: int) -> Row:
    content, one = current_content(shop.pk), read(shop, number)
    assert len(one) == number
    pasts.decide_past(one, content)
    pasts.decide_past(one, changed(content, 1))
    took = []
    for turn in range(2, 7):
        began = time.perf_counter()
        pasts.decide_past(one, changed(content, turn))
        took.append(time.perf_counter() - began)
    return absolute(f"the next what-if on the same {number:,} past tickets", median(took), 1)


def typing(shop: Shop) -> Row:
    """The dates of the past are moved to end today, as a page looks at the last 30 days."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE strategies_decision SET decided_at = now() - (%(last)s - id) * interval"
            " '20 seconds' WHERE shop_id = %(shop)s",
            {"shop": shop.pk, "last": _last(shop)},
        )
    pasts.forget(shop.pk)
    pasts.keep(shop.pk, now=timezone.now())
    content = current_content(shop.pk)
    now, took = timezone.now(), []
    for turn in range(12):
        began = time.perf_counter()
        proposed = changed(content, turn)
        effect = trials.what_if(shop, proposed, now=now, strategy=content["strategies"][0]["id"])
        took.append(time.perf_counter() - began)
    whatif._recent.clear()
    assert effect.evaluations == TYPING, effect.evaluations
    return absolute(f"what-if while typing, {TYPING:,} past tickets", median(took[1:]), 0.3)


def _last(shop: Shop) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM strategies_decision WHERE shop_id = %s", [shop.pk])
        (last,) = cursor.fetchone()
    return int(last)


def a_thousand(shop: Shop) -> Row:
    content, one = current_content(shop.pk), read(shop, OVER)
    pasts.decide_past(one, content)
    began = time.perf_counter()
    for turn in range(MANY):
        pasts.decide_past(one, changed(content, turn))
    took = time.perf_counter() - began
    return absolute(f"{MANY:,} what-ifs over {OVER:,} past tickets", took, 15)


def absolute(what: str, seconds: float, most: float) -> Row:
    return Row(
        what, f"{seconds:.2f} s", "the clock", "-", f"<= {most:g} s (quiet)", seconds <= most
    )


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
