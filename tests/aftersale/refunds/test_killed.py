"""A payer killed with -9 at every point: nothing lost, nothing paid twice (SPEC promise 1, E6)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aftersale.models import Order, Refund, RefundStatus, SandboxPayment
from aftersale.platforms.sandbox_payments import Sandbox
from aftersale.services.outgoing import pay_refunds, refund_attempt
from aftersale.services.refunds import attempts, settlement
from tests.concurrency.threads import die_on_second, run_and_die

from .conftest import audit, calm, decided, make_order, make_shop, pay_until_done

pytestmark = pytest.mark.django_db(transaction=True)

# It dies in its second refund: in a call of this function, or as soon as that has done its work.
POINTS: dict[str, tuple[Any, str, bool]] = {
    "before the lease is committed": (attempts, "new", True),
    "after the lease": (Sandbox, "pay", False),
    "after the platform paid": (Sandbox, "pay", True),
    "before settling is committed": (settlement, "paid", True),
    "after settling": (refund_attempt, "settle", True),
}


# After its first refund a quick shop's others are leased, called and settled together: it dies in
# the second of these.
TOGETHER: dict[str, tuple[Any, str, bool]] = {
    "before leases are committed": (attempts, "numbered", True),
    "after leases": (Sandbox, "pay", False),
    "between two calls": (Sandbox, "pay", True),
    "before settlements are committed": (settlement, "is_plain", True),
}


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
def test_killed(clock, monkeypatch, point, paid_at_death, settled_at_death, in_doubt):
    calm(monkeypatch, quick=-1)
    killed(clock, POINTS[point], paid_at_death, settled_at_death, in_doubt)


@pytest.mark.parametrize(
    ("point", "paid_at_death", "settled_at_death", "in_doubt"),
    [
        ("before leases are committed", 1, 1, 0),
        ("after leases", 1, 1, 3),
        ("between two calls", 2, 1, 3),
        ("before settlements are committed", 4, 1, 3),
    ],
)
def test_killed_with_several_leases(
    clock, monkeypatch, point, paid_at_death, settled_at_death, in_doubt
):
    calm(monkeypatch, quick=60)
    killed(clock, TOGETHER[point], paid_at_death, settled_at_death, in_doubt)


def killed(clock, point, paid_at_death, settled_at_death, in_doubt) -> None:
    shop = make_shop()
    for _ in range(4):
        decided(make_order(shop), 2_500, now=clock.now)

    def dies_there() -> None:
        owner, name, after = point
        setattr(owner, name, die_on_second(getattr(owner, name), after=after))
        # A run ends after two seconds, on a very busy machine before the second refund.
        while pay_refunds.run(clock=timezone.now):
            pass

    run_and_die(dies_there)

    def settled() -> int:
        return Refund.objects.filter(status=RefundStatus.SUCCEEDED).count()

    assert SandboxPayment.objects.count() == paid_at_death
    assert settled() == settled_at_death
    assert Refund.objects.filter(status=RefundStatus.SENDING).count() == in_doubt
    assert audit() == []

    clock.now = timezone.now()
    pay_until_done(clock)
    # The doubtful ones wait for their lease to end; the others wait for nobody.
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
    assert list(Order.objects.values_list("committed", flat=True)) == [2_500] * 4
    assert audit() == []
