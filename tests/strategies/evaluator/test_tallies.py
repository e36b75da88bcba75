"""Decisions are counted as they are made: the tallies equal a count of the rows (SPEC M2)."""

import pytest
from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from strategies.models import Decision, DecisionTally
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import make_order, make_shop, make_strategy, make_ticket

pytestmark = pytest.mark.django_db

KIND = ("shop", "outcome", "why", "source", "scenario")


def test_batches_add_up() -> None:
    shop, other = make_shop(), make_shop()
    make_strategy(shop, single_amount_cap="50.00", daily_cap="100.00")
    make_strategy(other, scenario="post_ship_return")
    for amounts in ((4_000, 5_000, 9_000), (4_000, 1_000), ()):
        for amount in amounts:
            make_ticket(make_order(shop, paid_amount=amount))
        make_ticket(make_order(other, status="shipped"), type="return_refund")
        for decided in (shop, other):
            decide_shop(decided.pk, tally=Tally(), seconds=5)
    counted = (
        Decision.objects.order_by()
        .values_list(*KIND, Coalesce("strategy_id", 0))
        .annotate(Count("pk"), Sum("amount"))
    )
    tallied = DecisionTally.objects.values_list(*KIND, "strategy_id", "decisions", "amount")
    assert sorted(tallied) == sorted(counted)
    assert {row[1] for row in tallied} == {"refund", "approve_return", "manual"}
