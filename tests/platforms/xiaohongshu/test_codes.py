"""The meaning of each combination of request, status and refund status (SPEC O3, O4)."""

from typing import Any

import pytest

from aftersale.platforms.payments import Failed, NeverSeen, Paid, Pending
from aftersale.platforms.protocol import Unreadable
from aftersale.platforms.xiaohongshu import statuses, to_records
from tests.each import each

from .rows import NUMBER, detail, exact, info, seen, ticket

MONEY = {"awaiting_return", "returning", "refunding", "refunded"}


@each(
    "kind, type",
    [
        (1, "return_refund"),
        (2, "exchange"),
        (3, "refund_only"),
        (4, "refund_only"),
        (5, "refund_only"),
        (6, "refund_only"),
        ("1", "return_refund"),
    ],
)
def test_types(kind: Any, type: str) -> None:
    found = seen(detail(returnType=kind))
    assert (found.record.type, found.unknown) == (type, False)


@each(
    "kind, status, money, word, refund",
    [
        (4, 1, 0, "pending_review", NeverSeen),
        (1, 2, 0, "awaiting_return", NeverSeen),
        (1, 3, 0, "returning", NeverSeen),
        (1, "3", "0", "returning", NeverSeen),
        (4, 9, 0, "rejected", NeverSeen),
        (1, 9001, 0, "rejected", NeverSeen),
        (4, 14, 0, "arbitration", NeverSeen),
        (4, 5, 0, "cancelled", Failed),
        (4, 6, 0, "closed", Failed),
        (4, 6, 402, "closed", Failed),
        # Ordered, and not yet to be seen in the status.
        (4, 1, 101, "pending_review", Pending),
        (4, 1, 201, "pending_review", Pending),
        (4, 1, 108, "refunding", Pending),
        (1, 3, 301, "refunding", Pending),
        (4, 4, 0, "refunding", Pending),
        (4, 4, 101, "refunding", Pending),
        (4, 4, 1, "refunding", Pending),
        (4, 4, 2, "refunded", Paid),
        (1, 4, 2, "refunded", Paid),
        (4, 4, 3, "refund_failed", Failed),
        # Done without money: people look why.
        (4, 4, 302, None, Pending),
        (4, 4, 401, None, Pending),
        # An exchange ends with goods, unless it became a refund.
        (2, 1, 0, "pending_review", NeverSeen),
        (2, 4, 0, "closed", Failed),
        (2, 12, 0, "returning", NeverSeen),
        (2, 13, 0, "returning", NeverSeen),
        (2, 11, 0, None, Pending),
        (2, 11, 1, "refunding", Pending),
        (2, 4, 2, "refunded", Paid),
        (4, 12, 0, None, Pending),
        # Money that went back went back, whichever case the platform looks at.
        (4, 14, 2, "refunded", Paid),
        # Unknown words move nothing, and nothing counts as over.
        (4, 77, 0, None, Pending),
        (4, 1, 77, None, Pending),
        (4, 4, 77, None, Pending),
        (4, 4, None, None, Pending),
        (4, None, 0, None, Pending),
        (4, 1, "soon", None, Pending),
        (4, 1, True, None, Pending),
        (4, 10**30, 0, None, Pending),
        # A request may leave out what has not begun.
        (4, 1, None, "pending_review", NeverSeen),
    ],
)
def test_statuses(kind: Any, status: Any, money: Any, word: str | None, refund: type) -> None:
    values = {"returnType": kind, "status": status, "refundStatus": money}

    found = seen(detail(**values))

    assert found.record.status == word
    assert found.unknown is (word is None)
    assert type(statuses.refund(exact(info(**values)))) is refund
    told = {fact.name for fact in found.facts}
    assert ("status_there" in told) is (word is None)


@pytest.mark.parametrize("kind", [0, 7, -1, None, "x", [], 1.5])
@pytest.mark.parametrize("status", [1, 2, 3, 4, 9, 12, 14])
@pytest.mark.parametrize("money", [0, 1, 3, 108])
def test_no_money_moves_on_an_unknown_type(kind: Any, status: int, money: int) -> None:
    found = seen(detail(returnType=kind, status=status, refundStatus=money))

    assert found.unknown
    assert found.record.status not in MONEY
    assert "type_there" in {fact.name for fact in found.facts}


@each(
    "tag, kind, status, money, pays",
    [
        (0, 5, 1, 0, False),
        (1, 5, 1, 0, True),
        ("2", 4, 4, 2, True),
        (32, 4, 4, 1, True),
        (99, 4, 4, 1, False),
        # A rule that agreed to the return has not paid it.
        (4, 1, 2, 0, False),
        (4, 1, 3, 0, False),
        (4, 1, 4, 1, True),
    ],
)
def test_what_the_platform_pays_by_a_rule_of_its_own(
    tag: Any, kind: int, status: int, money: int, pays: bool
) -> None:
    """SPEC F2."""
    found = seen(detail(returnsTag=tag, returnType=kind, status=status, refundStatus=money))
    assert found.paid_by_fast_refund is pays


def test_a_refund_has_its_moment_where_one_is_told() -> None:
    told = ticket(status=4, refundStatus=2, refundTime=1_761_000_000_500).refund_result
    assert told is not None
    assert (told.status, told.at and told.at.microsecond) == ("succeeded", 500_000)
    # Whether it may be seconds, no page says.
    seconds = ticket(status=4, refundStatus=2, refundTime=1_761_000_000).refund_result
    assert seconds is not None
    assert seconds.at == ticket().updated_at


@each("really, amount", [(None, 4_990), (0, 4_990), (30.5, 3_050), ("30.50", 3_050)])
def test_what_was_really_refunded_counts(really: Any, amount: int) -> None:
    assert ticket(status=4, refundStatus=2, refundAmountYuan=really).amount == amount


@each("really", ["x", "30,50", [], True, -1, 30.555])
def test_what_was_really_refunded_is_not_guessed(really: Any) -> None:
    """The amount asked for is another one."""
    row = exact(detail(status=4, refundStatus=2, refundAmountYuan=really))
    assert isinstance(to_records.seen_ticket(row, "shop-1", NUMBER, 1), Unreadable)
