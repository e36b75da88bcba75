"""Two people order the same scenario at once (SPEC T5). First what would happen unguarded."""

from functools import partial

import pytest

from aftersale.services.shared.errors import Stale
from strategies.models import RulebookRevision
from strategies.services import strategies
from tests.factories import NOON, make_shop, make_strategy, make_user

from .threads import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)
SCENARIO = "pre_ship_refund"


def both_orders() -> tuple:
    """A shop with a, b, c; one person puts c first, another b."""
    shop = make_shop()
    a, b, c = (make_strategy(shop, name=name).pk for name in "abc")
    wanted = [[c, a, b], [b, a, c]]
    calls = [
        partial(
            strategies.reorder,
            shop_id=shop.pk,
            scenario=SCENARIO,
            ids=ids,
            seen=[a, b, c],
            user=make_user(shop),
            now=NOON,
        )
        for ids in wanted
    ]
    return shop, wanted, calls


def test_without_the_lane_one_order_would_be_lost(monkeypatch):
    """Control: both read the old order, both are told that theirs is saved, and one is not."""
    shop, wanted, calls = both_orders()
    meet = meeting(2)
    read = strategies.priorities

    def read_and_meet(*args):
        present = read(*args)
        meet()
        return present

    monkeypatch.setattr(strategies, "hold_lane", lambda *args, **kwargs: None)
    monkeypatch.setattr(strategies, "priorities", read_and_meet)
    assert at_once(*calls) == [None, None]
    assert read(shop.pk, SCENARIO) in wanted


def test_two_orders_at_once_one_is_saved_and_the_other_told():
    shop, wanted, calls = both_orders()
    rulebooks = RulebookRevision.objects.filter(shop=shop).count()
    results = at_once(*calls)
    (stale,) = (place for place, result in enumerate(results) if isinstance(result, Stale))
    assert results[1 - stale] is None
    assert strategies.priorities(shop.pk, SCENARIO) == wanted[1 - stale]
    assert RulebookRevision.objects.filter(shop=shop).count() == rulebooks + 1
