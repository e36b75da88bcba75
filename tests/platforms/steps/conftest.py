"""A shop whose decisions are sent through a platform, and the platform."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import ConnectorKind, Order, Role, Shop, Ticket
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.services.ingest import dated_ahead
from aftersale.services.outgoing import send_steps
from aftersale.services.refunds import approvals
from tests import factories
from tests.aftersale.refunds.conftest import Clock, audit, make_ticket, pay_until_done

from .double import Double


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The database's too: no version is dated ahead because the test has turned its clock."""
    clock = Clock()
    monkeypatch.setattr(dated_ahead, "database_moment", clock)
    return clock


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Double:
    """Every shop's platform."""
    double = Double()
    monkeypatch.setattr(registry, "platform_of", lambda shop: double)
    monkeypatch.setattr(registry, "capabilities", lambda code: frozenset(Can))
    monkeypatch.setattr(registry, "class_of", lambda code: Double)
    return double


class Case:
    """One ticket over 60 of 100 yuan, at the desk and at the platform."""

    def __init__(self, there: Double, clock: Clock, **values: Any) -> None:
        self.there, self.clock = there, clock
        self.shop: Shop = factories.make_shop(connector=ConnectorKind.PLATFORM, platform="kuaishou")
        self.user: User = factories.make_user(self.shop, Role.OWNER)
        self.order: Order = factories.make_order(
            self.shop, status=values.pop("order_status", "delivered"), updated_at=clock.now
        )
        defaults = {"applied_at": clock.now, "updated_at": clock.now}
        self.ticket: Ticket = make_ticket(self.order, 6_000, **defaults | values)
        there.add(self.ticket)
        there.clock, there.shop_code = lambda: clock.now, self.shop.code

    def approve(self) -> None:
        approvals.approve(ticket_id=self.ticket.pk, user=self.user, now=self.clock.now)

    def go(self, **step: float) -> None:
        """Time passes, and whatever is due is carried out; nothing of it breaks the books."""
        if step:
            self.clock.turn(**step)
        while send_steps.run(clock=self.clock):
            pass
        pay_until_done(self.clock)
        assert audit() == []

    def now(self) -> Ticket:
        self.ticket.refresh_from_db()
        self.order.refresh_from_db()
        return self.ticket

    @property
    def number(self) -> str:
        return self.ticket.ticket_no

    def states(self) -> tuple[str, str, list[str], int]:
        """Ticket, refund, its attempts, and what the order has given."""
        self.now()
        refund = self.ticket.refund
        refund.refresh_from_db()
        attempts = refund.attempts.order_by("number").values_list("state", flat=True)
        return self.ticket.status, refund.status, list(attempts), self.order.committed


@pytest.fixture
def make_case(there: Double, clock: Clock) -> Any:
    return lambda **values: Case(there, clock, **values)


@pytest.fixture
def case(make_case: Any) -> Case:
    return make_case()
