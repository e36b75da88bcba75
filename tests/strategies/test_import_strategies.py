"""Strategies out of files (INTERFACES, ingest; SPEC O7, T3, T5)."""

import random

import pytest

from aftersale.services.shared.outcomes import Outcome
from aftersale.services.shops.shops import known
from strategies.models import RulebookRevision, Strategy, StrategyRevision
from strategies.services import strategies
from strategies.services.import_strategies import save_strategies
from tests.factories import NOON, make_shop, make_strategy, make_user, strategy_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return make_shop()


def file(shop, *records):
    wanted = [strategy_record(shop, **fields) for fields in records]
    results = save_strategies(wanted, shops=known([shop.code]), now=NOON)
    return [result.outcome.value for result in results], [bool(r.note) for r in results]


def names(shop):
    live = Strategy.objects.filter(shop=shop, deleted_at=None).order_by("priority")
    return list(live.values_list("name", "priority"))


def test_what_arrives_enabled_is_stored_not_enabled_and_counted(shop):
    """SPEC O7, T2."""
    outcomes, noted = file(shop, {"name": "a", "enabled": True}, {"name": "b"})
    assert (outcomes, noted) == (["new", "new"], [True, False])
    assert not Strategy.objects.filter(enabled=True).exists()


def test_the_second_time_changes_nothing(shop):
    """INTERFACES, ingest: idempotent; what a person enabled stays enabled."""
    lines = [{"name": "a", "enabled": True}, {"name": "b", "priority": 1}]
    file(shop, *lines)
    assert names(shop) == [("b", 1), ("a", 2)]
    a = Strategy.objects.get(name="a")
    strategies.enable(strategy_id=a.pk, user=make_user(shop), now=NOON)
    revisions, rulebooks = StrategyRevision.objects.count(), RulebookRevision.objects.count()
    assert file(shop, *lines) == (["unchanged", "unchanged"], [False, False])
    assert names(shop) == [("b", 1), ("a", 2)]
    assert Strategy.objects.get(name="a").enabled is True
    assert (StrategyRevision.objects.count(), RulebookRevision.objects.count()) == (
        revisions,
        rulebooks,
    )


def test_a_changed_one_is_no_longer_enabled(shop):
    """SPEC O7: a file cannot raise an enabled strategy's cap behind anybody's back."""
    make_strategy(shop, name="a")
    assert file(shop, {"name": "a", "enabled": True, "single_amount_cap": "300.00"}) == (
        ["changed"],
        [True],
    )
    strategy = Strategy.objects.get()
    assert (strategy.enabled, strategy.single_amount_cap, strategy.revision) == (False, 30_000, 3)
    latest = RulebookRevision.objects.latest("number").content["strategies"][0]
    assert (latest["enabled"], latest["single_amount_cap"]) == (False, 30_000)


def test_a_file_may_switch_off_if_it_says_so(shop):
    make_strategy(shop, name="a")
    assert file(shop, {"name": "a"}) == (["unchanged"], [False])
    assert Strategy.objects.get().enabled is True
    assert file(shop, {"name": "a", "enabled": False}) == (["changed"], [False])
    assert Strategy.objects.get().enabled is False


def test_a_whole_scenario_comes_out_as_it_is_numbered(shop):
    """In any order of lines; the same file again changes nothing."""
    lines = [{"name": f"s{number}", "priority": number} for number in range(1, 9)]
    lines.append({"name": "last"})
    random.Random(5).shuffle(lines)
    outcomes, _ = file(shop, *lines)
    assert outcomes == ["new"] * 9
    assert names(shop) == [(f"s{number}", number) for number in range(1, 9)] + [("last", 9)]
    assert file(shop, *lines)[0] == ["unchanged"] * 9


def test_the_eleventh_is_refused_and_the_others_stay(shop):
    """SPEC T3: nothing else in the batch is lost."""
    outcomes, _ = file(shop, *({"name": f"s{number}"} for number in range(11)))
    assert outcomes == ["new"] * 10 + ["refused"]
    assert len(names(shop)) == 10


def test_an_unknown_shop_is_refused(shop):
    record = strategy_record(shop)
    results = save_strategies([record], shops={}, now=NOON)
    assert [(r.outcome, r.errors[0].pointer) for r in results] == [(Outcome.REFUSED, "shop")]
    assert not Strategy.objects.exists()
