"""The connector to begin with passes the contract's first third, reading (docs/new-platform.md).

The tests are the contract's own; only the fake is another.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from aftersale.platforms.payments import NeverSeen, Paid, Pending
from aftersale.platforms.protocol import Declined, ForgedMessage, Platform, Why
from tests.platforms.contract import filed, platform, step
from tests.platforms.test_contract import (
    test_a_pull_brings_all_that_changed_and_nothing_else,
    test_a_ticket_comes_with_what_a_decision_needs,
    test_an_order_comes_with_its_money_and_its_shipping,
    test_an_order_comes_with_its_other_tickets,
    test_lists_that_repeat_or_mix_up_their_rows_lose_none,
    test_the_button_that_tests_the_access_gives_the_shops_name,
    test_what_is_not_there_is_none,
)
from tests.platforms.test_contract_faults import (
    test_a_question_that_got_no_answer_says_so,
    test_no_secret_is_shown,
)

from .fake import SampleFake

__all__ = [
    "platform",
    "test_a_pull_brings_all_that_changed_and_nothing_else",
    "test_a_question_that_got_no_answer_says_so",
    "test_a_ticket_comes_with_what_a_decision_needs",
    "test_an_order_comes_with_its_money_and_its_shipping",
    "test_an_order_comes_with_its_other_tickets",
    "test_lists_that_repeat_or_mix_up_their_rows_lose_none",
    "test_no_secret_is_shown",
    "test_the_button_that_tests_the_access_gives_the_shops_name",
    "test_what_is_not_there_is_none",
]


@pytest.fixture
def fake() -> Iterator[SampleFake]:
    fake = SampleFake()
    fake.start()
    yield fake
    fake.stop()


def test_until_its_steps_are_built_people_take_them(fake: SampleFake, platform: Platform) -> None:
    """And money that moves there is seen."""
    number = filed(fake)
    decided = step(platform, number)
    before = fake.ticket(number)
    answers = [
        platform.approve(decided),
        platform.approve_return(decided),
        platform.confirm_receipt(decided),
        platform.reject(decided, reason="reason_mismatch", text="不符", pictures=[]),
        platform.negotiate(decided, type="refund_only", amount=1, text="", pictures=[]),
        platform.open_window(decided.order_no, note=""),
    ]
    assert [one.why for one in answers if isinstance(one, Declined)] == [Why.OTHER] * len(answers)
    assert fake.ticket(number) == before
    assert platform.refund_status(number) == NeverSeen()
    fake.staff_refunds_on_platform(number)
    assert platform.refund_status(number) == Pending()
    fake.advance(60)
    assert platform.refund_status(number) == Paid()
    with pytest.raises(ForgedMessage):
        platform.messages(body=b"{}", headers={}, query={})


def test_a_record_that_cannot_be_read_is_a_problem_of_its_own(
    fake: SampleFake, platform: Platform
) -> None:
    since = fake.now() - timedelta(seconds=1)
    good, odd = filed(fake), filed(fake)
    fake.shop.tickets[odd]["amount"] = None
    found = list(platform.changed_tickets(since=since, until=fake.now() + timedelta(seconds=2)))
    assert {getattr(one, "number", None) or one.record.ticket_no for one in found} == {good, odd}
