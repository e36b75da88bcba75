"""The user who set the present order of priorities (SPEC T5)."""

from datetime import timedelta

import pytest

from strategies.services import priority_history, strategies
from tests.factories import NOON, make_shop, make_strategy, make_user

pytestmark = pytest.mark.django_db


def test_the_change_that_is_named_is_the_one_of_the_scenarios_order():
    """Neither another scenario's order nor a strategy's switch comes in between."""
    shop = make_shop()
    anna, ben = make_user(shop), make_user(shop)
    a, b = (make_strategy(shop, name=name).pk for name in "ab")
    c, d = (make_strategy(shop, name=name, scenario="post_ship_refund").pk for name in "cd")
    minute = timedelta(minutes=1)
    for scenario, ids, user, now in (
        ("pre_ship_refund", [b, a], anna, NOON + minute),
        ("post_ship_refund", [d, c], ben, NOON + 2 * minute),
    ):
        strategies.reorder(
            shop_id=shop.pk, scenario=scenario, ids=ids, seen=ids[::-1], user=user, now=now
        )
    strategies.disable(strategy_id=a, user=ben, now=NOON + 3 * minute)
    change = priority_history.latest_change(shop.pk, "pre_ship_refund")
    assert (change.created_by, change.created_at) == (anna, NOON + minute)
    change = priority_history.latest_change(shop.pk, "post_ship_refund")
    assert (change.created_by, change.created_at) == (ben, NOON + 2 * minute)
    assert priority_history.latest_change(shop.pk, "post_ship_return") is None
