"""Writes the sample data by the services that real data comes in by."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.models import (
    ConnectorKind,
    OrderStatus,
    Refund,
    RefundSource,
    SandboxInstruction,
    Shop,
    Ticket,
    TicketStatus,
    TicketType,
)
from aftersale.records.schemas import FundEntryRecord, OrderRecord, ShopRecord, TicketRecord
from aftersale.services.access import second_factor
from aftersale.services.ingest import save_orders, save_tickets
from aftersale.services.outgoing import pay_refunds
from aftersale.services.shared.outcomes import Outcome, Result
from aftersale.services.shops.shops import known, upsert
from aftersale.services.windows.funds import save_fund_entries
from strategies.services import strategies
from strategies.services.evaluator import Tally, decide_shop
from strategies.strategy_record import StrategyRecord

from .desk import by_hand
from .people import make_members, make_people
from .shop_data import ShopData, make_shop_data
from .shops import SHOPS
from .windows import reopen


def seeded() -> bool:
    return Shop.objects.filter(code__in=[shop.code for shop in SHOPS]).exists()


def removed() -> bool:
    """Whether somebody removed the demo shops: their people are left, shut out."""
    people = User.objects.filter(groups__name=second_factor.DEMO)
    return people.exists() and not people.filter(is_active=True).exists()


def seed(*, now: datetime, clock: Callable[[], datetime]) -> None:
    """Adds shops, people and a month up to `now`, decides what waits and carries refunds out.

    All but the refunds' payments is one transaction: a start that was interrupted left nothing,
    or rows that the payer carries out. The evaluator decides by the database's clock, so all
    decisions are of the present; `clock` tells the steps that follow them.
    """
    with transaction.atomic():
        people = make_people()
        data = [make_shop_data(shop, now) for shop in SHOPS]
        shops = [_write(shop, now=now) for shop in data]
        make_members(people, shops)
        for shop, of_shop in zip(shops, data, strict=True):
            _switch_on(shop, of_shop, user=people["demo-owner"], now=now)
            decide_shop(shop.pk, tally=Tally())
        _goods_come_back(shops[0], data[0], clock=clock)
        _shipped_already(shops[0], data[0], clock=clock)
        by_hand(shops[0], user=people["demo-agent"], now=clock())
        reopen(shops[0], user=people["demo-manager"], now=now, clock=clock)
        decide_shop(shops[0].pk, tally=Tally())
    # Once for all: on a slow machine a refund whose outcome is unknown would be asked about again.
    moment = clock()
    while pay_refunds.run(clock=lambda: moment):
        pass


def _write(data: ShopData, *, now: datetime) -> Shop:
    """A shop, its orders, tickets and funds."""
    _all_new([upsert(ShopRecord.model_validate(data.shop), now=now)])
    shop = Shop.objects.get(code=data.shop["code"])
    shop.is_demo, shop.connector = True, ConnectorKind.SANDBOX
    shop.save(update_fields=["is_demo", "connector"])
    shops = known([shop.code])
    orders = [OrderRecord.model_validate(order) for order in data.orders]
    _all_new(save_orders(orders, shops=shops, now=now))
    tickets = [TicketRecord.model_validate(ticket) for ticket in data.tickets]
    _all_new(save_tickets(tickets, shops=shops, now=now))
    entries = [FundEntryRecord.model_validate(entry) for entry in data.fund_entries]
    _all_new(save_fund_entries(entries, shops=shops, now=now))
    SandboxInstruction.objects.bulk_create(
        SandboxInstruction(shop=shop, ticket_no=ticket_no, behaviour=behaviour, remaining=1)
        for ticket_no, behaviour in data.sandbox
    )
    return shop


def _switch_on(shop: Shop, data: ShopData, *, user: User, now: datetime) -> None:
    for content in data.strategies:
        record = StrategyRecord.model_validate(content)
        strategy = strategies.create(shop_id=shop.pk, record=record, user=user, now=now)
        if record.enabled:
            strategies.enable(strategy_id=strategy.pk, user=user, now=now)


def _goods_come_back(shop: Shop, data: ShopData, *, clock: Callable[[], datetime]) -> None:
    """The platform reports the parcels of two returns that strategies have approved today."""
    approved = set(
        Ticket.objects.filter(
            shop=shop,
            type=TicketType.RETURN_REFUND,
            status=TicketStatus.AWAITING_RETURN,
            events__actor="automation",
        ).values_list("ticket_no", flat=True)
    )
    moment = clock()
    reports = [
        {
            **ticket,
            "updated_at": moment.isoformat(),
            "status": TicketStatus.RETURNING,
            "return_shipment": {
                "carrier": "顺丰速运",
                "tracking_no": f"SF{number:013d}",
                "shipped_at": (moment - timedelta(minutes=5)).isoformat(),
            },
        }
        for number, ticket in enumerate(data.tickets, start=1_300_417)
        if ticket["ticket_no"] in approved
    ]
    _save_again(shop, reports[:2], now=moment)


def _shipped_already(shop: Shop, data: ShopData, *, clock: Callable[[], datetime]) -> None:
    """The platform reports late that an order was shipped, which a strategy has refunded."""
    order_no = (
        Refund.objects.filter(
            shop=shop, source=RefundSource.STRATEGY, order__status=OrderStatus.PENDING_SHIPMENT
        )
        .order_by("ticket__ticket_no")
        .values_list("order__order_no", flat=True)[0]
    )
    order = next(order for order in data.orders if order["order_no"] == order_no)
    moment = clock()
    report = {
        **order,
        "status": OrderStatus.SHIPPED,
        "shipped_at": (moment - timedelta(minutes=10)).isoformat(),
        "updated_at": moment.isoformat(),
    }
    record = OrderRecord.model_validate(report)
    _require(save_orders([record], shops=known([shop.code]), now=moment), Outcome.CHANGED)


def _save_again(shop: Shop, reports: Sequence[dict[str, Any]], *, now: datetime) -> None:
    records = [TicketRecord.model_validate(report) for report in reports]
    results = save_tickets(records, shops=known([shop.code]), now=now)
    _require(results, Outcome.CHANGED)


def _all_new(results: Sequence[Result]) -> None:
    _require(results, Outcome.NEW)


def _require(results: Sequence[Result], outcome: Outcome) -> None:
    """The sample is made here: a record that is not taken is an error of this program."""
    other = [result for result in results if result.outcome != outcome]
    if other:
        raise RuntimeError(f"sample data was not taken: {other[:3]}")
