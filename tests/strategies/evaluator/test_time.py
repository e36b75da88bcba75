"""The time of decisions, where clocks are wrong (SPEC E9)."""

import random
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone
from django_q.models import OrmQ

from aftersale.models import AuditEntry, Refund, Ticket
from aftersale.services.shared.errors import NotAllowed, Refused
from strategies.models import Decision, DecisionTally, StrategyUsage
from strategies.services import decided_ahead, strategies
from strategies.services.evaluator import Tally, batch, decide_shop, moment
from tests.factories import make_order, make_shop, make_strategy, make_ticket, make_user

pytestmark = pytest.mark.django_db

JUMP = timedelta(days=400)
MINUTE = timedelta(minutes=1)
EARLY = datetime(1970, 1, 1, tzinfo=UTC)


@contextmanager
def clocks(monkeypatch, *, database: timedelta, machine: timedelta = timedelta(0)):
    """The database's clock and this machine's, each moved."""
    real = timezone.now()
    with monkeypatch.context() as patch, time_machine.travel(real + machine, tick=True):
        patch.setattr(moment, "database_moment", lambda: real + database)
        yield


def decided(shop, *, buyer="b-1") -> str:
    """The outcome of one more ticket; empty while it waits."""
    ticket = make_ticket(make_order(shop, buyer=buyer))
    decide_shop(shop.pk, tally=Tally())
    found = Decision.objects.filter(ticket=ticket).values_list("outcome", flat=True).first()
    return found or ""


def spent(shop) -> int:
    return Refund.objects.filter(shop=shop).aggregate(sum=Sum("amount"))["sum"] or 0


@pytest.fixture
def shop():
    """A daily cap of 200 yuan, of which a ticket takes 100."""
    shop = make_shop(timezone="UTC")
    make_strategy(shop, single_amount_cap="100.00", daily_cap="200.00")
    return shop


@pytest.mark.parametrize("guarded", [False, True])
def test_a_database_that_jumps_ahead_spends_no_second_cap(shop, monkeypatch, guarded):
    """The story: 400 days ahead for twelve seconds. The control, without the guard, spends the cap
    of a day in 2028, and decides at that moment ever after."""
    if not guarded:
        monkeypatch.setattr(
            batch,
            "moment_of",
            lambda lane: max(moment.database_moment(), lane.decided_until or EARLY),
        )
    assert [decided(shop) for _ in range(3)] == ["refund", "refund", "manual"]
    with clocks(monkeypatch, database=JUMP):
        assert [decided(shop) for _ in range(3)] == (
            ["", "", ""] if guarded else ["refund", "refund", "manual"]
        )
    decide_shop(shop.pk, tally=Tally())
    assert spent(shop) == (20_000 if guarded else 40_000)
    latest = Decision.objects.latest("pk").decided_at
    assert (latest > timezone.now() + timedelta(days=399)) == (not guarded)
    assert Ticket.objects.filter(awaiting_evaluation=True).count() == 0


@pytest.mark.parametrize(
    ("ahead", "decides"),
    [
        (timedelta(minutes=-11), False),
        (timedelta(minutes=-9), True),
        (timedelta(minutes=9), True),
        (timedelta(minutes=11), False),
    ],
)
def test_the_database_and_this_machine_may_be_ten_minutes_apart(shop, monkeypatch, ahead, decides):
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with time_machine.travel(noon), clocks(monkeypatch, database=ahead):
        assert decided(shop) == ("refund" if decides else "")


@pytest.mark.parametrize(
    ("hour", "ahead", "at"),
    [
        (12, timedelta(minutes=-5), timedelta(0)),
        (12, timedelta(minutes=9), timedelta(minutes=9)),
        (12, timedelta(minutes=11), None),
        # The latest decision is of tomorrow: its cap is not spent from before midnight.
        (23, timedelta(minutes=6), None),
        (23, timedelta(minutes=4), timedelta(minutes=4)),
    ],
)
def test_time_never_runs_backwards_and_never_far_ahead(shop, monkeypatch, hour, ahead, at):
    now = datetime(2026, 11, 20, hour, 55, tzinfo=UTC)
    shop.lane.decided_until = now + ahead
    shop.lane.save()
    with time_machine.travel(now, tick=False), clocks(monkeypatch, database=timedelta(0)):
        assert decided(shop) == ("" if at is None else "refund")
    found = Decision.objects.first()
    assert (found and found.decided_at) == (None if at is None else now + at)


def test_a_cap_is_never_spent_from_on_an_earlier_day_than_the_last(shop):
    """A shop that moved to a zone that is behind, or a lane that was set back by hand."""
    usage = StrategyUsage.objects.create(
        strategy=shop.strategies.get(),
        day=timezone.now().date() + timedelta(days=1),
        hits=1,
        used=5_000,
        cap=20_000,
    )
    assert decided(shop) == ""
    usage.delete()
    decide_shop(shop.pk, tally=Tally())
    assert spent(shop) == 10_000


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_database_says_a_cap_is_spent_on_its_day(shop, monkeypatch, seed):
    """Steps of its clock, ahead and back, beside a machine whose clock is right."""
    steps = random.Random(seed)
    for hours in range(0, 60, 5):
        true = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=hours)
        says = true + steps.choice([0, 0, 1, 9, -9, 11, 1500, 576_000, -3000]) * MINUTE
        before = Decision.objects.count()
        with time_machine.travel(true, tick=False), clocks(monkeypatch, database=says - true):
            decided(shop)
        for decision in Decision.objects.order_by("pk")[before:]:
            assert abs(says - true) < 10 * MINUTE
            assert says <= decision.decided_at < says + 10 * MINUTE
            assert decision.decided_at.date() == says.date()
    days = list(Decision.objects.order_by("pk").values_list("decided_at", flat=True))
    assert days == sorted(days)
    assert days


@pytest.fixture
def ahead(shop, monkeypatch):
    """All clocks of the machine jumped together, which nothing can see, and went back."""
    owner = make_user(shop)
    strategy = shop.strategies.get()
    assert decided(shop) == "refund"
    with clocks(monkeypatch, database=JUMP, machine=JUMP):
        assert [decided(shop, buyer="b-2") for _ in range(3)] == ["refund", "refund", "manual"]
        strategies.enable(strategy_id=strategy.pk, user=owner, now=timezone.now())
    return owner


def test_decisions_ahead_stop_the_shop_until_somebody_sets_them_right(shop, ahead):
    assert decided(shop) == ""
    [row] = decided_ahead.shops_ahead()
    assert (row.code, row.last_day) == (shop.code, (timezone.now() + JUMP).date())
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("decided_ahead", stdout=out)
    assert out.getvalue().endswith("decided ahead 1\n")
    err = StringIO()
    call_command("evaluate", stdout=StringIO(), stderr=err)
    assert f"Automation stands still in {shop.code}" in err.getvalue()
    assert Decision.objects.count() == 4

    OrmQ.objects.all().delete()
    out = StringIO()
    call_command("decided_ahead", "--set-right", "--as", ahead.username, stdout=out)
    assert "decisions that count as made now: 3" in out.getvalue()
    # 100 of today and 200 of 2028: today's cap is used up, and nothing is left of 2028.
    usage = StrategyUsage.objects.get()
    assert (usage.day, usage.used, usage.hits) == (timezone.now().date(), 30_000, 3)
    assert DecisionTally.objects.exclude(day=usage.day).count() == 0
    assert DecisionTally.objects.aggregate(n=Sum("decisions"))["n"] == 4
    assert Decision.objects.filter(decided_at__gt=timezone.now()).count() == 0
    strategy = shop.strategies.get()
    assert strategy.enabled_at <= timezone.now()
    event = AuditEntry.objects.get(kind="time_set_right")
    assert (event.user, "decisions that count as made now: 3" in event.note) == (ahead, True)
    assert decided_ahead.shops_ahead() == []
    # Waiting tickets are decided, and the cap of today is not spent again.
    decide_shop(shop.pk, tally=Tally())
    assert Ticket.objects.filter(awaiting_evaluation=True).count() == 0
    assert spent(shop) == 30_000
    assert decided_ahead.set_right(shop_id=shop.pk, user=ahead) == 0
    assert AuditEntry.objects.filter(kind="time_set_right").count() == 1


def test_buyer_limits_and_breakers_count_what_was_set_right(monkeypatch):
    shop = make_shop(timezone="UTC", buyer_limit_days=3, buyer_limit_count=1)
    owner = make_user(shop)
    strategy = make_strategy(shop, breaker={"hits": 2, "minutes": 60})
    with clocks(monkeypatch, database=JUMP, machine=JUMP):
        strategies.enable(strategy_id=strategy.pk, user=owner, now=timezone.now())
        assert [decided(shop, buyer=buyer) for buyer in ("b-1", "b-2")] == ["refund"] * 2
    decided_ahead.set_right(shop_id=shop.pk, user=owner)
    assert [decided(shop, buyer=buyer) for buyer in ("b-1", "b-3")] == ["manual", "refund"]
    strategy.refresh_from_db()
    assert strategy.enabled is False


def test_a_strategy_enabled_by_a_clock_ahead_has_a_breaker(shop):
    """Counted from then on it would have none until that moment comes."""
    strategy = make_strategy(shop, scenario="post_ship_refund", breaker={"hits": 1, "minutes": 60})
    strategies.enable(
        strategy_id=strategy.pk, user=make_user(shop), now=timezone.now() + timedelta(hours=2)
    )
    for _ in range(2):
        make_ticket(make_order(shop, status="shipped", shipped_at=timezone.now()))
        decide_shop(shop.pk, tally=Tally())
    strategy.refresh_from_db()
    assert strategy.enabled is False


def test_only_who_may_change_strategies_sets_right_and_never_by_clocks_that_differ(
    shop, ahead, monkeypatch
):
    def as_it_was() -> tuple:
        return (
            sorted(StrategyUsage.objects.values_list("day", "used")),
            sorted(Decision.objects.values_list("pk", "decided_at")),
            AuditEntry.objects.filter(kind="time_set_right").count(),
        )

    before = as_it_was()
    for person in (make_user(shop, role="cs_manager"), make_user(make_shop())):
        with pytest.raises(NotAllowed):
            decided_ahead.set_right(shop_id=shop.pk, user=person)
    monkeypatch.setattr(decided_ahead, "database_moment", lambda: timezone.now() + JUMP)
    with pytest.raises(Refused, match="set the clocks first"):
        decided_ahead.set_right(shop_id=shop.pk, user=ahead)
    for given in (["--as", "nobody"], []):
        with pytest.raises(CommandError):
            call_command("decided_ahead", "--set-right", *given, stdout=StringIO())
    assert as_it_was() == before
