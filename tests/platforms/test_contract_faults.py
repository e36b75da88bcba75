"""The contract of all platforms: faults on the way, messages, secrets."""

from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest

from aftersale.platforms.payments import NeverSeen, Paid, Pending, TimedOut
from aftersale.platforms.protocol import (
    Accepted,
    Declined,
    ForgedMessage,
    NotAuthorised,
    NotCarriedOut,
    Platform,
    Subject,
    Throttled,
    Why,
)

from .contract import OVER, fake, filed, platform, pulled, step
from .fakes import Fake, Fault

__all__ = ["fake", "platform"]


# Faults.


def test_a_call_that_was_lost_is_not_repeated(fake: Fake, platform: Platform) -> None:
    ticket_no = filed(fake)
    decided = step(platform, ticket_no)
    fake.fail(Fault.LOST_CALL)

    with pytest.raises(TimedOut):
        platform.approve(decided)

    assert fake.calls("approve") == 1
    assert fake.ticket(ticket_no).status == "pending_review"
    assert platform.refund_status(ticket_no) == NeverSeen()


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.GARBLED])
def test_an_answer_that_was_lost_pays_once(fake: Fake, platform: Platform, fault: Fault) -> None:
    ticket_no = filed(fake)
    decided = step(platform, ticket_no)
    fake.fail(fault)

    with pytest.raises(TimedOut):
        platform.approve(decided)

    assert fake.calls("approve") == 1
    assert platform.refund_status(ticket_no) == Pending()
    again = platform.approve(decided)
    assert isinstance(again, Declined)
    assert again.why == Why.CHANGED
    fake.advance(120)
    assert platform.refund_status(ticket_no) == Paid()
    assert fake.ticket(ticket_no).refunded == 5_000


def test_a_broken_server_leaves_the_outcome_open(fake: Fake, platform: Platform) -> None:
    ticket_no = filed(fake)
    decided = step(platform, ticket_no)
    fake.fail(Fault.SERVER_ERROR)

    with pytest.raises(TimedOut):
        platform.approve(decided)

    assert fake.calls("approve") == 1
    assert platform.refund_status(ticket_no) == NeverSeen()


def test_too_many_calls_say_how_long_to_wait(fake: Fake, platform: Platform) -> None:
    ticket_no = filed(fake)
    decided = step(platform, ticket_no)
    fake.fail(Fault.THROTTLED)

    with pytest.raises(Throttled) as throttled:
        platform.approve(decided)

    assert throttled.value.after > 0
    assert fake.ticket(ticket_no).status == "pending_review"
    assert platform.approve(decided) == Accepted()


def test_a_token_that_ran_out_is_for_people(fake: Fake, platform: Platform) -> None:
    ticket_no = filed(fake)
    decided = step(platform, ticket_no)
    fake.fail(Fault.TOKEN_EXPIRED)

    with pytest.raises(NotAuthorised):
        platform.approve(decided)

    assert fake.ticket(ticket_no).status == "pending_review"


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.LOST_ANSWER, Fault.GARBLED])
def test_a_question_that_got_no_answer_says_so(
    fake: Fake, platform: Platform, fault: Fault
) -> None:
    ticket_no = filed(fake)
    fake.fail(fault, reading=True)

    with pytest.raises((NotCarriedOut, TimedOut)):
        platform.refund_status(ticket_no)


def test_a_platform_that_is_away_carried_nothing_out(fake: Fake, platform: Platform) -> None:
    decided = step(platform, filed(fake))
    away = fake.connect()
    fake.stop()

    with pytest.raises(NotCarriedOut):
        away.approve(decided)
    with pytest.raises(NotCarriedOut):
        away.test()


def test_after_an_hour_of_faults_both_sides_agree(fake: Fake, platform: Platform) -> None:
    """On every ticket and every fen, by what a pull brings at the end."""
    chance = Random(7)
    since = fake.now() - timedelta(seconds=1)
    for _ in range(60):
        fake.advance(60)
        if chance.random() < 0.5:
            type = chance.choice(["refund_only", "return_refund"])
            filed(fake, type, chance.randrange(1, 10_000))
        if chance.random() < 0.4:
            fake.fail(chance.choice(list(Fault)), reading=chance.random() < 0.3)
        for number in chance.sample(fake.tickets(), min(4, len(fake.tickets()))):
            with suppress(NotCarriedOut, TimedOut, ValueError):
                disturb_or_decide(fake, platform, number, chance)
    # Faults that nothing has met yet must not reach the last look.
    for _ in range(60):
        with suppress(NotCarriedOut, TimedOut):
            pulled(fake, platform, fake.now() - timedelta(seconds=1))
    fake.advance(120)

    found = pulled(fake, platform, since)

    there = {number: fake.ticket(number) for number in fake.tickets()}
    assert {number: (seen.record.type, seen.record.amount) for number, seen in found.items()} == {
        number: (state.type, state.amount) for number, state in there.items()
    }
    differing = {
        number: (seen.record.status, there[number].status)
        for number, seen in found.items()
        if seen.record.status != there[number].status
        and not {seen.record.status, there[number].status} <= OVER
    }
    assert differing == {}
    paid = {number for number in there if platform.refund_status(number) == Paid()}
    assert sum(there[number].amount for number in paid) == sum(
        state.refunded for state in there.values()
    )
    # A quiet hour would show nothing.
    assert len(paid) > 5
    assert len({state.status for state in there.values()}) > 3
    assert fake.calls("confirm_receipt") > 0


def disturb_or_decide(fake: Fake, platform: Platform, number: str, chance: Random) -> None:
    match chance.choices(range(7), weights=[2, 4, 3, 1, 8, 1, 1])[0]:
        case 0:
            platform.approve(step(platform, number))
        case 1:
            platform.approve_return(step(platform, number))
        case 2:
            platform.confirm_receipt(step(platform, number))
        case 3:
            decided = step(platform, number)
            platform.reject(decided, reason="reason_mismatch", text="不符", pictures=[])
        case 4:
            fake.buyer_ships_back(number, carrier="4", tracking_no=f"SF{number}")
        case 5:
            fake.staff_refunds_on_platform(number)
        case _:
            fake.buyer_cancels(number)


# Messages.


def test_messages_name_what_changed_and_repeat_their_id(fake: Fake, platform: Platform) -> None:
    ticket_no = filed(fake)
    fake.buyer_cancels(ticket_no)
    fake.fail(Fault.DUPLICATES)

    told = [
        changed
        for message in fake.messages()
        for changed in platform.messages(
            body=message.body, headers=message.headers, query=message.query
        )
        if changed.subject == Subject.TICKET
    ]

    assert {changed.number for changed in told} == {ticket_no}
    assert len(told) == 4
    assert len({changed.message_id for changed in told}) == 2


def test_a_forged_message_is_not_believed(fake: Fake, platform: Platform) -> None:
    filed(fake)
    message = fake.messages()[0]

    for body in (b"", b"{}", b"\xff\x00", message.body[:-8], message.body[::-1]):
        with pytest.raises(ForgedMessage):
            platform.messages(body=body, headers=message.headers, query=message.query)


# Secrets.


def test_no_secret_is_shown(
    fake: Fake, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    # httpx would log each address in full at this level, were it let (config.logs).
    caplog.set_level("INFO")
    account = fake.account()
    fake.fail(Fault.TOKEN_EXPIRED)

    with pytest.raises(NotAuthorised) as refused:
        platform.test()
    gone = fake.connect()
    fake.stop()
    with pytest.raises(NotCarriedOut) as away:
        gone.test()

    shown = f"{account!r} {platform!r} {refused.value!r} {away.value!r} {caplog.text}"
    values = {name: value for name, value in account.secrets.items() if len(value) > 4}
    hidden = [name for name, value in values.items() if value in shown]
    assert hidden == []
