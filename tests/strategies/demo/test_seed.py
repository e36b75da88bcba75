"""`seed_demo`: what a first look at the admin finds, as if it had been lived."""

import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F, Max, Min
from django_q.models import OrmQ

from aftersale.models import (
    FundEntry,
    Membership,
    Order,
    Refund,
    RefundAttempt,
    Role,
    SandboxPayment,
    Shop,
    Ticket,
    TicketEvent,
)
from aftersale.services.refunds import money_audit
from strategies.demo import seed
from strategies.demo.people import mark
from strategies.models import Decision, StrategyUsage, TrialRun

pytestmark = pytest.mark.django_db
DAYS = 4
NOW = datetime(2026, 3, 11, 12, 30, tzinfo=UTC)  # a Wednesday, in the evening in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")


def run(**options: object) -> str:
    said = io.StringIO()
    call_command("seed_demo", stdout=said, **options)
    return said.getvalue()


@pytest.fixture
def shop() -> Shop:
    """One of the demo shops, after some days."""
    seed.found(now=NOW)
    seed.live(seed.SHOPS[1], now=NOW, days=DAYS)
    return Shop.objects.get(code="demo-wx")


def test_everything_stands_at_its_moment(shop: Shop) -> None:
    begins = NOW - timedelta(days=DAYS + 1)
    for rows, name in (
        (Decision.objects.all(), "decided_at"),
        (TicketEvent.objects.all(), "at"),
        (Refund.objects.exclude(settled_at=None), "settled_at"),
        (RefundAttempt.objects.all(), "created_at"),
        (SandboxPayment.objects.all(), "at"),
        (FundEntry.objects.filter(entry_no="W0006"), "at"),
    ):
        ends = rows.aggregate(first=Min(name), last=Max(name))
        assert begins < ends["first"] <= ends["last"] <= NOW, name
    # What the automation takes it takes in seconds.
    hits = Decision.objects.exclude(outcome="manual").filter(ticket__rejected_before=False)
    assert hits.count() > 20
    late = hits.filter(decided_at__gt=F("applied_at") + timedelta(seconds=10))
    assert late.count() <= hits.count() // 10  # a later state of the order brought them about
    paid = Refund.objects.filter(source="strategy", status="succeeded", attempts__number=1)
    assert paid.filter(settled_at__gt=F("requested_at") + timedelta(seconds=30)).count() <= 2
    # People work in the daytime, one case after the other.
    steps = TicketEvent.objects.filter(actor="person", kind="status")
    hours = {event.at.astimezone(SHANGHAI).hour for event in steps}
    assert hours and min(hours) >= 9
    assert steps.values("user").distinct().count() >= 2
    history = Decision.objects.order_by("pk").values_list("decided_at", flat=True)
    assert list(history) == sorted(history)


def test_a_day_has_its_own_cap_and_nothing_contradicts_the_money(shop: Shop) -> None:
    """Usage is what the decisions of each day sum up to (SPEC E4), and never above its cap."""
    spent: Counter[tuple[int, object]] = Counter()
    for hit in Decision.objects.exclude(strategy=None):
        assert hit.strategy_id is not None
        spent[hit.strategy_id, hit.decided_at.astimezone(SHANGHAI).date()] += hit.amount
    kept = {(use.strategy_id, use.day): use.used for use in StrategyUsage.objects.all()}
    assert kept == spent
    assert len({day for _strategy, day in kept}) >= DAYS
    assert not StrategyUsage.objects.filter(used__gt=F("cap")).exists()
    assert list(money_audit.differences()) == []
    assert not Ticket.objects.filter(awaiting_evaluation=True).exists()
    assert not Decision.objects.filter(why="error").exists()
    assert not TrialRun.objects.exclude(status="done").exists()


def test_the_same_moment_gives_the_same_month() -> None:
    def story() -> list[tuple[object, ...]]:
        return list(
            TicketEvent.objects.order_by("at", "ticket__ticket_no", "pk").values_list(
                "ticket__ticket_no", "at", "kind", "to_status", "user__username"
            )
        )

    stories = []
    for _time in range(2):
        savepoint = transaction.savepoint()
        seed.found(now=NOW)
        seed.live(seed.SHOPS[1], now=NOW, days=DAYS)
        stories.append(story())
        transaction.savepoint_rollback(savepoint)
    assert stories[0] == stories[1]
    assert len(stories[0]) > 80


def test_the_past_is_written_later_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page waits for people and shops only; a start that was killed is made good."""
    lived = []
    monkeypatch.setattr(seed, "live", lambda demo, *, now: lived.append(demo.code))
    said = run(later=True)
    assert lived == []
    assert {shop.code for shop in Shop.objects.all()} == {"demo-ks", "demo-wx", "demo-jj"}
    assert set(Shop.objects.values_list("connector", "is_demo")) == {("sandbox", True)}
    Order.objects.create(
        shop=Shop.objects.get(code="demo-ks"), order_no="1", status="closed", buyer="b",
        updated_at=NOW, paid_amount=0,
    )  # fmt: skip
    assert run(later=True) == said, "a second call prints the users again"
    from strategies.tasks import live_demo

    live_demo()
    assert lived == ["demo-wx", "demo-jj"]
    run()
    assert lived == ["demo-wx", "demo-jj"] * 2
    assert_people_can_come_in(said)


def test_a_month_is_there_once(shop: Shop) -> None:
    before = TicketEvent.objects.count()
    seed.live(seed.SHOPS[1], now=NOW, days=DAYS)
    assert TicketEvent.objects.count() == before
    assert [demo.code for demo in seed.unlived()] == ["demo-ks", "demo-jj"]
    assert not OrmQ.objects.exists()  # within a test nothing commits


def test_a_first_look_finds_something_of_every_kind() -> None:
    """The whole month of all three, up to a Wednesday evening: on which days a small shop has
    requests depends on the moment it begins at."""
    seed.found(now=NOW)
    for shop in seed.SHOPS:
        seed.live(shop, now=NOW)
    look()


@pytest.mark.parametrize(
    ("locale", "head"),
    [
        ("C.UTF-8", "Users of the demo shops (name, password, role):"),
        ("zh_CN.UTF-8", "演示店铺的用户（用户名、密码、角色）："),
    ],
)
def test_the_users_are_printed_in_the_terminals_language(
    locale: str, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strategies.demo.seed.seeded", lambda: True)
    monkeypatch.setenv("LC_ALL", locale)
    assert run().splitlines()[0] == head


def test_production_is_refused(settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        run()
    assert not Shop.objects.exists()
    assert not User.objects.exists()


def test_a_name_that_is_taken_is_refused_and_nothing_stays() -> None:
    User.objects.create(username="demo-owner")
    with pytest.raises(CommandError, match="demo-owner"):
        run()
    assert not Shop.objects.exists()
    assert User.objects.count() == 1


def look() -> None:
    for shop in Shop.objects.all():
        scenarios = set(Decision.objects.filter(shop=shop).values_list("scenario", flat=True))
        assert len(scenarios - {""}) == 5, shop
        assert shop.tickets.filter(status="pending_review", awaiting_evaluation=False).exists()
        assert shop.blocked_buyers.count() == 1
        days = Decision.objects.filter(shop=shop).dates("decided_at", "day")
        assert len(days) >= 28
    windows = Ticket.objects.exclude(window=None).values("window").distinct()
    assert windows.filter(window__closed_at=None).count() == 1
    assert windows.exclude(window__closed_at=None).count() == 1
    assert Ticket.objects.filter(flags__contains=["no_window"]).exists()
    whys = set(Decision.objects.filter(outcome="manual").values_list("why", flat=True))
    assert whys >= {"none_hit", "no_scenario", "over_refundable"}
    outcomes = Counter(Refund.objects.values_list("status", "source"))
    assert min(outcomes["succeeded", source] for source in ("strategy", "person")) > 50
    assert outcomes["succeeded", "fast_refund"] > 5
    assert outcomes["succeeded", "platform"] > 2
    assert sum(n for (status, _source), n in outcomes.items() if status == "failed") == 3
    assert Ticket.objects.filter(arbitration_result="merchant").exists()
    assert Ticket.objects.filter(arbitration_result="buyer").exists()
    assert Ticket.objects.filter(flags__contains=["likely_loss"]).exists()
    assert Ticket.objects.filter(order=None).count() == 3
    assert TrialRun.objects.filter(status="done").count() == 1
    assert set(Ticket.objects.values_list("status", flat=True)) >= {
        "pending_review",
        "negotiating",
        "awaiting_return",
        "returning",
        "refunded",
        "refund_failed",
        "rejected",
        "arbitration",
        "cancelled",
        "closed",
    }
    assert list(money_audit.differences()) == []


def assert_people_can_come_in(said: str) -> None:
    mark()
    assert {
        membership.role for membership in Membership.objects.filter(shop__code="demo-ks")
    } == set(Role.values)
    assert User.objects.filter(is_superuser=True).count() == 1
    for user in User.objects.all():
        assert user.is_staff
        assert user.check_password("afterdesk")
        assert f"{user.username} " in said
