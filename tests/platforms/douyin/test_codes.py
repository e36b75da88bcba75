"""Types, statuses and refunds beside Afterdesk's words: money moves on none that is not known."""

import itertools

from aftersale.platforms.douyin import to_records
from aftersale.platforms.protocol import Unreadable
from tests.each import each

from .rows import line, order, row, seen

MONEY = {"awaiting_return", "returning", "refunding", "refunded", "refund_failed"}
TYPES = {0: "return_refund", 1: "refund_only", 2: "refund_only", 3: "exchange", 4: "refund_only"}
TYPES |= {5: "refund_only", 6: "refund_only", 7: "exchange", 8: "exchange"}
STATUSES = {
    6: "pending_review",
    7: "awaiting_return",
    8: "returning",
    11: "returning",
    12: "refunding",
    13: "returning",
    3: "returning",
    14: "closed",
    27: "rejected",
    29: "rejected",
    28: "closed",
    51: "cancelled",
    53: "closed",
}
PAYING = {2: "refunding", 3: "refunded", 4: "refund_failed", 5: "refunded"}


@each("type", TYPES)
def test_the_refund_says_more_than_the_status(type: int) -> None:
    for status, paying in itertools.product(STATUSES, range(6)):
        ticket = seen(row(after_sale_type=type, after_sale_status=status, refund_status=paying))

        expected = PAYING.get(paying, STATUSES[status])
        if type in (3, 7, 8) and status == 12 and paying not in PAYING:
            # Goods were exchanged, and no money went back.
            expected = "closed"
        assert (ticket.record.type, ticket.record.status) == (TYPES[type], expected)
        assert not ticket.unknown
        result = ticket.record.refund_result
        assert (result and result.status) == {
            "refunded": "succeeded",
            "refund_failed": "failed",
        }.get(expected)


@each("type", [9, 99, -1, None, "x"])
def test_a_type_that_is_not_known_is_no_money(type: object) -> None:
    for status, paying in itertools.product(STATUSES, range(6)):
        ticket = seen(row(after_sale_type=type, after_sale_status=status, refund_status=paying))
        assert ticket.unknown
        assert ticket.record.status not in MONEY
        assert ticket.record.refund_result is None
        assert "type_there" in {fact.name for fact in ticket.facts}


@each("status, paying", [(99, 1), (None, 0), (6, 9), (12, 6), (28, 7), (28, None)])
def test_a_status_that_is_not_known_moves_nothing(status: object, paying: object) -> None:
    ticket = seen(row(after_sale_status=status, refund_status=paying))
    assert ticket.unknown
    assert ticket.record.status is None
    assert ("status_there", f"{status}, {paying}") in {
        (fact.name, fact.value) for fact in ticket.facts
    }


@each(
    "dispute, status, winner",
    [
        (1, "arbitration", None),
        (4, "arbitration", None),
        (5, "arbitration", None),
        (2, "rejected", "buyer"),
        (3, "rejected", "merchant"),
        (255, "rejected", None),
        (77, None, None),
    ],
)
def test_a_dispute_runs_until_the_platform_ends_it(
    dispute: int, status: str | None, winner: str | None
) -> None:
    found = seen(row(after_sale_status=27, dispute={"arbitrate_status": dispute})).record
    assert (found.status, found.arbitration_result) == (status, winner)
    over = row(
        after_sale_status=28,
        aftersale_status_to_final_time=1_772_000_001,
        dispute={"arbitrate_status": dispute},
    )
    assert seen(over).record.status == "closed"


def test_money_that_has_gone_ends_a_dispute() -> None:
    running = row(after_sale_status=27, refund_status=3, dispute={"arbitrate_status": 1})
    assert seen(running).record.status == "refunded"


@each("roles, status", [((1, 2, 1), "cancelled"), ((1, 4), "closed")])
def test_who_closed_it_the_history_says(roles: tuple[int, ...], status: str) -> None:
    log = [
        {"time": f"2026-03-0{day} 09:00:00", "role": role, "text": "…"}
        for day, role in enumerate(roles, start=1)
    ]
    closed = row(after_sale_status=28, log=log)
    assert seen(closed).record.status == status
    # Newest first or last, whichever way it comes.
    assert seen(row(after_sale_status=28, log=log[::-1])).record.status == status


def test_what_was_really_paid_counts() -> None:
    paid = {"refund_status": 3, "after_sale_status": 12}
    assert seen(row(**paid, real_refund_amount=4_500)).record.amount == 4_500
    # Fields that the app has no right to are absent, and no zeros.
    assert seen(row(**paid)).record.amount == 4_990
    assert seen(row(refund_status=1, real_refund_amount=4_500)).record.amount == 4_990


@each("bit", range(1, 18))
def test_only_the_platforms_own_fast_refunds_are_paid_by_it(bit: int) -> None:
    """SPEC F2."""
    ticket = seen(row(auto_audit_bits=[bit]))
    assert ticket.paid_by_fast_refund is (bit in (1, 3, 5))
    assert "automatic" in {fact.name for fact in ticket.facts}


def test_a_ticket_without_an_amount_is_no_ticket_of_nothing() -> None:
    for odd in (None, "", "x", True, 1.5):
        unreadable = to_records.seen_ticket(row(refund_total_amount=odd), "shop-1", ())
        assert "amount" in str(unreadable)
        assert not isinstance(unreadable, type(seen(row())))


@each("really", ["x", [], 1.5, True])
def test_what_was_really_paid_is_not_guessed(really: object) -> None:
    """The amount asked for is another one."""
    found = to_records.seen_ticket(row(refund_status=3, real_refund_amount=really), "shop-1", ())
    assert isinstance(found, Unreadable)


@each("status", [6, 9, "x", []])
def test_a_dispute_in_a_state_that_is_not_known_is_for_people(status: object) -> None:
    found = seen(row(dispute={"arbitrate_status": status}))
    assert (found.record.status, found.unknown) == (None, True)
    over = seen(row(dispute={"arbitrate_status": status}, aftersale_status_to_final_time=5))
    assert over.unknown is False


@each(
    "told, under_way",
    [
        (None, False),
        ({}, False),
        ({"after_sale_status": 0}, False),
        ({"after_sale_status": 28}, False),
        ({"after_sale_status": 6}, True),
        ({"after_sale_status": "x"}, True),
        ({"after_sale_status": []}, True),
        ([], True),
        ("7", True),
    ],
)
def test_a_line_of_which_nobody_can_tell_counts_as_in_after_sale(
    told: object, under_way: bool
) -> None:
    found = to_records.lines_in_after_sale(order(line(after_sale_info=told)))
    assert bool(found) is under_way
