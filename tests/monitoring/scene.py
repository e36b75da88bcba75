"""One event for each kind of alert, in a shop, at NOON."""

from datetime import timedelta
from typing import Any

from aftersale.models import Refund, ShippingAlert, Shop, Ticket
from monitoring.models import Alert
from strategies.models import Strategy, StrategyUsage
from tests.factories import NOON, make_order, make_strategy, make_ticket

DAY = NOON.date()


def use(strategy: Strategy, used: int, **fields: Any) -> None:
    StrategyUsage.objects.update_or_create(
        strategy=strategy,
        day=fields.get("day", DAY),
        defaults={"hits": 3, "used": used, "cap": 10_000},
    )


def used_up(shop: Shop, used: int = 10_000, **fields: Any) -> Strategy:
    strategy = make_strategy(shop, single_amount_cap="50.00", daily_cap="100.00", **fields)
    use(strategy, used)
    return strategy


def tripped(shop: Shop, name: str = "tripped") -> Strategy:
    strategy = make_strategy(shop, name=name)
    facts = {"hits": 21, "amount": 123_400, "minutes": 10}
    Strategy.objects.filter(pk=strategy.pk).update(
        enabled=False, breaker_opened_at=NOON, breaker_opened_by=facts
    )
    return strategy


def failed(shop: Shop, **fields: Any) -> Refund:
    ticket = make_ticket(make_order(shop), awaiting_evaluation=False, status="refund_failed")
    return Refund.objects.create(
        shop=shop, order=ticket.order, ticket=ticket, amount=5_990, source="person",
        requested_at=NOON, **({"status": "failed", "settled_at": NOON} | fields),
    )  # fmt: skip


def due(shop: Shop, hours: float = 6, **fields: Any) -> Ticket:
    at = NOON + timedelta(hours=hours)
    return make_ticket(make_order(shop), awaiting_evaluation=False, due_at=at, **fields)


def parcel(shop: Shop) -> ShippingAlert:
    ticket = make_ticket(
        make_order(shop), awaiting_evaluation=False, status="refunded", committed=10_000
    )
    return ShippingAlert.objects.create(
        shop=shop, order=ticket.order, ticket=ticket, kind="shipped_after_refund",
        raised_at=NOON, changed_at=NOON,
    )  # fmt: skip


def one_of_each(shop: Shop) -> None:
    """Six alerts: the cap has two thresholds."""
    for make in (used_up, tripped, failed, due, parcel):
        make(shop)


def told() -> list[tuple[str, int, int]]:
    return list(Alert.objects.order_by("pk").values_list("kind", "subject", "threshold"))
