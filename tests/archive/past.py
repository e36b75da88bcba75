"""Old orders with all that belongs to them, for the archive's tests (SPEC O12)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.conf import settings as django_settings
from django.db import transaction

from aftersale.models import (
    AttemptState,
    Order,
    Refund,
    RefundAttempt,
    Shop,
    Ticket,
    TicketEvent,
)
from aftersale.services.archive import archive_old
from aftersale.services.archive.run import Done
from aftersale.services.refunds import money_audit
from monitoring.services.figures import audit, roll_up, rollup
from strategies.models import Decision, RulebookRevision
from strategies.services.lanes import publish
from tests.factories import NOON, make_order, make_ticket

# Fourteen months and a day after noon.
NOW = datetime(2027, 5, 12, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BUYER = "buyer-13800138000"


def old(shop: Shop, *, paid: int | None = 6_000, **fields: Any) -> Ticket:
    """A ticket of 60 yuan on an order of 100, refunded by automation; `paid`: less was paid; None:
    it was rejected."""
    lines = [{"paid_amount": 7_000}, {"product": "p2", "paid_amount": 3_000}]
    order = make_order(shop, buyer=BUYER, status="completed", lines=lines)
    given: dict[str, Any] = {
        "amount": 6_000,
        "line_no": 1,
        "status": "refunded" if paid else "rejected",
        "rejected_before": paid is None,
        "committed": paid or 0,
        "awaiting_evaluation": False,
        "note": "call me at 13800138000",
        "evidence": ["https://example.org/a.jpg"],
        "return_tracking_no": "SF1234567",
    }
    ticket = make_ticket(order, **given | fields)
    event = {"ticket": ticket, "actor": "automation"}
    TicketEvent.objects.create(kind="arrived", at=NOON, note=f"by {BUYER}", **event)
    TicketEvent.objects.create(
        kind="status", at=NOON, from_status="pending_review",
        to_status="refunding" if paid else "rejected", **event,
    )  # fmt: skip
    if not RulebookRevision.objects.filter(shop=shop).exists():
        with transaction.atomic():
            publish(shop.pk, user=None, now=NOON)
    Decision.objects.create(
        shop=shop, ticket=ticket, order=order, decided_at=NOON, outcome="manual", why="none_hit",
        rulebook=RulebookRevision.objects.filter(shop=shop).latest("id"), type=ticket.type,
        amount=ticket.amount, reason=ticket.reason, applied_at=NOON, buyer=BUYER,
        order_status="completed", paid_amount=10_000, refundable_amount=10_000, labels=[],
        products=["p1"], categories=["c1"], has_virtual=False, buyer_blocked=False,
    )  # fmt: skip
    if paid:
        Order.objects.filter(pk=order.pk).update(committed=paid)
        order.lines.filter(line_no=1).update(taken=paid)
        refund = Refund.objects.create(
            shop=shop, order=order, ticket=ticket, amount=paid, source="person", ever_sent=True,
            requested_at=NOON, status="succeeded", settled_at=NOON + MINUTE,
        )  # fmt: skip
        RefundAttempt.objects.create(
            refund=refund, number=1, key=f"{ticket.ticket_no}-1", amount=paid, fingerprint="f",
            connector=shop.connector, state=AttemptState.SUCCEEDED, created_at=NOON,
            settled_at=NOON + MINUTE,
        )  # fmt: skip
    return ticket


def run(shop: Shop, *, now: datetime = NOW, steps: int | None = None) -> Done:
    """A whole run, or one that ends after so many steps."""
    left = [steps]

    def enough() -> bool:
        if left[0] is None:
            return False
        left[0] -= 1
        return left[0] <= 0

    shop.refresh_from_db()
    return archive_old(shop, now=now, enough=enough)


def differences() -> list[str]:
    """Of money and of figures."""
    money = [f"{found.subject}: {found.what}" for found in money_audit.differences()]
    return money + list(audit.differences())


def counted() -> None:
    """The days around noon."""
    with patch.object(rollup, "DAYS_BACK", 3):
        roll_up(now=NOON + timedelta(days=2))


def folder(shop: Shop) -> str:
    return f"{django_settings.ARCHIVE_ROOT}/{shop.pk}"
