"""Where transactions begin and end around a platform's call (ARCHITECTURE idea 3)."""

import pytest
from django.db import connection, transaction

from aftersale.models import RefundAttempt
from aftersale.platforms.payments import Paid
from aftersale.platforms.sandbox_payments import Sandbox
from aftersale.services.outgoing import pay_refunds

from .conftest import decided, make_order, make_shop, pay_until_done
from .test_sandbox import request

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_lease_is_committed_before_the_platform_hears_of_it(platform, clock):
    decided(make_order(make_shop()), 6_000, now=clock.now)
    seen = []

    def look():
        attempt = RefundAttempt.objects.get()
        seen.append((attempt.state, attempt.refund.status, connection.in_atomic_block))
        return Paid()

    platform.pays = [look]
    pay_until_done(clock)
    assert seen == [("leased", "sending", False)]


def test_nothing_is_sent_within_a_callers_transaction(platform, clock):
    """Its leases would not be on disk when the platform hears of them."""
    decided(make_order(make_shop()), 6_000, now=clock.now)
    with transaction.atomic():
        pay_refunds.run(clock=clock)
    assert platform.calls == []


def test_the_sandbox_forgets_nothing_with_its_callers_transaction():
    shop = make_shop()
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        Sandbox().pay(request(shop))
