"""Debits of wallet and deposit by refunds (SPEC W3): once, from the right one, back on failure."""

from datetime import timedelta

import pytest

from aftersale.models import Fund, FundEntry, Refund, Ticket
from aftersale.platforms.payments import Failed, NeverSeen, Paid, TimedOut
from aftersale.services.outgoing import refund_attempt
from aftersale.services.refunds import approvals, refund_results
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from aftersale.services.tickets import lifecycle
from aftersale.services.tickets.cases import case_of_locked
from aftersale.services.windows import funds
from tests.aftersale.refunds.conftest import Clock, Platform, audit, pay_until_done
from tests.factories import make_order, make_ticket, make_user

from .conftest import a_shop, balances, completed, ledger, opened, put, through

pytestmark = pytest.mark.django_db


def approved(ticket: Ticket, clock: Clock) -> Refund:
    approvals.approve(ticket_id=ticket.pk, user=make_user(ticket.shop, "cs_agent"), now=clock.now)
    return Refund.objects.get(ticket=ticket)


def filed(clock: Clock, amount: int = 6_000, **money: int) -> Ticket:
    """A ticket of so much through a window; what is in the funds when it is sent is `money`."""
    shop = a_shop(wallet=20_000, now=clock.now)
    window = opened(completed(shop, now=clock.now), now=clock.now)
    put(shop, "wallet", money.get("wallet", 0) - 20_000, now=clock.now)
    if money.get("deposit"):
        put(shop, "deposit", money["deposit"], now=clock.now)
    return through(window, amount)


def status(ticket: Ticket) -> str:
    return Ticket.objects.get(pk=ticket.pk).status


@pytest.mark.parametrize(
    ("wallet", "deposit", "left"),
    [
        (6_000, 0, (0, 0)),
        (6_001, 9_000, (1, 9_000)),
        (5_999, 6_000, (5_999, 0)),
    ],
)
def test_the_wallet_pays_if_it_covers_it_else_the_deposit(
    platform: Platform, clock: Clock, wallet: int, deposit: int, left: tuple[int, int]
) -> None:
    ticket = filed(clock, wallet=wallet, deposit=deposit)
    refund = approved(ticket, clock)
    assert balances(ticket.shop) == (wallet, deposit)  # approving takes nothing
    pay_until_done(clock)
    assert (status(ticket), balances(ticket.shop)) == ("refunded", left)
    paid_by = "deposit" if wallet < 6_000 else "wallet"
    assert refund.attempts.get().fund == paid_by
    entry = FundEntry.objects.get(attempt__refund=refund)
    assert (entry.kind, entry.amount, entry.fund.kind) == ("refund", -6_000, paid_by)
    assert audit() == []


def test_where_neither_covers_it_the_refund_fails_and_can_be_tried_again(
    platform: Platform, clock: Clock
) -> None:
    ticket = filed(clock, wallet=5_999, deposit=5_999)
    refund = approved(ticket, clock)
    pay_until_done(clock)
    refund.refresh_from_db()
    assert (status(ticket), refund.status) == ("refund_failed", "failed")
    reason = "Neither the wallet nor the deposit covers ¥60.00: nothing was sent."
    assert refund.failure == ticket.events.get(to_status="refund_failed").note == reason
    assert platform.calls == [] and not refund.attempts.exists()
    assert balances(ticket.shop) == (5_999, 5_999)
    assert Ticket.objects.get(pk=ticket.pk).committed == 0
    put(ticket.shop, "wallet", 1, now=clock.now)
    approvals.retry(ticket_id=ticket.pk, user=make_user(ticket.shop), now=clock.now)
    pay_until_done(clock)
    assert (status(ticket), balances(ticket.shop)) == ("refunded", (0, 5_999))
    assert audit() == []


def test_each_attempt_debits_once_and_is_credited_back_once(
    platform: Platform, clock: Clock
) -> None:
    ticket = filed(clock, wallet=10_000)
    approved(ticket, clock)
    platform.pays = [Failed("busy"), Failed("no", permanent=True)]
    pay_until_done(clock)
    assert balances(ticket.shop) == (10_000, 0)  # back at once, not when it is tried again
    clock.turn(minutes=1)
    pay_until_done(clock)
    assert status(ticket) == "refund_failed"
    approvals.retry(ticket_id=ticket.pk, user=make_user(ticket.shop), now=clock.now)
    pay_until_done(clock)
    assert ledger(ticket.shop) == [
        ("refund", -6_000, 4_000),
        ("refund_back", 6_000, 10_000),
        ("refund", -6_000, 4_000),
        ("refund_back", 6_000, 10_000),
        ("refund", -6_000, 4_000),
    ]
    assert audit() == []


@pytest.mark.parametrize(
    ("said", "left", "ends"),
    [
        (Paid(), 4_000, "refunded"),
        (NeverSeen(), 4_000, "refunded"),  # sent again under the same key: no second debit
        (Failed("x", permanent=True), 10_000, "refund_failed"),
    ],
)
def test_an_unknown_outcome_stays_debited(
    platform: Platform, clock: Clock, said: object, left: int, ends: str
) -> None:
    ticket = filed(clock, wallet=10_000)
    approved(ticket, clock)
    platform.pays, platform.says = [TimedOut()], [said]
    pay_until_done(clock)
    assert (status(ticket), balances(ticket.shop)) == ("refunding", (4_000, 0))
    assert audit() == []
    clock.turn(seconds=10)
    pay_until_done(clock)
    assert (status(ticket), balances(ticket.shop)) == (ends, (left, 0))
    assert audit() == []


def test_paid_after_all_is_debited_again_as_fact(platform: Platform, clock: Clock) -> None:
    """Taken for failed, credited back, then found to be paid; by then the wallet is empty."""
    ticket = filed(clock, wallet=6_000)
    refund = approved(ticket, clock)
    lease = refund_attempt.lease(refund_pk=refund.pk, now=clock.now)
    assert lease is not None
    refund_attempt.settle(lease=lease, answer=Failed("x", permanent=True), now=clock.now)
    put(ticket.shop, "wallet", -5_000, now=clock.now)
    refund_attempt.settle(lease=lease, answer=Paid(), now=clock.now)
    refund_attempt.settle(lease=lease, answer=Paid(), now=clock.now)
    assert (status(ticket), balances(ticket.shop)) == ("refunded", (-5_000, 0))
    assert [kind for kind, _amount, _after in ledger(ticket.shop)] == [
        "refund",
        "refund_back",
        "reported",
    ]
    assert audit() == []


def test_paid_twice_is_debited_twice(platform: Platform, clock: Clock) -> None:
    ticket = filed(clock, wallet=12_000)
    refund = approved(ticket, clock)
    first = refund_attempt.lease(refund_pk=refund.pk, now=clock.now)
    assert first is not None
    refund_attempt.settle(lease=first, answer=Failed("x"), now=clock.now)
    clock.turn(minutes=1)
    second = refund_attempt.lease(refund_pk=refund.pk, now=clock.now)
    assert second is not None
    refund_attempt.settle(lease=first, answer=Paid(), now=clock.now)
    assert balances(ticket.shop) == (0, 0)  # the second is still under way
    assert audit() == []
    refund_attempt.settle(lease=second, answer=Failed("x"), now=clock.now)
    assert (status(ticket), balances(ticket.shop)) == ("refunded", (6_000, 0))
    assert audit() == []


@pytest.mark.parametrize(("wallet", "left"), [(6_000, (0, 0)), (5_999, (5_999, -6_000))])
def test_what_the_platform_paid_by_itself_is_charged_covered_or_not(
    platform: Platform, clock: Clock, wallet: int, left: tuple[int, int]
) -> None:
    """A charge beyond what is there is recorded, and blocks openings."""
    ticket = filed(clock, wallet=wallet)
    for _ in range(2):
        refund_results.take_over_result(
            case_of_locked(
                locks.lock_order(ticket.order_id), locks.lock_ticket(ticket.pk), now=clock.now
            ),
            succeeded=True,
            at=clock.now,
            reason="",
        )
    assert (status(ticket), balances(ticket.shop)) == ("refunded", left)
    assert audit() == []
    notes = ticket.events.filter(kind="flag").values_list("note", flat=True)
    said = "This refund overdrew a fund (Deposit): -¥60.00 is in it now."
    assert list(notes.filter(note__contains="overdrew")) == ([said] if left[1] < 0 else [])
    if left[1] < 0:
        with pytest.raises(Refused, match="overdrawn"):
            opened(completed(ticket.shop, now=clock.now), now=clock.now)


@pytest.mark.parametrize(("succeeded", "left"), [(True, 4_000), (False, 10_000)])
def test_a_refund_paid_by_hand_debits_when_it_is_recorded(
    clock: Clock, succeeded: bool, left: int
) -> None:
    shop = a_shop(wallet=10_000, now=clock.now, connector="manual")
    window = opened(completed(shop, now=clock.now), now=clock.now)
    refund = approved(through(window, 6_000), clock)
    pay_until_done(clock)
    assert balances(shop) == (10_000, 0)
    refund_results.record_result(
        refund_id=refund.pk, succeeded=succeeded, reason="r", user=make_user(shop), now=clock.now
    )
    assert balances(shop) == (left, 0)
    assert audit() == []


def test_refunds_outside_windows_touch_neither(platform: Platform, clock: Clock) -> None:
    shop = a_shop(wallet=10_000, deposit=10_000, now=clock.now)
    approved(make_ticket(make_order(shop), awaiting_evaluation=False), clock)
    pay_until_done(clock)
    assert platform.calls and balances(shop) == (10_000, 10_000)
    assert ledger(shop) == ledger(shop, "deposit") == []


@pytest.mark.parametrize("how", ["result", "step"])
def test_a_refund_imposed_by_arbitration_is_charged_to_the_deposit(clock: Clock, how: str) -> None:
    """Even beyond what is there: it is the platform that takes it."""
    shop = a_shop(wallet=10_000, deposit=1_000, now=clock.now)
    ticket = make_ticket(
        make_order(shop), amount=6_000, awaiting_evaluation=False, status="arbitration"
    )
    if how == "result":
        ticket.arbitration_result = "buyer"
        ticket.save()
    else:
        lifecycle.move(ticket, "refunding", actor="platform", now=clock.now)
    refund_results.take_over_result(
        case_of_locked(
            locks.lock_order(ticket.order_id), locks.lock_ticket(ticket.pk), now=clock.now
        ),
        succeeded=True,
        at=clock.now,
        reason="",
    )
    assert balances(shop) == (10_000, -5_000)
    assert ledger(shop, "deposit") == [("arbitration", -6_000, -5_000)]
    assert audit() == []


def test_a_refund_that_the_merchant_won_is_not_charged(platform: Platform, clock: Clock) -> None:
    shop = a_shop(deposit=10_000, now=clock.now)
    ticket = make_ticket(make_order(shop), awaiting_evaluation=False, arbitration_result="merchant")
    approved(ticket, clock)
    pay_until_done(clock)
    assert (status(ticket), balances(shop)) == ("refunded", (0, 10_000))


def test_an_owner_corrects_by_a_new_entry(clock: Clock) -> None:
    shop = a_shop(wallet=1_000, now=clock.now)
    owner, fund = make_user(shop, "owner"), Fund.objects.get(shop=shop, kind="wallet")
    first = FundEntry.objects.values().get()
    entry = funds.correct(fund_id=fund.pk, amount=-1_500, note=" a ", user=owner, now=clock.now)
    assert (entry.kind, entry.note, entry.user, entry.balance_after) == (
        "correction",
        "a",
        owner,
        -500,
    )
    assert balances(shop) == (-500, 0)
    assert FundEntry.objects.order_by("pk").values().first() == first
    assert audit() == []


def test_who_may_not_correct(clock: Clock) -> None:
    """SPEC W3, P1: an owner, with a note."""
    shop = a_shop(wallet=1_000, now=clock.now)
    fund = Fund.objects.get(shop=shop, kind="wallet")
    stranger = make_user(a_shop(now=clock.now), "owner")
    for user, amount, note, refusal in (
        (make_user(shop, "admin"), 1, "a", NotAllowed),
        (stranger, 1, "a", NotFound),
        (make_user(shop, "owner"), 0, "a", Refused),
        (make_user(shop, "owner"), 10**11 + 1, "a", Refused),
        (make_user(shop, "owner"), 1, " ", Refused),
        (make_user(shop, "owner"), 1, "n" * 501, Refused),
    ):
        with pytest.raises(refusal):
            funds.correct(fund_id=fund.pk, amount=amount, note=note, user=user, now=clock.now)
    assert balances(shop) == (1_000, 0) and FundEntry.objects.count() == 1


def test_people_decide_after_the_window_has_closed(platform: Platform, clock: Clock) -> None:
    """SPEC W2."""
    ticket = filed(clock, wallet=10_000)
    clock.turn(hours=73)
    approved(ticket, clock)
    pay_until_done(clock)
    assert (status(ticket), balances(ticket.shop)) == ("refunded", (4_000, 0))


@pytest.mark.parametrize(
    ("step", "before"),
    [
        (approvals.approve, "pending_review"),
        (approvals.confirm_return, "awaiting_return"),
        (approvals.retry, "refund_failed"),
    ],
)
def test_a_ticket_without_a_window_gets_no_money(step, before: str, clock: Clock) -> None:
    """SPEC W2: kept, flagged, cannot be approved, in whatever way."""
    order = completed(a_shop(wallet=10_000, now=clock.now), now=clock.now)
    ticket = make_ticket(
        order, flags=["no_window"], status=before, awaiting_evaluation=False, type="return_refund"
    )
    with pytest.raises(Refused, match="No after-sale window"):
        step(ticket_id=ticket.pk, user=make_user(order.shop), now=clock.now + timedelta(hours=1))
    assert status(ticket) == before and not Refund.objects.exists()
