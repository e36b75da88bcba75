"""Shops, people, orders and tickets for the refund tests, and a clock that tests turn."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from aftersale.models import (
    ConnectorKind,
    Order,
    Refund,
    RefundSource,
    Role,
    Shop,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from aftersale.platforms import payment_registry
from aftersale.platforms.payments import Failed, NeverSeen, Paid, PayRequest, Pending
from aftersale.services.outgoing import pay_refunds
from aftersale.services.refunds import money_audit
from aftersale.services.shared import due_work
from aftersale.services.shared.errors import Refused
from tests import factories


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **step: float) -> datetime:
        self.now += timedelta(**step)
        return self.now


@dataclass
class Platform:
    """A scripted platform: answers come in order, calls are kept; remembers nothing by itself."""

    pays: list = field(default_factory=list)
    says: list = field(default_factory=list)
    calls: list[PayRequest] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    can_be_asked: bool = True

    def pay(self, request: PayRequest) -> Paid | Failed:
        self.calls.append(request)
        return self._next(self.pays, Paid())

    def status(self, request: PayRequest) -> Paid | Failed | NeverSeen | Pending:
        self.asked.append(request.key)
        return self._next(self.says, NeverSeen())

    def order_now(self, request: PayRequest) -> None:
        """Nobody else pays back anything of its orders."""

    def _next(self, answers: list, default: object):
        answer = answers.pop(0) if answers else default
        if callable(answer):
            answer = answer()
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    """Stands in for every shop's platform."""
    fake = Platform()
    monkeypatch.setattr(payment_registry, "connector_for", lambda kind: fake)
    return fake


def make_shop(**values: object) -> Shop:
    """A demo shop: its refunds are sent to the sandbox."""
    return factories.make_shop(**{"connector": ConnectorKind.SANDBOX, "is_demo": True} | values)


def make_user(shop: Shop | None = None, role: str = Role.CS_AGENT, **values: object) -> User:
    return factories.make_user(shop, role, **values)


def make_order(shop: Shop, paid: int = 10_000, **values: object) -> Order:
    """An order without lines, of this moment: the payer's clock is the real one."""
    defaults = {"paid_amount": paid, "buyer": "b", "updated_at": timezone.now(), "lines": []}
    return factories.make_order(shop, **defaults | values)


def make_ticket(order: Order, amount: int = 10_000, **values: object) -> Ticket:
    """A ticket for people."""
    defaults = {"amount": amount, "applied_at": timezone.now(), "awaiting_evaluation": False}
    return factories.make_ticket(order, **defaults | values)


def decided(
    order: Order, amount: int, *, now: datetime, source: str = RefundSource.STRATEGY
) -> Refund:
    """A refund as the evaluator writes it, on a ticket of its own."""
    with transaction.atomic():
        ticket = make_ticket(order, amount, status=TicketStatus.REFUNDING, committed=amount)
        order = Order.objects.get(pk=order.pk)
        order.committed += amount
        order.save(update_fields=["committed"])
        by_hand = order.shop.connector == ConnectorKind.MANUAL
        return Refund.objects.create(
            shop=order.shop,
            order=order,
            ticket=ticket,
            amount=amount,
            source=source,
            decision_id=1,
            requested_at=now,
            next_step_at=None if by_hand else now,
        )


def calm(monkeypatch: pytest.MonkeyPatch, *, quick: float) -> None:
    """No run ends, and no shop is slow, because the machine has more to do. Calls that take `quick`
    seconds at most have the next refunds of their shop leased together."""
    monkeypatch.setattr(pay_refunds, "QUICK_CALL_SECONDS", quick)
    for name in ("WORK_SECONDS", "MOST_SECONDS", "SLOW_CALL_SECONDS"):
        monkeypatch.setattr(due_work, name, 60.0)


def pay_until_done(clock: Callable[[], datetime]) -> None:
    while pay_refunds.run(clock=clock):
        pass


def audit() -> list[str]:
    """All differences of the money audit; tests end without any."""
    return [f"{found.subject}: {found.what}" for found in money_audit.differences()]


def snapshot(*rows: object) -> list[dict]:
    """All columns of rows as the database has them, to show that nothing moved."""
    return [type(row).objects.filter(pk=row.pk).values().get() for row in rows]


@pytest.fixture
def refund(clock) -> Refund:
    return decided(make_order(make_shop()), 6_000, now=clock.now)


def states(refund: Refund) -> tuple[str, str, list[str], int]:
    """Refund, ticket, attempts, and what the order has given."""
    refund.refresh_from_db()
    refund.ticket.refresh_from_db()
    refund.order.refresh_from_db()
    return (
        refund.status,
        refund.ticket.status,
        list(refund.attempts.values_list("state", flat=True)),
        refund.order.committed,
    )


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def agent(shop) -> User:
    return make_user(shop)


def now_of(ticket: Ticket) -> tuple[str, int, int]:
    """Its status, what it has taken, and what all tickets of its order have."""
    ticket.refresh_from_db()
    return ticket.status, ticket.committed, Order.objects.get(pk=ticket.order_id).committed


def refused(call: Callable[[], object], error: type[Refused], *rows: object) -> str:
    """The sentence of a refusal that moved nothing."""
    before = snapshot(*rows), Refund.objects.count(), TicketEvent.objects.count()
    with pytest.raises(error) as raised:
        call()
    assert (snapshot(*rows), Refund.objects.count(), TicketEvent.objects.count()) == before
    return raised.value.message


def pause(shop: Shop, now: datetime | None) -> None:
    Shop.objects.filter(pk=shop.pk).update(automation_paused_at=now)
