"""Shops, people, orders and tickets for the refund tests, and a clock that tests turn."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from aftersale import connectors
from aftersale.connectors import Failed, NeverSeen, Paid, PayRequest, Pending
from aftersale.models import (
    ConnectorKind,
    Fund,
    FundKind,
    Membership,
    Order,
    OrderStatus,
    Refund,
    RefundSource,
    Role,
    Shop,
    Ticket,
    TicketStatus,
    TicketType,
)
from aftersale.services import money_audit, payer

_numbers = count(1)


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

    def status(self, key: str) -> Paid | Failed | NeverSeen | Pending:
        self.asked.append(key)
        return self._next(self.says, NeverSeen())

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
    pretended = Platform()
    monkeypatch.setattr(connectors, "connector_for", lambda kind: pretended)
    return pretended


def make_shop(**values: object) -> Shop:
    number = next(_numbers)
    defaults = {
        "code": f"s-{number}",
        "name": f"Shop {number}",
        "connector": ConnectorKind.SANDBOX,
        "is_demo": True,
    }
    shop = Shop.objects.create(**{**defaults, **values})
    Fund.objects.bulk_create(Fund(shop=shop, kind=kind) for kind in FundKind)
    return shop


def make_user(shop: Shop | None = None, role: str = Role.CS_AGENT, **values: object) -> User:
    user = User.objects.create(username=f"u-{next(_numbers)}", **values)
    if shop is not None:
        Membership.objects.create(shop=shop, user=user, role=role)
    return user


def make_order(shop: Shop, paid: int = 10_000, **values: object) -> Order:
    defaults = {
        "order_no": f"o-{next(_numbers)}",
        "status": OrderStatus.PENDING_SHIPMENT,
        "buyer": "b",
        "updated_at": timezone.now(),
        "paid_amount": paid,
    }
    return Order.objects.create(shop=shop, **{**defaults, **values})


def make_ticket(order: Order, amount: int = 10_000, **values: object) -> Ticket:
    now = timezone.now()
    kind = values.pop("type", TicketType.REFUND_ONLY)
    defaults = {
        "ticket_no": f"t-{next(_numbers)}",
        "order_no": order.order_no,
        "type": kind,
        "requested_type": kind,
        "amount": amount,
        "applied_at": now,
        "updated_at": now,
        "status_at": now,
    }
    return Ticket.objects.create(shop=order.shop, order=order, **{**defaults, **values})


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


def pay_until_done(clock: Callable[[], datetime]) -> None:
    while payer.run(clock=clock):
        pass


def audit() -> list[str]:
    """What does not add up; tests end with it being empty."""
    return [f"{found.subject}: {found.what}" for found in money_audit.differences()]


def snapshot(*rows: object) -> list[dict]:
    """All columns of rows as the database has them, to show that nothing moved."""
    return [type(row).objects.filter(pk=row.pk).values().get() for row in rows]
