"""Known ends of past tickets, on stories made by hand (SPEC M6)."""

from typing import Any, NamedTuple

import pytest
from django.db import connection

from strategies.advice.ends import UNKNOWN, End
from strategies.services.known_ends import ends

pytestmark = pytest.mark.django_db


class Story(NamedTuple):
    """A past ticket as it is known today, in the columns of `stories`. Amounts in fen."""

    amount: int = 10_000
    status: str = "refunded"
    days_in_status: float = 30.0
    refunded: int | None = 10_000
    refunded_later: int = 0
    automatic: bool = False
    likely_loss: bool = False
    arbitration: str = ""
    rejected: bool = False
    goods_back: bool = False


def story(status: str = "refunded", **fields: Any) -> Story:
    fields.setdefault("refunded", 10_000 if status == "refunded" else None)
    return Story(status=status, **fields)


STORIES = {
    # A story, its end, its loss where money goes out at once, and where goods come back first.
    "refunded in full by people": (story(), End.REFUNDED, 0, 0),
    "negotiated down": (story(refunded=6_000), End.REDUCED, 4_000, 4_000),
    "goods came back": (story(goods_back=True), End.GOODS_BACK, 10_000, 0),
    "goods back, paid in part":
        (story(goods_back=True, refunded=7_000), End.GOODS_BACK, 10_000, 0),
    "rejected and upheld": (story("rejected", rejected=True), End.REJECTED, 10_000, 10_000),
    "rejected in the back office": (story("rejected"), End.REJECTED, 10_000, 10_000),
    "rejected yesterday": (story("rejected", days_in_status=1.0), End.OPEN, 0, 0),
    "rejected with the goods in hand":
        (story("rejected", rejected=True, goods_back=True), End.REJECTED, 10_000, 0),
    "given up after a rejection":
        (story("cancelled", rejected=True), End.REJECTED, 10_000, 10_000),
    "rejected, applied again, refunded on this ticket":
        (story(rejected=True), End.REFUNDED, 0, 0),
    "rejected, refunded in full on a later ticket":
        (story("rejected", rejected=True, refunded_later=10_000),
         End.REJECTED_THEN_REFUNDED, 0, 0),
    "rejected, refunded in part on a later ticket":
        (story("closed", rejected=True, refunded_later=3_000),
         End.REJECTED_THEN_REFUNDED, 7_000, 7_000),
    "won in arbitration": (story("closed", arbitration="merchant"), End.WON, 10_000, 10_000),
    "lost in arbitration": (story(arbitration="buyer", rejected=True), End.REFUNDED, 0, 0),
    "in arbitration": (story("arbitration"), End.OPEN, 0, 0),
    "likely loss of an automatic refund":
        (story(automatic=True, likely_loss=True), End.LIKELY_LOSS, 10_000, 10_000),
    "automatic, and nothing known against it": (story(automatic=True), End.AUTOMATIC, 0, 0),
    "withdrawn before an answer": (story("cancelled"), End.WITHDRAWN, 0, 0),
    "waits for people": (story("pending_review"), End.OPEN, 0, 0),
    "settled otherwise": (story("closed"), End.OTHER, 0, 0),
    "imported as refunded, its amount unknown": (story(refunded=None), End.OTHER, 0, 0),
}  # fmt: skip

_VALUES = """
SELECT * FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::float[], %s::bigint[], %s::bigint[],
    %s::bool[], %s::bool[], %s::text[], %s::bool[], %s::bool[]) AS s (number, amount, status,
    days_in_status, refunded, refunded_later, automatic, likely_loss, arbitration, rejected,
    goods_back)
"""


def told(stories: list[Story]) -> list[tuple[End, int, int]]:
    columns = [list(column) for column in zip(*stories, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ended, at_once, goods_first FROM ({ends(_VALUES)}) e ORDER BY number",  # noqa: S608
            [list(range(len(stories))), *columns],
        )
        return [(End(end), *losses) for end, *losses in cursor]


def test_stories() -> None:
    found = told([each for each, *_ in STORIES.values()])
    assert dict(zip(STORIES, found, strict=True)) == {
        name: tuple(expected) for name, (_, *expected) in STORIES.items()
    }
    assert {end for end, *_ in found} == set(End)


def test_an_unknown_end_costs_nothing() -> None:
    """It counts as neither (SPEC M6)."""
    for end, at_once, goods_first in told([each for each, *_ in STORIES.values()]):
        assert end not in UNKNOWN or (at_once, goods_first) == (0, 0)
