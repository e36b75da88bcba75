"""Strategies that exist: keep, narrow, widen, drop, put elsewhere in the order (SPEC M6)."""

from typing import Any

import pytest
from django.urls import reverse

from aftersale.models import Role, Shop
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale
from strategies.models import AdviceRun, Strategy, TrialRun
from strategies.services import advice, strategies, trials
from strategies.services.advice.shown import shown
from tests.admin.clients import english_client, text_of
from tests.factories import NOON, make_shop, make_strategy, make_user, strategy_record
from tests.strategies.advice.past import STEP, make_past

pytestmark = pytest.mark.django_db


def searched(shop: Shop) -> AdviceRun:
    run = advice.begin(shop_id=shop.pk, user=None, now=NOON, here=True)
    advice.run(run.pk, clock=lambda: NOON)
    run.refresh_from_db()
    assert run.error == ""
    return run


def of(run: AdviceRun, strategy: Strategy) -> dict[str, Any]:
    (found,) = [
        each["advice"] for each in run.summary["existing"] if each["strategy"] == str(strategy.pk)
    ]
    return found


def tried(run: AdviceRun, strategy: Strategy) -> TrialRun:
    """The trial run that the page begins."""
    user = make_user(run.shop, Role.OWNER)
    response = english_client(user).post(
        reverse("automation:advice-try-change", args=[run.pk, strategy.pk])
    )
    trial = TrialRun.objects.latest("pk")
    assert response.headers["Location"] == reverse("automation:trial", args=[trial.pk])
    trials.run(trial.pk, clock=lambda: NOON)
    trial.refresh_from_db()
    assert trial.error == ""
    return trial


def agree(advised: dict[str, Any], trial: TrialRun) -> None:
    """The figures are those of a trial run of the change (SPEC M3)."""
    changes = trial.summary["changes"]["present"]
    assert (advised["gained"], advised["lost"]) == (
        changes["gained"]["tickets"], changes["lost"]["tickets"],
    )  # fmt: skip


def test_narrow_takes_the_mistakes_out() -> None:
    """People always refunded for `size`, and rejected every second of the others; rejections of the
    last week are not upheld yet."""
    shop = make_shop()
    make_past(shop)
    strategy = make_strategy(shop, name="all", single_amount_cap="200.00")
    run = searched(shop)
    found = of(run, strategy)
    assert (found["kind"], found["keys"]) == ("narrow", {"buyer_reasons": ["size"]})
    assert (found["gained"], found["lost"], found["lost_bad"]) == (0, 80, 35)
    owner = make_user(shop, Role.OWNER)
    made = advice.make_change(run_id=run.pk, strategy_id=strategy.pk, user=owner, now=NOON)
    assert (made.name, made.enabled, made.priority) == ("all (advice)", False, 2)
    assert (made.buyer_reasons, made.single_amount_cap) == (["size"], 20_000)
    strategy.refresh_from_db()
    assert (strategy.enabled, strategy.buyer_reasons) == (True, [])
    agree(found, tried(run, strategy))
    (told,) = shown(run)["existing"]
    assert told == {
        "strategy": strategy.pk, "name": "all", "advice": "narrow",
        "changes": {"buyer_reasons": ["size"]}, "order": [], "more_approved": 0,
        "more_approved_wrong": 0, "more_to_people": 80, "more_to_people_wrong": 35,
        "minutes": -80 * STEP,
    }  # fmt: skip
    with pytest.raises(Refused, match="already"):
        advice.make_change(run_id=run.pk, strategy_id=strategy.pk, user=owner, now=NOON)
    assert Strategy.objects.filter(shop=shop).count() == 2


def test_widen_by_what_people_approve_besides() -> None:
    shop = make_shop()
    make_past(shop)
    strategy = make_strategy(shop, buyer_reasons=["size"], single_amount_cap="10.00")
    run = searched(shop)
    found = of(run, strategy)
    assert found["kind"] == "widen"
    assert 1_000 < found["keys"]["single_amount_cap"] < 1_500
    assert found["gained"] > 40 and found["gained_bad"] == found["lost"] == 0
    owner = make_user(shop, Role.OWNER)
    advice.make_change(run_id=run.pk, strategy_id=strategy.pk, user=owner, now=NOON)
    agree(found, tried(run, strategy))


def test_widen_a_daily_cap_that_runs_out() -> None:
    shop = make_shop()
    make_past(shop)
    strategy = make_strategy(
        shop, buyer_reasons=["size"], single_amount_cap="15.00", daily_cap="15.00"
    )
    found = of(searched(shop), strategy)
    assert (found["kind"], list(found["keys"])) == ("widen", ["daily_cap"])
    assert found["gained"] > 60 and found["gained_bad"] == 0


def test_drop_what_costs_more_than_it_saves_and_what_takes_nothing() -> None:
    shop = make_shop()
    make_past(shop, good=False)
    wrong = make_strategy(shop, name="w", buyer_reasons=["size"], single_amount_cap="200.00")
    idle = make_strategy(shop, name="i", buyer_reasons=["never"], single_amount_cap="200.00")
    run = searched(shop)
    assert (of(run, wrong)["kind"], of(run, wrong)["lost"]) == ("drop", 160)
    assert of(run, wrong)["lost_bad"] > 130
    assert (of(run, idle)["kind"], of(run, idle)["lost"]) == ("drop", 0)
    agree(of(run, wrong), tried(run, wrong))
    with pytest.raises(Refused, match="tried"):
        advice.make_change(
            run_id=run.pk, strategy_id=wrong.pk, user=make_user(shop, Role.OWNER), now=NOON
        )


def test_another_order_that_leaves_caps_to_others() -> None:
    """The first spends its daily cap on what the second could take."""
    shop = make_shop()
    make_past(shop)
    common = {"buyer_reasons": ["size"], "single_amount_cap": "15.00"}
    first = make_strategy(shop, name="first", daily_cap="30.00", **common)
    second = make_strategy(
        shop, name="second", product_condition="include", products=["p0", "p1"], **common
    )
    run = searched(shop)
    (moved,) = [each for each in (first, second) if of(run, each)["kind"] == "move"]
    found = of(run, moved)
    assert found["order"] == [second.pk, first.pk]
    assert found["gained"] > 8 and found["lost"] == 0
    agree(found, tried(run, moved))


def test_keep_what_does_well() -> None:
    shop = make_shop()
    make_past(shop)
    strategy = make_strategy(shop, buyer_reasons=["size"], single_amount_cap="200.00")
    run = searched(shop)
    assert of(run, strategy) == {"kind": "keep"}
    with pytest.raises(NotFound):
        advice.advised(run, strategy.pk)


def test_the_page_says_it_and_makes_the_draft() -> None:
    shop = make_shop()
    make_past(shop)
    strategy = make_strategy(shop, name="all", single_amount_cap="200.00")
    run = searched(shop)
    client = english_client(make_user(shop, Role.OWNER))
    page = reverse("automation:advice-one", args=[run.pk])
    text = text_of(client.get(page))
    assert "Narrow it" in text
    assert "80 requests more would have gone to people, of which 35 are known" in text
    response = client.post(
        reverse("automation:advice-change", args=[run.pk, strategy.pk]), follow=True
    )
    assert "The draft “all (advice)” is made." in text_of(response)
    # A summary of before changes were advised.
    run.summary["existing"] = [
        {key: value for key, value in each.items() if key != "advice"}
        for each in run.summary["existing"]
    ]
    run.save()
    assert "Keep it." in text_of(client.get(page))


def advised_to_drop_a_reason(shop: Shop, strategy: Strategy) -> AdviceRun:
    """Without a search."""
    run = advice.begin(shop_id=shop.pk, user=None, now=NOON, here=True)
    said = {"kind": "narrow", "keys": {"buyer_reasons": ["size"]}}
    run.summary = {"existing": [{"strategy": str(strategy.pk), "advice": said}]}
    run.save()
    return run


def test_a_strategy_that_was_changed_since_is_left_alone() -> None:
    shop = make_shop()
    strategy = make_strategy(shop, single_amount_cap="200.00")
    run = advised_to_drop_a_reason(shop, strategy)
    owner = make_user(shop, Role.OWNER)
    record = strategy_record(shop, name=strategy.name, single_amount_cap="150.00")
    strategies.change(
        strategy_id=strategy.pk, record=record, revision=strategy.revision, user=owner, now=NOON
    )
    with pytest.raises(Stale, match="Search again"):
        advice.make_change(run_id=run.pk, strategy_id=strategy.pk, user=owner, now=NOON)
    assert Strategy.objects.filter(shop=shop).count() == 1


@pytest.mark.parametrize("role", [Role.CS_MANAGER, Role.VIEWER, None])
def test_only_owners_and_administrators(role: str | None) -> None:
    shop = make_shop()
    strategy = make_strategy(shop, single_amount_cap="200.00")
    run = advised_to_drop_a_reason(shop, strategy)
    person = make_user(shop, role) if role else make_user(make_shop(), Role.OWNER)
    with pytest.raises(NotAllowed if role else NotFound):
        advice.make_change(run_id=run.pk, strategy_id=strategy.pk, user=person, now=NOON)
    for name in ("advice-change", "advice-try-change"):
        address = reverse(f"automation:{name}", args=[run.pk, strategy.pk])
        assert english_client(person).post(address).status_code == (403 if role else 404)
    assert (Strategy.objects.count(), TrialRun.objects.count()) == (1, 0)
