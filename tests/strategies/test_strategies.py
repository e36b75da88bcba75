"""How strategies come, change, move and go (SPEC section 4, P1)."""

import pytest
from django.db import IntegrityError, transaction

from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale
from strategies.models import RulebookRevision, Strategy
from strategies.services import strategies
from tests.factories import NOON, make_shop, make_strategy, make_user, strategy_record

pytestmark = pytest.mark.django_db
SCENARIO = "pre_ship_refund"


@pytest.fixture
def shop():
    return make_shop()


@pytest.fixture
def owner(shop):
    return make_user(shop)


def create(shop, user, **fields):
    return strategies.create(
        shop_id=shop.pk, record=strategy_record(shop, **fields), user=user, now=NOON
    )


def names(shop):
    live = Strategy.objects.filter(shop=shop, deleted_at=None).order_by("priority")
    return list(live.values_list("name", "priority"))


def test_a_new_strategy_is_not_enabled_and_comes_last_or_where_it_is_put(shop, owner):
    """SPEC T2, T5; INTERFACES, strategy."""
    create(shop, owner, name="a", enabled=True)
    create(shop, owner, name="b")
    create(shop, owner, name="c", priority=1)
    create(shop, owner, name="d", priority=9)
    assert names(shop) == [("c", 1), ("a", 2), ("b", 3), ("d", 4)]
    assert not Strategy.objects.filter(enabled=True).exists()


def test_defaults(shop, owner):
    """SPEC T1, T4."""
    strategy = create(shop, owner, single_amount_cap="60000.00")
    strategy.refresh_from_db()
    assert (strategy.execution_time, strategy.product_condition) == ("all_day", "all")
    assert strategy.order_statuses == ["shipped", "delivered"]
    assert (strategy.skip_label_printed, strategy.time_limit_hours) == (True, None)
    assert (strategy.single_amount_cap, strategy.daily_cap) == (6_000_000, 6_000_000)
    assert create(shop, owner).daily_cap == 5_000_000


def test_the_eleventh_is_refused(shop, owner):
    """SPEC T3: enabled or not; another scenario has its own ten."""
    for _ in range(10):
        create(shop, owner)
    with pytest.raises(Refused):
        create(shop, owner)
    assert Strategy.objects.count() == 10
    create(shop, owner, scenario="post_ship_refund")


def test_the_database_knows_no_eleventh_priority(shop, owner):
    """SPEC T3, T5 as constraints."""
    strategy = create(shop, owner)
    for wrong in (0, 11, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            Strategy.objects.filter(pk=strategy.pk).update(priority=wrong)


def test_a_name_is_unique_in_its_shop_and_scenario(shop, owner):
    """SPEC T1; a deleted one's name is free again."""
    first = create(shop, owner, name="night")
    create(shop, owner, name="night", scenario="post_ship_refund")
    with pytest.raises(Refused, match="night"):
        create(shop, owner, name="night")
    strategies.delete(strategy_id=first.pk, user=owner, now=NOON)
    create(shop, owner, name="night")


def test_every_change_is_a_revision_and_a_rulebook(shop, owner):
    """SPEC T6."""
    strategy = create(shop, owner, name="a")
    strategies.enable(strategy_id=strategy.pk, user=owner, now=NOON)
    changed = strategies.change(
        strategy_id=strategy.pk,
        record=strategy_record(shop, name="b", single_amount_cap="5.00"),
        revision=2,
        user=owner,
        now=NOON,
    )
    assert (changed.revision, changed.enabled, changed.priority) == (3, True, 1)
    kept = strategy.revisions.order_by("number").values_list(
        "number", "content__name", "content__enabled", "content__single_amount_cap"
    )
    assert list(kept) == [
        (1, "a", False, 20_000),
        (2, "a", True, 20_000),
        (3, "b", True, 500),
    ]
    assert set(strategy.revisions.values_list("created_by", flat=True)) == {owner.pk}
    contents = RulebookRevision.objects.filter(shop=shop).order_by("number")
    assert [
        [(s["name"], s["revision"]) for s in revision.content["strategies"]]
        for revision in contents
    ] == [[], [("a", 1)], [("a", 2)], [("b", 3)]]


def test_a_change_made_from_an_old_revision_is_refused(shop, owner):
    strategy = create(shop, owner, name="a")
    strategies.enable(strategy_id=strategy.pk, user=owner, now=NOON)
    with pytest.raises(Stale):
        strategies.change(
            strategy_id=strategy.pk,
            record=strategy_record(shop, name="b"),
            revision=1,
            user=owner,
            now=NOON,
        )
    assert names(shop) == [("a", 1)]


def test_the_whole_order_is_set_at_once_and_only_from_the_present_one(shop, owner):
    """SPEC T5."""
    a, b, c = (create(shop, owner, name=name).pk for name in "abc")

    def reorder(ids, seen):
        strategies.reorder(
            shop_id=shop.pk, scenario=SCENARIO, ids=ids, seen=seen, user=owner, now=NOON
        )

    reorder([c, a, b], [a, b, c])
    assert names(shop) == [("c", 1), ("a", 2), ("b", 3)]
    with pytest.raises(Stale):
        reorder([b, a, c], [a, b, c])
    for wrong in ([c, a], [c, a, b, b], [c, a, 0]):
        with pytest.raises(Refused):
            reorder(wrong, [c, a, b])
    assert names(shop) == [("c", 1), ("a", 2), ("b", 3)]
    latest = RulebookRevision.objects.filter(shop=shop).latest("number")
    assert [s["name"] for s in latest.content["strategies"]] == ["c", "a", "b"]


def test_a_deleted_strategy_closes_the_gap_and_stays_readable(shop, owner):
    """SPEC T5, T8."""
    a, b, c = (create(shop, owner, name=name) for name in "abc")
    strategies.delete(strategy_id=b.pk, user=owner, now=NOON)
    assert names(shop) == [("a", 1), ("c", 2)]
    b.refresh_from_db()
    assert (b.name, b.priority, b.enabled, b.revisions.count()) == ("b", None, False, 2)
    for call in (strategies.enable, strategies.disable, strategies.delete):
        with pytest.raises(NotFound):
            call(strategy_id=b.pk, user=owner, now=NOON)


def test_off_hours_need_working_hours(owner, shop):
    """SPEC T7: the error says where to set them."""
    strategy = create(shop, owner, execution_time="off_hours")
    with pytest.raises(Refused, match="working hours"):
        strategies.enable(strategy_id=strategy.pk, user=owner, now=NOON)
    strategy.refresh_from_db()
    assert strategy.enabled is False
    shop.working_hours = {"mon": [["09:00", "18:00"]]}
    shop.save()
    assert strategies.enable(strategy_id=strategy.pk, user=owner, now=NOON).enabled is True


@pytest.mark.parametrize("role", ["cs_manager", "cs_agent", "viewer", None])
def test_who_may_not_change_strategies_changes_nothing(shop, owner, role):
    """SPEC P1: lesser roles, and a stranger (None: owner of another shop)."""
    strategy = make_strategy(shop, name="a")
    user = make_user(shop, role) if role else make_user(make_shop())
    revisions = RulebookRevision.objects.filter(shop=shop).count()
    calls = [
        lambda: create(shop, user, name="b"),
        lambda: strategies.change(
            strategy_id=strategy.pk,
            record=strategy_record(shop, name="b"),
            revision=strategy.revision,
            user=user,
            now=NOON,
        ),
        lambda: strategies.enable(strategy_id=strategy.pk, user=user, now=NOON),
        lambda: strategies.disable(strategy_id=strategy.pk, user=user, now=NOON),
        lambda: strategies.delete(strategy_id=strategy.pk, user=user, now=NOON),
        lambda: strategies.reorder(
            shop_id=shop.pk,
            scenario=SCENARIO,
            ids=[strategy.pk],
            seen=[strategy.pk],
            user=user,
            now=NOON,
        ),
    ]
    for call in calls:
        with pytest.raises(NotAllowed):
            call()
    strategy.refresh_from_db()
    assert (names(shop), strategy.enabled, strategy.revision) == ([("a", 1)], True, 2)
    assert RulebookRevision.objects.filter(shop=shop).count() == revisions


def test_an_administrator_may(shop):
    admin = make_user(shop, "admin")
    strategy = create(shop, admin)
    assert strategies.enable(strategy_id=strategy.pk, user=admin, now=NOON).enabled is True
