"""The search over a shop's rows, its figures, and a kill or a cancellation on the way (SPEC M6)."""

from datetime import timedelta
from typing import Any

import pytest

from aftersale.models import Role, Shop, Ticket
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from strategies.models import AdviceRun, Strategy, TrialKind, TrialRun, TrialStatus
from strategies.services import advice, strategies, trials
from strategies.services.advice.begin import SILENCE
from strategies.strategy_record import StrategyRecord
from tests.factories import NOON, make_shop, make_strategy, make_user
from tests.queries import counted_queries
from tests.strategies.advice.past import STEP, make_past

pytestmark = pytest.mark.django_db


def begun(shop: Shop, **given: Any) -> AdviceRun:
    user = given.pop("user", None) or make_user(shop, Role.ADMIN)
    return advice.begin(shop_id=shop.pk, user=user, now=NOON, **given)


def ran(run: AdviceRun) -> AdviceRun:
    advice.run(run.pk, clock=lambda: NOON)
    run.refresh_from_db()
    assert run.error == ""
    return run


def point_of(run: AdviceRun) -> dict[str, Any]:
    point = advice.chosen_point(run)
    assert point is not None
    return point


def trial_of_drafts(run: AdviceRun, made: list[Strategy]) -> TrialRun:
    user = make_user(run.shop, Role.ADMIN)

    def enable() -> None:
        for draft in made:
            strategies.enable(strategy_id=draft.pk, user=user, now=NOON)

    trial = trials.begin(
        shop_id=run.shop_id,
        kind=TrialKind.STRATEGY,
        title="drafts",
        proposed=trials.content_after(run.shop_id, enable),
        first=run.starts_at.astimezone().date(),
        last=NOON.date(),
        user=user,
        now=NOON,
    )
    trials.run(trial.pk, clock=lambda: NOON)
    trial.refresh_from_db()
    assert trial.error == ""
    return trial


def test_what_people_always_refunded_is_proposed() -> None:
    shop = make_shop()
    make_past(shop)
    run = ran(begun(shop))
    assert (run.status, run.done) == (TrialStatus.DONE, run.total)
    point = point_of(run)
    (proposal,) = point["proposals"]
    assert proposal["scenario"] == "pre_ship_refund"
    assert proposal["keys"]["buyer_reasons"] == ["size"]
    size = Ticket.objects.filter(shop=shop, reason="size").count()
    figures = proposal["all"]
    assert figures["bad"] == figures["loss"] == 0
    assert figures["known"] == figures["tickets"] == proposal["hits"]
    # Some days need more than the cap that 99 % of days are content with, some amounts are higher.
    assert 0.9 * size < figures["tickets"] <= size
    assert figures["minutes"] == figures["tickets"] * STEP
    # Nothing went wrong among few: the interval says so.
    low, high = proposal["unseen"]["loss_interval"]
    assert low == 0
    assert high > 3 * 1_000


def test_the_figures_equal_a_trial_run_to_the_fen() -> None:
    """Caps, order and hit once included (SPEC M6, M3)."""
    shop = make_shop()
    make_past(shop)
    make_strategy(shop, single_amount_cap="9.00", daily_cap="20.00")
    run = ran(begun(shop))
    point = point_of(run)
    assert point["proposals"]
    made = advice.make_drafts(
        run_id=run.pk,
        point=run.summary["points"].index(point),
        user=make_user(shop, Role.OWNER),
        now=NOON,
    )
    trial = trial_of_drafts(run, made)
    for proposal, draft in zip(point["proposals"], made, strict=True):
        key = str(draft.pk)
        days = [day for day in trial.summary["proposed"]["days"] if day["strategy"] == key]
        assert sum(day["hits"] for day in days) == proposal["hits"] > 0
        assert sum(day["amount"] for day in days) == proposal["amount"]
        gained = trial.summary["by_strategy"]["present"]["gained"][key]
        assert gained["tickets"] == proposal["all"]["tickets"] - proposal["from_others"]


def test_drafts_are_not_enabled_and_are_made_once() -> None:
    shop = make_shop()
    make_past(shop)
    run = ran(begun(shop))
    owner = make_user(shop, Role.OWNER)
    place = run.summary["points"].index(point_of(run))
    made = advice.make_drafts(run_id=run.pk, point=place, user=owner, now=NOON)
    assert [(each.enabled, each.priority, each.name) for each in made] == [(False, 1, "Advice 1")]
    with pytest.raises(Refused, match="already"):
        advice.make_drafts(run_id=run.pk, point=place, user=owner, now=NOON)
    assert Strategy.objects.filter(shop=shop).count() == 1
    strategies.delete(strategy_id=made[0].pk, user=owner, now=NOON)
    with pytest.raises(NotFound):
        advice.make_drafts(run_id=run.pk, point=99, user=owner, now=NOON)
    assert Strategy.objects.filter(shop=shop, deleted_at=None).count() == 0


@pytest.mark.parametrize("role", [Role.CS_MANAGER, Role.VIEWER, None])
def test_only_owners_and_administrators(role: str | None) -> None:
    shop = make_shop()
    person = make_user(shop, role) if role else make_user()
    with pytest.raises(NotAllowed):
        begun(shop, user=person)
    assert not AdviceRun.objects.exists()
    run = begun(shop)
    wrong = NotAllowed if role else NotFound
    with pytest.raises(wrong):
        advice.cancel(run_id=run.pk, user=person, now=NOON)
    with pytest.raises(wrong):
        advice.make_drafts(run_id=run.pk, point=0, user=person, now=NOON)
    run.refresh_from_db()
    assert (run.status, run.drafts) == (TrialStatus.QUEUED, [])


def test_one_search_of_a_shop_at_a_time() -> None:
    shop = make_shop()
    run = begun(shop)
    with pytest.raises(Refused, match="under way"):
        begun(shop)
    begun(make_shop())
    advice.cancel(run_id=run.pk, user=make_user(shop, Role.OWNER), now=NOON)
    begun(shop)


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"days": 6}, "days"),
        ({"days": 401}, "days"),
        ({"may_lose": -1}, "may_lose"),
        ({"scenarios": ["returns"]}, "scenarios"),
        ({"products_left_out": ["p"] * 1_001}, "products_left_out"),
    ],
)
def test_limits_that_are_none(given: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Refused) as refused:
        begun(make_shop(), **given)
    assert refused.value.pointer == pointer
    assert not AdviceRun.objects.exists()


def test_a_cancelled_search_keeps_nothing() -> None:
    shop = make_shop()
    make_past(shop, 60)
    run = begun(shop)

    def clock() -> Any:
        advice.cancel(run_id=run.pk, user=owner, now=NOON)
        return NOON

    owner = make_user(shop, Role.OWNER)
    # The first look at the clock takes it; the one after the first page finds it cancelled.
    looks = iter([lambda: NOON, lambda: NOON])
    advice.run(run.pk, clock=lambda: next(looks, clock)())
    run.refresh_from_db()
    assert (run.status, run.summary) == (TrialStatus.CANCELLED, {})


def test_one_whose_worker_was_killed_begins_anew() -> None:
    shop = make_shop()
    make_past(shop)
    run = begun(shop)
    AdviceRun.objects.filter(pk=run.pk).update(status=TrialStatus.RUNNING, seen_at=NOON, done=7)
    advice.run(run.pk, clock=lambda: NOON)
    run.refresh_from_db()
    assert run.status == TrialStatus.RUNNING  # somebody else has it
    advice.run(run.pk, clock=lambda: NOON + 2 * SILENCE)
    run.refresh_from_db()
    assert (run.status, run.done) == (TrialStatus.DONE, run.total)


def test_scenarios_and_products_that_the_owner_leaves_out() -> None:
    shop = make_shop()
    make_past(shop)
    run = ran(begun(shop, scenarios=["post_ship_return"]))
    assert run.summary["points"] == []
    assert [each["scenario"] for each in run.summary["missing"]] == ["post_ship_return"]
    run = ran(begun(shop, products_left_out=["p1"]))
    (proposal,) = point_of(run)["proposals"]
    assert proposal["keys"]["product_condition"] == "exclude"
    assert proposal["keys"]["products"] == ["p1"]
    hit = Ticket.objects.filter(shop=shop, reason="size").exclude(products=["p1"])
    assert proposal["hits"] <= hit.count()


def test_a_past_that_carries_nothing_says_why() -> None:
    shop = make_shop()
    run = ran(begun(shop))
    assert (run.summary["tickets"], run.summary["points"]) == (0, [])
    make_past(shop, 12)
    run = ran(begun(shop))
    assert {each["scenario"]: each["why"] for each in run.summary["missing"]} == {
        "pre_ship_refund": "few_cases",
        "post_ship_refund": "few_cases",
        "post_ship_waive_return": "few_cases",
        "post_ship_return": "few_cases",
        "post_ship_keep_goods": "few_cases",
    }
    bad = make_shop()
    make_past(bad, good=False)
    run = ran(begun(bad))
    assert run.summary["points"] == []
    assert run.summary["missing"][0]["why"] == "mostly_kept"


def test_tickets_of_present_strategies_are_not_offered_again() -> None:
    shop = make_shop()
    make_past(shop)
    strategy = make_strategy(shop, single_amount_cap="200.00")
    run = ran(begun(shop))
    assert run.summary["points"] == []
    (existing,) = run.summary["existing"]
    assert existing["strategy"] == str(strategy.pk)
    assert existing["hits"] == Ticket.objects.filter(shop=shop).count()
    assert existing["all"]["bad"] > 0


def test_no_more_queries_for_more_tickets() -> None:
    counts = []
    for number in (60, 120):
        shop = make_shop()
        make_past(shop, number)
        run = begun(shop)
        with counted_queries() as queries:
            advice.run(run.pk, clock=lambda: NOON + timedelta(minutes=1))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_documents_are_records() -> None:
    shop = make_shop()
    make_past(shop)
    make_strategy(shop, name="Advice 1", single_amount_cap="1.00")
    run = ran(begun(shop))
    (document,) = advice.documents(run, point_of(run))
    assert document["name"] == "Advice 2"
    assert StrategyRecord.model_validate(document).enabled is False
