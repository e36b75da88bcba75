"""A payer killed with -9 at every point: nothing lost, nothing paid twice (SPEC promise 1, E6)."""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from aftersale.models import Refund, RefundStatus, SandboxPayment

from .conftest import audit, decided, make_order, make_shop, pay_until_done

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("point", "paid_at_death", "settled_at_death", "in_doubt"),
    [
        ("before the lease is committed", 1, 1, 0),
        ("after the lease", 1, 1, 1),
        ("after the platform paid", 2, 1, 1),
        ("before settling is committed", 2, 1, 1),
        ("after settling", 2, 2, 0),
    ],
)
def test_killed(clock, point, paid_at_death, settled_at_death, in_doubt):
    shop = make_shop()
    order = make_order(shop)
    for _ in range(4):
        decided(order, 2_500, now=clock.now)
    died = subprocess.run(
        [sys.executable, "-m", "tests.aftersale.refunds.dies", connection.settings_dict["NAME"]]
        + [point],
        cwd=settings.BASE_DIR,
        check=False,
        timeout=60,
    )
    assert died.returncode == -signal.SIGKILL

    def settled() -> int:
        return Refund.objects.filter(status=RefundStatus.SUCCEEDED).count()

    assert SandboxPayment.objects.count() == paid_at_death
    assert settled() == settled_at_death
    assert Refund.objects.filter(status=RefundStatus.SENDING).count() == in_doubt
    assert audit() == []

    clock.now = timezone.now()
    pay_until_done(clock)
    # The doubtful one waits for its lease to end; the others wait for nobody.
    assert settled() == 4 - in_doubt
    clock.turn(seconds=61)
    pay_until_done(clock)
    assert settled() == 4
    payments = SandboxPayment.objects.filter(paid=True)
    assert sorted(payments.values_list("ticket_no", flat=True)) == sorted(
        Refund.objects.values_list("ticket__ticket_no", flat=True)
    )
    clock.turn(seconds=timedelta(days=1).total_seconds())
    pay_until_done(clock)
    assert SandboxPayment.objects.count() == 4
    order.refresh_from_db()
    assert order.committed == 10_000
    assert audit() == []
