"""Records as a file has them, as plain as they get; a test names what it is about."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from aftersale.records.schemas import OrderRecord, TicketRecord
from aftersale.services.ingest import save_orders, save_tickets
from aftersale.services.shared.outcomes import Result
from aftersale.services.shops import shops

# A Wednesday, 12:00 in Shanghai.
NOON = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)


def at(hours: float) -> str:
    """So many hours after noon."""
    return (NOON + timedelta(hours=hours)).isoformat()


def shop(**fields: Any) -> dict[str, Any]:
    return {"kind": "shop", "code": "s1", "name": "Shop", "platform": "kuaishou"} | fields


def order(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "order",
        "shop": "s1",
        "order_no": "O1",
        "status": "pending_shipment",
        "buyer": "b1",
        "paid_at": at(-1),
        "updated_at": at(0),
        "paid_amount": "100.00",
        "lines": [
            {"line_no": 1, "product": "p1", "category": "c1", "quantity": 1, "paid_amount": "60"},
            {"line_no": 2, "product": "p2", "category": "c2", "quantity": 2, "paid_amount": "40"},
        ],
    } | fields


def ticket(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "ticket",
        "shop": "s1",
        "ticket_no": "T1",
        "order_no": "O1",
        "type": "refund_only",
        "reason": "no_longer_wanted",
        "amount": "59.90",
        "applied_at": at(0),
        "updated_at": at(0),
    } | fields


def _bare(record: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in record.items() if key != "kind"})


def save_order(*records: dict[str, Any], hour: float = 0) -> list[Result]:
    """Saved an hour after noon or more, by the desk's clock."""
    return save_orders(
        [OrderRecord.model_validate_json(_bare(record)) for record in records],
        shops=shops.known(["s1", "s2"]),
        now=NOON + timedelta(hours=hour),
    )


def save_ticket(*records: dict[str, Any], hour: float = 0) -> list[Result]:
    return save_tickets(
        [TicketRecord.model_validate_json(_bare(record)) for record in records],
        shops=shops.known(["s1", "s2"]),
        now=NOON + timedelta(hours=hour),
    )
