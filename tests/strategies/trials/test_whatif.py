"""A what-if's figures are those of a trial run of the same change, to the fen (SPEC M7, M3)."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from aftersale.models import Order, Role, Shop, Ticket, TicketFlag, TicketStatus
from strategies.models import Strategy, TrialKind, TrialRun
from strategies.services import strategies, trials
from strategies.services.evaluator import Tally, decide_shop
from strategies.services.lanes import current_content
from strategies.services.rulebook_content import content_with, strategy_content
from strategies.services.trials import whatif
from tests.factories import (
    make_order,
    make_shop,
    make_strategy,
    make_ticket,
    make_user,
    strategy_record,
)
from tests.strategies.trials.test_agreement import lived

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept(settings, tmp_path, monkeypatch) -> None:
    settings.PAST_ROOT = tmp_path
    monkeypatch.setattr(whatif, "_recent", whatif.OrderedDict())


def tried(shop: Shop, proposed: dict | None, kind: str = TrialKind.STRATEGY) -> TrialRun:
    now = timezone.now()
    first, last = whatif.period(shop, now=now)
    trial = trials.begin(
        shop_id=shop.pk, kind=kind, title="t", proposed=proposed, first=first, last=last,
        user=make_user(shop, Role.ADMIN), now=now,
    )  # fmt: skip
    trials.run(trial.pk, clock=lambda: now)
    trial.refresh_from_db()
    assert (trial.status, trial.error) == ("done", "")
    return trial


def agree(effect: trials.Effect, trial: TrialRun, strategy: object = None) -> None:
    assert (effect.evaluations, effect.estimated) == (trial.total, trial.estimated)
    for change in ("gained", "lost"):
        found, expected = getattr(effect, change), trial.summary["changes"]["present"][change]
        assert (*found.tickets, *found.likely_losses) == (
            expected["tickets"],
            expected["amount"],
            expected["likely_losses"],
            expected["likely_loss_amount"],
        )
    for side, own in (("proposed", effect.own), ("present", effect.own_before)):
        days = [day for day in trial.summary[side]["days"] if day["strategy"] == str(strategy)]
        assert own == (sum(day["hits"] for day in days), sum(day["amount"] for day in days))


def typed(chance: random.Random, shop: Shop, scenario: str) -> dict:
    """Contents that a form may hold, with every condition that it has."""
    pre_ship = scenario == "pre_ship_refund"
    caps = sorted(chance.randrange(1, 300) for _ in range(2))
    return {
        "name": f"typed {chance.random()}",
        "scenario": scenario,
        "single_amount_cap": f"{caps[0]}.00",
        "daily_cap": f"{caps[1] + chance.choice([0, 200])}.00",
        "time_limit_hours": chance.choice([None, 1, 24]),
        "buyer_reasons": chance.choice([[], ["quality_issue"]]),
        "product_condition": chance.choice(["all", "include", "exclude"]),
        "products": ["p1"],
        "execution_time": chance.choice(["all_day", "windows"]),
        "windows": [["00:00", "12:00"], ["13:00", "23:30"]],
        "skip_label_printed": chance.choice([True, False]),
        "breaker": chance.choice([None, {"hits": chance.randint(1, 4), "minutes": 30}]),
        **({} if pre_ship else {"order_statuses": ["shipped", "delivered"]}),
    }


def flagged(shop: Shop, chance: random.Random) -> None:
    for ticket in Ticket.objects.filter(shop=shop):
        if chance.random() < 0.4:
            Ticket.objects.filter(pk=ticket.pk).update(flags=[TicketFlag.LIKELY_LOSS])


@pytest.mark.parametrize("seed", [2, 5])
def test_m7_whatever_is_typed(seed: int) -> None:
    """New strategies and changed ones, over days with pauses, caps, guards, breakers, fast refunds
    and orders that came again."""
    shop, _ = lived(seed)
    chance = random.Random(seed)
    flagged(shop, chance)
    imported(shop)
    now, admin = timezone.now(), make_user(shop, Role.ADMIN)
    existing = list(Strategy.objects.filter(shop=shop).order_by("pk"))
    for kept in (None, existing[0], existing[1], existing[4]):
        record = strategy_record(
            shop, **typed(chance, shop, kept.scenario if kept else "pre_ship_refund")
        )
        made: list[int] = []

        content: dict = {}

        def change(kept=kept, record=record, made=made, content=content) -> None:
            if kept is None:
                saved = strategies.create(shop_id=shop.pk, record=record, user=admin, now=now)
            else:
                saved = strategies.change(
                    strategy_id=kept.pk, record=record, revision=kept.revision, user=admin, now=now
                )
            strategies.enable(strategy_id=saved.pk, user=admin, now=now)
            made.append(saved.pk)
            saved.refresh_from_db()
            content.update(strategy_content(saved))

        proposed = trials.content_after(shop.pk, change)
        key = kept.pk if kept else None
        effect = trials.what_if(
            shop,
            content_with(current_content(shop.pk), {**content, "id": key}),
            now=now,
            strategy=key,
        )
        agree(effect, tried(shop, proposed), made[0])


def imported(shop: Shop) -> None:
    for days in (1, 2):
        order = make_order(shop, paid_amount=4_000, paid_at=timezone.now() - timedelta(days=5))
        make_ticket(
            order,
            status=TicketStatus.REFUNDED,
            applied_at=timezone.now() - timedelta(days=days),
            awaiting_evaluation=False,
        )


def test_m7_another_order_and_a_pause() -> None:
    shop, content = lived(3)
    flagged(shop, random.Random(3))
    now = timezone.now()
    turned = [{**one, "priority": 10 - one["priority"]} for one in content["strategies"]]
    proposed = {**content, "strategies": turned}
    agree(trials.what_if(shop, proposed, now=now), tried(shop, proposed, TrialKind.PRIORITIES))
    paused = trials.what_if(shop, now=now, paused=True)
    agree(paused, tried(shop, None, TrialKind.PAUSE))
    assert paused.lost.tickets.number > 0


def test_m7_says_what_it_takes_from_others_and_when_its_cap_runs_out() -> None:
    shop = make_shop()
    first = make_strategy(shop, single_amount_cap="100.00", daily_cap="200.00")
    for amount in (9_000, 9_000, 9_000, 500):
        make_ticket(make_order(shop, paid_amount=amount))
    decide_shop(shop.pk, tally=Tally(), seconds=5)
    entry = {**strategy_content(first), "id": None, "daily_cap": 10_000}
    present = current_content(shop.pk)
    ahead = [{**one, "priority": 2} for one in present["strategies"]]
    proposed = content_with({**present, "strategies": ahead}, entry)
    proposed["strategies"][-1]["priority"] = 1
    effect = trials.what_if(shop, proposed, now=timezone.now(), strategy=None)
    assert effect.own == (2, 9_500)
    assert effect.taken == {first.name: (2, 9_500)}
    assert (effect.days_out, effect.out_at is not None) == (1, True)
    # Its hits leave the other one room for the third.
    assert (effect.gained.tickets, effect.lost.tickets) == ((1, 9_000), (0, 0))


def test_a_past_is_kept_for_a_moment_and_read_anew_after_it() -> None:
    shop = make_shop()
    now = timezone.now()

    def seen(later: timedelta) -> int:
        return trials.what_if(shop, now=now + later).evaluations

    assert seen(timedelta()) == 0
    imported(shop)
    assert seen(whatif.FRESH / 2) == 0
    assert seen(whatif.FRESH) == 2
    assert Order.objects.filter(shop=shop).count() == 2
