"""A shop's past evaluations, row by row, as its decisions and imported tickets say."""

from typing import Any

from aftersale.models import BlockedBuyer, Shop, Ticket
from strategies.engine import Facts
from strategies.engine.hours import micros
from strategies.models import Decision


def evaluations(shop: Shop) -> list[tuple[Facts, bool, bool, int]]:
    """With whether it was approved then, whether the shop was paused, and the decision; 0 where it
    is estimated. In the order of deciding."""
    found = [_decided(each) for each in Decision.objects.filter(shop=shop).order_by("pk")]
    imported = Ticket.objects.filter(shop=shop, decisions=None, order__isnull=False)
    found += [_estimated(each) for each in imported.select_related("order").order_by("applied_at")]
    return sorted(found, key=lambda row: row[0].decided_at)


def _moments(row: Any, *names: str) -> dict[str, int | None]:
    values = {name: getattr(row, name) for name in names}
    return {name: None if value is None else micros(value) for name, value in values.items()}


OF_ORDER = ("paid_at", "shipped_at", "delivered_at", "label_printed_at")


def _decided(row: Decision) -> tuple[Facts, bool, bool, int]:
    facts = Facts(
        ticket=row.ticket_id,
        ticket_no="",
        order=row.order_id,
        buyer=row.buyer,
        type=row.type,
        order_status=row.order_status,
        amount=row.amount,
        refundable=row.refundable_amount,
        reason=row.reason,
        paid_amount=row.paid_amount,
        labels=tuple(row.labels),
        products=tuple(row.products),
        categories=tuple(row.categories),
        virtual=row.has_virtual,
        blocked=row.buyer_blocked,
        scenarios_hit=row.scenarios_hit,
        order_type=row.order_type,
        ticket_labels=tuple(row.ticket_labels or ()),
        held_back=row.held_back,
        line=row.line_no,
        line_left=row.line_left,
        freight_left=row.freight_left,
        **_moments(row, "applied_at", "decided_at", *OF_ORDER),  # type: ignore[arg-type]
    )
    return facts, row.outcome != "manual", row.why == "paused", row.pk


def _estimated(ticket: Ticket) -> tuple[Facts, bool, bool, int]:
    """An order that was completed, at the status that it had when the ticket was applied for."""
    order = ticket.order
    assert order is not None
    money: dict[str, int | None] = {}
    if ticket.line_no is not None:
        paid = dict(order.lines.values_list("line_no", "paid_amount"))
        money["line_left"] = paid.get(ticket.line_no, 0)
        money["freight_left"] = max(0, order.paid_amount - sum(paid.values()))
    steps = [("completed", order.completed_at), ("delivered", order.delivered_at),
             ("shipped", order.shipped_at), ("pending_shipment", order.paid_at)]  # fmt: skip
    status = next((name for name, at in steps if at and at <= ticket.applied_at), order.status)
    facts = Facts(
        ticket=ticket.pk,
        ticket_no="",
        order=order.pk,
        buyer=order.buyer,
        type=ticket.requested_type,
        order_status=status,
        amount=ticket.amount,
        refundable=order.paid_amount,
        reason=ticket.reason,
        paid_amount=order.paid_amount,
        labels=tuple(order.labels),
        products=tuple(ticket.products),
        categories=tuple(ticket.categories),
        virtual=order.has_virtual,
        blocked=BlockedBuyer.objects.filter(shop=ticket.shop_id, buyer=order.buyer).exists(),
        order_type=order.type,
        ticket_labels=tuple(ticket.labels),
        decided_at=micros(ticket.applied_at),
        line=ticket.line_no,
        **money,  # type: ignore[arg-type]
        **_moments(ticket, "applied_at"),  # type: ignore[arg-type]
        **_moments(order, *OF_ORDER),  # type: ignore[arg-type]
    )
    return facts, False, False, 0
