"""Known ends of past tickets, on stories made by hand (SPEC M6)."""

import pytest

from strategies.advice.ends import UNKNOWN, End, Story, end_of, loss_of

PLAIN = Story(
    amount=10_000,
    status="refunded",
    days_in_status=30.0,
    refunded=10_000,
    refunded_later=0,
    automatic=False,
    likely_loss=False,
    arbitration="",
    rejected=False,
    goods_back=False,
)
NOT_PAID = {"refunded": None}

STORIES = [
    # A story, its end, its loss where money goes out at once, and where goods come back first.
    ("refunded in full by people", {}, End.REFUNDED, 0, 0),
    ("negotiated down", {"refunded": 6_000}, End.REDUCED, 4_000, 4_000),
    ("goods came back", {"goods_back": True}, End.GOODS_BACK, 10_000, 0),
    ("goods back, paid in part", {"goods_back": True, "refunded": 7_000},
     End.GOODS_BACK, 10_000, 0),
    ("rejected and upheld", NOT_PAID | {"status": "rejected", "rejected": True},
     End.REJECTED, 10_000, 10_000),
    ("rejected in the back office", NOT_PAID | {"status": "rejected"},
     End.REJECTED, 10_000, 10_000),
    ("rejected yesterday", NOT_PAID | {"status": "rejected", "days_in_status": 1.0},
     End.OPEN, 0, 0),
    ("rejected with the goods in hand",
     NOT_PAID | {"status": "rejected", "rejected": True, "goods_back": True},
     End.REJECTED, 10_000, 0),
    ("given up after a rejection", NOT_PAID | {"status": "cancelled", "rejected": True},
     End.REJECTED, 10_000, 10_000),
    ("rejected, applied again, refunded on this ticket", {"rejected": True}, End.REFUNDED, 0, 0),
    ("rejected, refunded in full on a later ticket",
     NOT_PAID | {"status": "rejected", "rejected": True, "refunded_later": 10_000},
     End.REJECTED_THEN_REFUNDED, 0, 0),
    ("rejected, refunded in part on a later ticket",
     NOT_PAID | {"status": "closed", "rejected": True, "refunded_later": 3_000},
     End.REJECTED_THEN_REFUNDED, 7_000, 7_000),
    ("won in arbitration", NOT_PAID | {"status": "closed", "arbitration": "merchant"},
     End.WON, 10_000, 10_000),
    ("lost in arbitration", {"arbitration": "buyer", "rejected": True}, End.REFUNDED, 0, 0),
    ("in arbitration", NOT_PAID | {"status": "arbitration"}, End.OPEN, 0, 0),
    ("likely loss of an automatic refund", {"automatic": True, "likely_loss": True},
     End.LIKELY_LOSS, 10_000, 10_000),
    ("automatic, and nothing known against it", {"automatic": True}, End.AUTOMATIC, 0, 0),
    ("withdrawn before an answer", NOT_PAID | {"status": "cancelled"}, End.WITHDRAWN, 0, 0),
    ("waits for people", NOT_PAID | {"status": "pending_review"}, End.OPEN, 0, 0),
    ("settled otherwise", NOT_PAID | {"status": "closed"}, End.OTHER, 0, 0),
    ("imported as refunded, its amount unknown", NOT_PAID, End.OTHER, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "end", "loss", "loss_goods_first"),
    [story[1:] for story in STORIES],
    ids=[story[0] for story in STORIES],
)
def test_stories(changes: dict, end: End, loss: int, loss_goods_first: int) -> None:
    story = PLAIN._replace(**changes)
    assert end_of(story) == end
    assert loss_of(story, end, goods_first=False) == loss
    assert loss_of(story, end, goods_first=True) == loss_goods_first


def test_an_unknown_end_costs_nothing() -> None:
    """It counts as neither (SPEC M6)."""
    for end in UNKNOWN:
        assert loss_of(PLAIN, end, goods_first=False) == 0
