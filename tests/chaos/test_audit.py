"""The trials' audit finds each fault that is planted (docs/testing.md)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction

from aftersale.models import Shop
from strategies.services.evaluator import Tally, decide_shop
from tests.chaos.audit import audit
from tests.chaos.book import Book
from tests.factories import make_order, make_shop, make_strategy, make_ticket

pytestmark = pytest.mark.django_db
TICKETS = ["T1", "T2", "T3"]


@pytest.fixture
def shop() -> Shop:
    """Three tickets of 100 yuan that were decided, paid and settled."""
    shop = make_shop()
    make_strategy(shop, single_amount_cap="200.00", daily_cap="1000.00")
    for number in TICKETS:
        make_ticket(make_order(shop), ticket_no=number)
    decide_shop(shop.pk, tally=Tally())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE aftersale_refund SET status = 'succeeded', settled_at = now()")
        cursor.execute("UPDATE aftersale_ticket SET status = 'refunded'")
    return shop


@pytest.fixture
def book(tmp_path: Path) -> Book:
    made = Book(tmp_path)
    for number in TICKETS:
        made.pay(f"key of {number}", number, 10_000)
    return made


class _Rows:
    """A connection as the audit uses one, within the test's transaction."""

    transaction = staticmethod(transaction.atomic)

    def execute(self, query: str) -> list[tuple]:
        with connection.cursor() as cursor:
            if not query.startswith("SET TRANSACTION"):
                cursor.execute(query)
            return _Found(cursor.fetchall() if cursor.description else [])


class _Found(list):
    def fetchall(self) -> list[tuple]:
        return self


def found(book: Book, accepted: list[str] | None = None) -> list[str]:
    return audit(_Rows(), accepted or TICKETS, book)


PLANTED = {
    "refunds above their orders": "UPDATE aftersale_order SET paid_amount = 9999, committed = 0",
    "orders that hold another amount": "UPDATE aftersale_order SET committed = 9999",
    "caps whose use is not": "UPDATE strategies_strategyusage SET used = used - 1",
    "days of decisions without": "DELETE FROM strategies_strategyusage",
    "caps that are exceeded": "UPDATE strategies_strategy SET daily_cap = 29999",
    "decisions before the one before": """
        UPDATE strategies_decision SET decided_at = decided_at - interval '1 second'
        WHERE id = (SELECT max(id) FROM strategies_decision)""",
    "tickets that two hits approved": """
        UPDATE strategies_decision SET ticket_id = (SELECT min(id) FROM aftersale_ticket),
            scenario = CASE WHEN ticket_id = (SELECT min(id) FROM aftersale_ticket)
                THEN scenario ELSE 'post_ship_refund' END
        WHERE ticket_id <> (SELECT max(id) FROM aftersale_ticket)""",
    "tickets and refunds that contradict": "UPDATE aftersale_ticket SET status = 'closed'",
    "tickets that nobody decides": """
        UPDATE aftersale_ticket SET status = 'pending_review', awaiting_evaluation = true;
        UPDATE aftersale_ticket SET awaiting_since = now() - interval '3 minutes'""",
    "refunds that nobody takes up": """
        UPDATE aftersale_refund SET status = 'requested', settled_at = NULL,
            next_step_at = now() - interval '3 minutes'""",
    "refunds that nobody paid (T": "UPDATE aftersale_ticket SET ticket_no = ticket_no || 'x'",
}


def test_it_finds_nothing_where_nothing_is_wrong(shop: Shop, book: Book) -> None:
    assert found(book) == []


@pytest.mark.parametrize("fault", PLANTED)
def test_it_finds_what_is_wrong_in_the_rows(shop: Shop, book: Book, fault: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PLANTED[fault])
    assert [one for one in found(book) if fault in one]


@pytest.mark.parametrize(
    ("fault", "plant"),
    [
        ("1 tickets paid twice (T1)", lambda book: book.pay("another key", "T1", 10_000)),
        ("1 payments without a refund, or of another amount (T9)", lambda b: b.pay("k", "T9", 1)),
    ],
)
def test_it_finds_what_is_wrong_in_the_book(
    shop: Shop, book: Book, fault: str, plant: Callable[[Book], None]
) -> None:
    plant(book)
    assert found(book) == [fault]


def test_it_finds_a_ticket_that_was_accepted_and_is_gone(shop: Shop, book: Book) -> None:
    assert found(book, [*TICKETS, "T4"]) == ["1 tickets lost that were accepted (T4)"]


def test_a_book_pays_a_key_once(book: Book) -> None:
    book.pay("key of T1", "T1", 10_000)
    assert [payment.ticket_no for payment in book.payments()] == TICKETS
    assert book.knows("key of T1") and not book.knows("key of T4")
