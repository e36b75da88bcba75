"""All that a shop holds of a buyer, as one file (SPEC P7; docs/privacy.md describes it).

JSON in UTF-8: moments as ISO 8601, money in yuan, pictures of the desk as base64. Other people's
names are not the buyer's, and left out.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model, Q

from aftersale.domain.money import plain_yuan
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    AfterSaleWindow,
    AuditKind,
    BlockedBuyer,
    CommissionReturn,
    EvidenceFile,
    Order,
    PlatformFacts,
    PlatformSubject,
    Refund,
    ReturnFreight,
    Shop,
    Ticket,
)
from aftersale.models.money import FenField
from aftersale.services.access.rights import Right, require
from aftersale.services.buyers import erased
from aftersale.services.buyers.named import named_buyer
from aftersale.services.shared import trail
from aftersale.services.shared.errors import NotFound

from .places import held_elsewhere, is_held

_ORDER = [
    "order_no",
    "type",
    "status",
    "buyer",
    "created_at",
    "paid_at",
    "label_printed_at",
    "shipped_at",
    "delivered_at",
    "completed_at",
    "updated_at",
    "paid_amount",
    "refunded_amount",
    "committed",
    "labels",
]
_LINE = ["line_no", "product", "category", "title", "quantity", "paid_amount", "virtual"]
_TICKET = [
    "ticket_no",
    "order_no",
    "line_no",
    "buyer",
    "type",
    "requested_type",
    "reason",
    "amount",
    "applied_at",
    "updated_at",
    "note",
    "evidence",
    "labels",
    "status",
    "status_at",
    "due_at",
    "return_carrier",
    "return_tracking_no",
    "return_shipped_at",
    "goods_received_at",
    "arbitration_result",
    "committed",
    "rejected_before",
    "taken_back",
    "flags",
]
_EVENT = ["at", "kind", "actor", "from_status", "to_status", "note"]
_REJECTION = ["reason", "label", "explanation", "at"]
_NEGOTIATION = ["round", "type", "amount", "message", "at", "answer_due_at", "result", "ended_at"]
_REFUND = [
    "amount",
    "source",
    "requested_at",
    "reason",
    "status",
    "failure",
    "settled_at",
    "reference",
]
_WINDOW = ["opened_at", "closes_at", "closed_at", "agreement"]
_PICTURE = ["name", "content_type", "size", "sha256", "uploaded_at"]


def give_out(*, shop_id: int, buyer: str, user: User, now: datetime) -> bytes:
    """The file; raises NotFound where nothing is held of such a buyer."""
    require(user, shop_id, Right.CHANGE_SHOP)
    buyer = named_buyer(buyer)
    here = erased.here(shop_id, buyer)
    if not is_held([shop_id], here):
        raise NotFound(_("Nothing is held of such a buyer in this shop."), pointer="buyer")
    shop = Shop.objects.get(pk=shop_id)
    with transaction.atomic():
        held = _held(shop, here)
        trail.record(
            AuditKind.BUYER_EXPORTED,
            now=now,
            user=user,
            shop_id=shop_id,
            filters={"buyer": here},
            rows=len(held["orders"]) + len(held["tickets"]),
        )
    content = {"shop": shop.code, "buyer": here, "given_out_at": now, **held}
    return json.dumps(content, cls=_Encoder, ensure_ascii=False, indent=1).encode()


class _Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def _held(shop: Shop, buyer: str) -> dict[str, Any]:
    blocked = BlockedBuyer.objects.filter(shop=shop, buyer=buyer).first()
    orders = list(Order.objects.filter(shop=shop, buyer=buyer).order_by("pk"))
    tickets = list(
        Ticket.objects.filter(Q(buyer=buyer) | Q(order__in=orders), shop=shop)
        .prefetch_related("events", "rejections", "negotiations", "evidence_files")
        .order_by("pk")
    )
    keys = [ticket.pk for ticket in tickets]
    elsewhere = {name: read(keys) for name, read in held_elsewhere().items()}
    return {
        "blocked": _row(blocked, ["created_at", "note"]) if blocked else None,
        "orders": [_order(order) for order in orders],
        "tickets": [
            _ticket(ticket)
            | {name: list(found.get(ticket.pk, ())) for name, found in elsewhere.items()}
            for ticket in tickets
        ],
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        **_row(order, _ORDER),
        "lines": _rows(order.lines.order_by("line_no"), _LINE),
        "windows": _rows(AfterSaleWindow.objects.filter(order=order).order_by("pk"), _WINDOW),
        "requests": _rows(
            order.shop_requests.order_by("pk"),
            ["kind", "line_no", "amount", "because", "text", "ticket_no", "at"],
        ),
        "parcels": _rows(
            order.shipments.order_by("pk"),
            ["shipped_at", "carrier", "tracking_no", "cancelled_at"],
        ),
        "platform_says": _facts(order.shop_id, PlatformSubject.ORDER, order.order_no),
    }


def _ticket(ticket: Ticket) -> dict[str, Any]:
    refund = Refund.objects.filter(ticket=ticket).first()
    return {
        **_row(ticket, _TICKET),
        "events": _rows(ticket.events.all(), _EVENT),
        "rejections": _rows(ticket.rejections.all(), _REJECTION),
        "negotiations": _rows(ticket.negotiations.all(), _NEGOTIATION),
        "return_freights": _rows(
            ReturnFreight.objects.filter(ticket=ticket), ["amount", "pays", "text", "at"]
        ),
        "refund": _refund(refund) if refund else None,
        "pictures": [_picture(file) for file in ticket.evidence_files.all()],
        "platform_says": _facts(ticket.shop_id, PlatformSubject.TICKET, ticket.ticket_no),
    }


def _refund(refund: Refund) -> dict[str, Any]:
    returned = CommissionReturn.objects.filter(refund=refund).order_by("pk")
    return {**_row(refund, _REFUND), "commission_back": _rows(returned, ["amount", "at"])}


def _picture(file: EvidenceFile) -> dict[str, Any]:
    """Without its content where the file is gone: the rest is given out all the same."""
    try:
        with file.file.open("rb") as opened:
            content = base64.b64encode(opened.read()).decode()
    except OSError:
        content = None
    return {**_row(file, _PICTURE), "content": content}


def _facts(shop_id: int, subject: str, number: str) -> list[Any]:
    row = PlatformFacts.objects.filter(shop=shop_id, subject=subject, number=number).first()
    return row.facts if row else []


def _rows(rows: Iterable[Model], names: Sequence[str]) -> list[dict[str, Any]]:
    return [_row(row, names) for row in rows]


def _row(row: Model, names: Sequence[str]) -> dict[str, Any]:
    return {name: _value(row, name) for name in names}


def _value(row: Model, name: str) -> Any:
    value = getattr(row, name)
    if isinstance(row._meta.get_field(name), FenField):
        return None if value is None else plain_yuan(value)
    return str(value) if isinstance(value, str) else value
