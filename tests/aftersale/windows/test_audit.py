"""`audit_money` finds what does not add up in funds and commission (SPEC W3, W4)."""

from typing import Any

import pytest

from aftersale.models import (
    CommissionReturn,
    CommissionSplit,
    Fund,
    FundEntry,
    Order,
    RefundAttempt,
)
from tests.aftersale.refunds.conftest import Clock, Platform, audit

from .test_commission import refunded

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("model", "changes", "found"),
    [
        (Fund, {"balance": 1}, "not the sum of its entries"),
        (FundEntry, {"balance_after": 1}, "running balance does not follow"),
        (FundEntry, {"kind": "commission"}, "took of a fund does not fit"),
        (RefundAttempt, {"fund": ""}, "paid from no fund"),
        (RefundAttempt, {"state": "failed"}, "took of a fund does not fit"),
        (CommissionReturn, {"amount": 1}, "not what the wallet got"),
        (CommissionSplit, {"amount": 0}, "than was paid out"),
        (Order, {"paid_amount": 10**6}, "than its refunds are worth"),
    ],
)
def test_each_difference_is_found(
    platform: Platform, clock: Clock, model: Any, changes: dict[str, Any], found: str
) -> None:
    refunded(clock, [(3_000, 1)])
    changed = model.objects.order_by("pk").last()
    if changes == {"kind": "commission"}:
        changed = FundEntry.objects.get(kind="refund")
        FundEntry.objects.filter(kind="commission").update(kind="reported")
    model.objects.filter(pk=changed.pk).update(**changes)
    assert any(found in difference for difference in audit()), audit()
