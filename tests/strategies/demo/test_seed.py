"""`seed_demo`: what a first look at the admin finds."""

import io
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import models, transaction
from django.utils import timezone

from aftersale.models import (
    AfterSaleWindow,
    CommissionReturn,
    FundEntry,
    Membership,
    Negotiation,
    Order,
    Refund,
    Rejection,
    Role,
    SandboxInstruction,
    Shop,
    Ticket,
    TicketEvent,
)
from aftersale.services.refunds import money_audit
from strategies.demo.seed import seed
from strategies.models import Decision, Scenario, Strategy, StrategyUsage

pytestmark = pytest.mark.django_db

COUNTED: tuple[type[models.Model], ...] = (
    User,
    Shop,
    Membership,
    Order,
    Ticket,
    TicketEvent,
    Strategy,
    Decision,
    Refund,
    FundEntry,
    SandboxInstruction,
)


def run() -> str:
    said = io.StringIO()
    call_command("seed_demo", stdout=said)
    return said.getvalue()


def counts() -> dict[str, object]:
    """Rows, and what became of the tickets."""
    return {
        **{model.__name__: model.objects.count() for model in COUNTED},  # type: ignore[attr-defined]
        "statuses": Counter(Ticket.objects.values_list("shop__code", "status")),
        "decisions": Counter(
            Decision.objects.values_list("shop__code", "outcome", "scenario", "strategy__name")
        ),
        "refunds": Counter(Refund.objects.values_list("shop__code", "status", "source")),
    }


def test_a_first_look_finds_something_of_every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the same moment gives the same numbers some hours earlier: decisions are made by the
    database's clock, a little later each time, and no rule of the sample depends on that little."""
    moment = timezone.now() - timedelta(hours=3)
    savepoint = transaction.savepoint()
    seed(now=moment, clock=timezone.now)
    look()
    before = counts()
    transaction.savepoint_rollback(savepoint)

    monkeypatch.setattr("strategies.management.commands.seed_demo.seed", partial(seed_at, moment))
    said = run()
    look()
    assert counts() == before
    assert_people_can_come_in(said)

    assert run() == said, "a second call prints the users again"
    assert counts() == before, "and changes nothing"


def seed_at(moment: datetime, *, now: datetime, clock: Callable[[], datetime]) -> None:
    assert abs(now - clock()) < timedelta(minutes=1)
    seed(now=moment, clock=clock)


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
    monkeypatch.setattr("strategies.management.commands.seed_demo.seeded", lambda: True)
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
    assert set(Shop.objects.values_list("connector", "is_demo")) == {("sandbox", True)}
    for shop in Shop.objects.all():
        scenarios = set(Decision.objects.filter(shop=shop).values_list("scenario", flat=True))
        assert scenarios >= set(Scenario.values), shop
        assert {entry.fund.kind for entry in FundEntry.objects.filter(fund__shop=shop)} == {
            "wallet",
            "deposit",
        }
        assert shop.tickets.filter(status="pending_review", awaiting_evaluation=False).exists()
        assert shop.blocked_buyers.count() == 1
    assert AfterSaleWindow.objects.filter(closed_at=None).count() == 1
    assert AfterSaleWindow.objects.exclude(closed_at=None).count() == 1
    assert Ticket.objects.filter(flags__contains=["no_window"]).exists()
    assert CommissionReturn.objects.values("refund").distinct().count() == 2
    assert not Ticket.objects.filter(awaiting_evaluation=True).exists()
    assert not Decision.objects.filter(why="error").exists()
    whys = Counter(Decision.objects.filter(outcome="manual").values_list("why", flat=True))
    assert set(whys) == {"none_hit", "no_scenario", "over_refundable"}
    assert Rejection.objects.filter(user__username="demo-agent").count() == 2
    assert Negotiation.objects.filter(user__username="demo-agent").count() == 1
    assert Decision.objects.filter(source="fast_refund").values("shop").distinct().count() == 1

    refunds = Counter(Refund.objects.values_list("status", flat=True))
    assert refunds["succeeded"] > 100
    assert (refunds["failed"], refunds["unknown"], refunds["requested"]) == (3, 2, 1)
    assert Refund.objects.filter(source="person", status="succeeded").count() >= 2
    statuses = set(Ticket.objects.values_list("status", flat=True))
    assert statuses >= {
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
    assert Ticket.objects.filter(order=None).count() == len(Shop.objects.all())
    assert Ticket.objects.filter(flags__contains=["likely_loss"]).count() == 1
    waiting = Ticket.objects.filter(status="pending_review")
    assert waiting.filter(due_at__lt=timezone.now()).exists()
    soon = timezone.now() + timedelta(hours=6)
    assert waiting.filter(due_at__gt=timezone.now(), due_at__lt=soon).exists()
    assert list(money_audit.differences()) == []

    full = [
        usage.strategy.name
        for usage in StrategyUsage.objects.select_related("strategy")
        if usage.used >= usage.strategy.daily_cap * 0.85
    ]
    assert {"低价配饰直接退", "平台退款不退货"} <= set(full)
    assert list(
        Strategy.objects.exclude(breaker_opened_at=None).values_list("name", "enabled")
    ) == [("坏果包赔", False)]


def assert_people_can_come_in(said: str) -> None:
    assert {
        membership.role for membership in Membership.objects.filter(shop__code="demo-ks")
    } == set(Role.values)
    assert User.objects.filter(is_superuser=True).count() == 1
    for user in User.objects.all():
        assert user.is_staff
        assert user.check_password("afterdesk")
        assert f"{user.username} " in said
