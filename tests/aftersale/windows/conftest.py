"""A completed order whose window can be opened, and money to pay for it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from aftersale.models import (
    AfterSaleWindow,
    CommissionSplit,
    ConnectorKind,
    Fund,
    FundEntryKind,
    Order,
    Shop,
    Ticket,
)
from aftersale.services.windows import funds, opening
from tests.aftersale.refunds.conftest import Clock, Platform, platform
from tests.factories import make_order, make_shop, make_ticket, make_user

__all__ = ["Clock", "Platform", "platform"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def a_shop(*, wallet: int = 0, deposit: int = 0, now: datetime, **fields: Any) -> Shop:
    """A sandbox shop with so much in its funds, in fen."""
    shop = make_shop(**{"connector": ConnectorKind.SANDBOX, "is_demo": True} | fields)
    for kind, amount in (("wallet", wallet), ("deposit", deposit)):
        if amount:
            put(shop, kind, amount, now=now)
    return shop


def put(shop: Shop, kind: str, amount: int, *, now: datetime) -> None:
    funds.enter(
        Fund.objects.get(shop=shop, kind=kind),
        kind=FundEntryKind.REPORTED,
        amount=amount,
        entry_no=f"from outside {kind} {amount} {now:%f}",
        now=now,
    )


def completed(shop: Shop, *, now: datetime, **fields: Any) -> Order:
    """An order of 100 yuan, completed ten days ago; `splits` are amounts of commission."""
    splits = fields.pop("splits", [])
    order = make_order(
        shop,
        **{
            "status": "completed",
            "created_at": now - timedelta(days=20),
            "completed_at": now - timedelta(days=10),
        }
        | fields,
    )
    CommissionSplit.objects.bulk_create(
        CommissionSplit(order=order, position=place, beneficiary="talent", amount=amount)
        for place, amount in enumerate(splits)
    )
    return order


def opened(order: Order, *, now: datetime, user: User | None = None) -> AfterSaleWindow:
    return opening.open_window(
        order_id=order.pk,
        agreement="refund without return",
        user=user or make_user(order.shop, "cs_manager"),
        now=now,
    )


def through(window: AfterSaleWindow, amount: int, **fields: Any) -> Ticket:
    """A ticket that was filed through the window an hour after it was opened."""
    applied_at = window.opened_at + timedelta(hours=1)
    return make_ticket(
        window.order,
        window=window,
        amount=amount,
        applied_at=applied_at,
        awaiting_evaluation=False,
        **fields,
    )


def balances(shop: Shop) -> tuple[int, int]:
    found = dict(Fund.objects.filter(shop=shop).values_list("kind", "balance"))
    return found["wallet"], found["deposit"]


def ledger(shop: Shop, kind: str = "wallet") -> list[tuple[str, int, int]]:
    """Kind, amount and running balance of each entry but those from outside."""
    entries = Fund.objects.get(shop=shop, kind=kind).entries.order_by("pk")
    return [
        (entry.kind, entry.amount, entry.balance_after)
        for entry in entries
        if entry.kind != "reported" or entry.attempt_id
    ]
