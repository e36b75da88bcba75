"""Rows for tests, as plain as they get; what a test is about it names itself."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User

from aftersale.models import Fund, FundKind, Membership, Order, OrderLine, Role, Shop, Ticket
from strategies.models import Strategy
from strategies.services import strategies
from strategies.strategy_record import StrategyRecord

_number = count(1)
# A Wednesday, 12:00 in Shanghai.
NOON = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)


def make_shop(**fields: Any) -> Shop:
    code = fields.pop("code", f"shop-{next(_number)}")
    shop = Shop.objects.create(code=code, name=fields.pop("name", code), **fields)
    for kind in FundKind:
        Fund.objects.create(shop=shop, kind=kind)
    return shop


def make_user(shop: Shop | None = None, role: str = Role.OWNER, **fields: Any) -> User:
    """A member of the shop with the role; of no shop where none is given."""
    username = fields.pop("username", f"user-{next(_number)}")
    user = User.objects.create(username=username, is_staff=True, **fields)
    if shop is not None:
        Membership.objects.create(shop=shop, user=user, role=role)
    return user


def make_order(shop: Shop, **fields: Any) -> Order:
    """An unshipped order of 100 yuan with one line, paid an hour before noon."""
    number = next(_number)
    paid_amount = fields.pop("paid_amount", 10_000)
    lines: Sequence[dict[str, Any]] = fields.pop("lines", [{}])
    order = Order.objects.create(
        shop=shop,
        order_no=fields.pop("order_no", f"o{number}"),
        status=fields.pop("status", "pending_shipment"),
        buyer=fields.pop("buyer", f"b{number}"),
        paid_at=fields.pop("paid_at", NOON - timedelta(hours=1)),
        updated_at=fields.pop("updated_at", NOON - timedelta(hours=1)),
        paid_amount=paid_amount,
        **fields,
    )
    for line_no, line in enumerate(lines, start=1):
        line = {"product": "p1", "category": "c1", "paid_amount": paid_amount // len(lines)} | line
        OrderLine.objects.create(order=order, line_no=line_no, **line)
    return order


def make_ticket(order: Order, **fields: Any) -> Ticket:
    """A refund-only ticket over the whole order, applied for at noon, that waits."""
    kind = fields.pop("type", "refund_only")
    applied_at = fields.pop("applied_at", NOON)
    lines = list(order.lines.all())
    return Ticket.objects.create(
        shop_id=order.shop_id,
        order=order,
        order_no=order.order_no,
        ticket_no=fields.pop("ticket_no", f"t{next(_number):06d}"),
        buyer=order.buyer,
        type=kind,
        requested_type=fields.pop("requested_type", kind),
        amount=fields.pop("amount", order.paid_amount),
        reason=fields.pop("reason", "no_longer_wanted"),
        applied_at=applied_at,
        updated_at=fields.pop("updated_at", applied_at),
        status_at=fields.pop("status_at", applied_at),
        products=[line.product for line in lines],
        categories=[line.category for line in lines],
        awaiting_evaluation=fields.pop("awaiting_evaluation", True),
        **fields,
    )


def strategy_record(shop: Shop, **fields: Any) -> StrategyRecord:
    """A record as a file would have it; amounts in yuan as strings."""
    return StrategyRecord.model_validate(
        {
            "shop": shop.code,
            "scenario": "pre_ship_refund",
            "name": f"s{next(_number)}",
            "single_amount_cap": "200.00",
        }
        | fields
    )


def make_strategy(shop: Shop, *, enabled: bool = True, **fields: Any) -> Strategy:
    """An enabled strategy, made through the services (so that the rulebook has it)."""
    user = User.objects.filter(is_superuser=True).first() or User.objects.create(
        username="operator", is_superuser=True
    )
    strategy = strategies.create(
        shop_id=shop.pk, record=strategy_record(shop, **fields), user=user, now=NOON
    )
    if enabled:
        strategy = strategies.enable(strategy_id=strategy.pk, user=user, now=NOON)
    return strategy
