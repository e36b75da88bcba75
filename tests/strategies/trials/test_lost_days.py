"""A past with a backup brought back: its trial run says what the evaluator did (SPEC G6, M3)."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from aftersale.models import AuditEntry, Refund, Shop
from aftersale.services.restoring.after_restore import hold_all
from aftersale.services.restoring.resume import resume
from strategies.models import NOT_ASKED, Decision, TrialEvaluation, TrialKind
from strategies.services import trials
from strategies.services.evaluator import Tally, decide_shop, moment
from strategies.services.lanes import current_content
from strategies.services.lost_days import use_up
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user

pytestmark = pytest.mark.django_db


def decided(shop: Shop, at: datetime, buyer: str, patch: pytest.MonkeyPatch) -> str:
    with time_machine.travel(at, tick=False):
        patch.setattr(moment, "database_moment", timezone.now)
        order = make_order(shop, buyer=buyer, paid_at=at - timedelta(hours=1))
        ticket = make_ticket(order, applied_at=at)
        decide_shop(shop.pk, tally=Tally())
    return Decision.objects.get(ticket=ticket).outcome


def after(hours: int) -> datetime:
    return NOON + timedelta(hours=hours)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A backup of 13:00 comes back at 15:00; 300 yuan a day, two approvals a buyer."""
    shop = make_shop(buyer_limit_days=9, buyer_limit_count=2)
    make_strategy(shop, single_amount_cap="200.00", daily_cap="300.00")
    owner = make_user(shop)
    lost = make_ticket(
        make_order(shop, buyer="d"),
        applied_at=after(-999),
        status="refunded",
        awaiting_evaluation=False,
    )
    before = [(-26, "a"), (-25, "b"), (-24, "c"), (-23, "c"), (0, "a")]
    outcomes = [decided(shop, after(hours), buyer, monkeypatch) for hours, buyer in before]
    hold_all(backup_of=after(1), now=after(3))
    shop.refresh_from_db()
    use_up(shop)
    Refund.objects.create(
        shop=shop,
        order=lost.order,
        ticket=lost,
        amount=10_000,
        source="platform",
        status="succeeded",
        requested_at=after(2),
        settled_at=after(2),
    )
    resume(shop_id=shop.pk, user=owner, now=after(4), rest_not_paid=True)
    later = [(5, "e"), (20, "a"), (21, "d"), (22, "d")]
    outcomes += [decided(shop, after(hours), buyer, monkeypatch) for hours, buyer in later]
    # The fourth finds its day's cap used up, the one after the restore too; the last its buyer's
    # limit, by the refund of the lost time.
    refund, manual = "refund", "manual"
    assert outcomes == [
        *(refund, refund, refund, manual),
        refund,
        *(manual, manual, refund, manual),
    ]
    return shop


def differing(shop: Shop, proposed: dict) -> list[tuple[str, str, str]]:
    """Buyers of the tickets on which real and proposed answer differ, and both answers."""
    content = current_content(shop.pk)
    trial = trials.begin(
        shop_id=shop.pk,
        kind=TrialKind.STRATEGY,
        title="lost days",
        proposed=content | proposed,
        first=after(-72).date(),
        last=after(48).date(),
        user=make_user(shop),
        now=NOON,
    )
    trials.run(trial.pk, clock=lambda: NOON)
    trial.refresh_from_db()
    assert (trial.status, trial.error, trial.estimated) == ("done", "", 0)
    found = TrialEvaluation.objects.filter(trial=trial).order_by("at")
    return [(one.buyer, one.real, one.proposed) for one in found if one.proposed != NOT_ASKED]


def test_the_same_strategies_decide_the_same(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert differing(shop, {}) == []
    # The control: without the restore it approves what the evaluator refused (of c once more, since
    # the hold has asked for it).
    monkeypatch.setattr("strategies.services.lost_days.restores", lambda *_: [])
    key = str(shop.strategies.get().pk)
    assert differing(shop, {}) == [(buyer, "", key) for buyer in "ced"]


def test_a_higher_cap_is_used_up_too(shop: Shop) -> None:
    content = current_content(shop.pk)
    [strategy] = content["strategies"]
    key = str(strategy["id"])
    higher = [strategy | {"daily_cap": 100_000}]
    assert differing(shop, {"strategies": higher}) == [("c", "", key)]


def test_a_person_without_account_who_resumed_a_shop_restored_nothing(shop: Shop) -> None:
    AuditEntry.objects.create(shop=shop, kind="restored", user=None, at=after(20))
    assert differing(shop, {}) == []
