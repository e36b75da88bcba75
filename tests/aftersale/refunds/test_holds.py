"""A pause holds back the unsent, unreleased refunds of strategies (SPEC G2): over all states."""

from itertools import product

import pytest

from aftersale.models import Refund, RefundSource, RefundStatus, Shop
from aftersale.services.outgoing import pay_refunds
from aftersale.services.refunds.holds import HELD_BY_PAUSE, is_held_by_pause

from .conftest import decided, make_order, make_shop

pytestmark = pytest.mark.django_db

OPEN = (RefundStatus.REQUESTED, RefundStatus.SENDING, RefundStatus.UNKNOWN)


@pytest.mark.parametrize("paused", [True, False])
def test_what_a_pause_holds_back(clock, paused):
    shop = make_shop(automation_paused_at=clock.now if paused else None)
    refund = decided(make_order(shop), 100, now=clock.now)
    rows = Refund.objects.filter(pk=refund.pk)
    held = []
    every = list(product(RefundStatus, RefundSource, [True, False], [True, False]))
    for status, source, ever_sent, released in every:
        rows.update(
            status=status,
            source=source,
            ever_sent=ever_sent,
            released=released,
            next_step_at=clock.now if status in OPEN else None,
        )
        refund.refresh_from_db()
        if is_held_by_pause(refund):
            held.append((status, source, ever_sent, released))
        assert rows.filter(HELD_BY_PAUSE).exists() is is_held_by_pause(refund)
        # The payer finds what is due and not held, and nothing else.
        due = pay_refunds.due(clock.now).exists()
        assert due is (status in OPEN and not is_held_by_pause(refund))
    assert held == [(RefundStatus.REQUESTED, RefundSource.STRATEGY, False, False)] * paused
    assert len(every) == 4 * len(RefundStatus) * len(RefundSource)
    assert Shop.objects.get().automation_paused is paused
