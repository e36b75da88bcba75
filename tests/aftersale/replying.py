"""A case and its answers to the buyer, for the tests of replies."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.domain.money import plain_yuan
from aftersale.models import (
    EvidenceFile,
    Negotiation,
    Order,
    Refund,
    Rejection,
    Role,
    Ticket,
    TicketEvent,
)
from aftersale.records.schemas import TicketRecord
from aftersale.services.desk import replies
from aftersale.services.ingest import save_tickets
from aftersale.services.shared.errors import (
    Refused,
)
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.shops.shops import known
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

from .test_evidence import files

LATER = NOON + timedelta(hours=1)


DUE = NOON + timedelta(hours=48)


def make_case(**fields: Any) -> tuple[Ticket, User]:
    """A ticket over 100 yuan of an order of 100 yuan, and an agent of its shop."""
    shop = make_shop(platform=fields.pop("platform", "kuaishou"))
    order = make_order(shop, status=fields.pop("order_status", "delivered"))
    ticket = make_ticket(order, **({"type": "refund_only"} | fields))
    return ticket, make_user(shop, Role.CS_AGENT)


def reject(ticket: Ticket, user: User, reason: str = "reason_mismatch", **fields: Any) -> Ticket:
    sent = {"explanation": "See above.", "now": NOON} | fields
    return replies.reject(ticket_id=ticket.pk, reason=reason, user=user, **sent)


def negotiate(ticket: Ticket, user: User, **fields: Any) -> Negotiation:
    sent = {"message": "Would half of it do?", "now": NOON} | fields
    return replies.negotiate(ticket_id=ticket.pk, user=user, **sent)


def report(ticket: Ticket, at: Any = LATER, **fields: Any) -> Ticket:
    """The platform reports a newer version of the ticket."""
    record = {
        "shop": ticket.shop.code,
        "ticket_no": ticket.ticket_no,
        "order_no": ticket.order_no,
        "type": ticket.requested_type,
        "reason": ticket.reason,
        "amount": plain_yuan(ticket.amount),
        "applied_at": ticket.applied_at.isoformat(),
        "updated_at": at.isoformat(),
    } | fields
    results = save_tickets(
        [TicketRecord.model_validate(record)], shops=known([ticket.shop.code]), now=at
    )
    assert [result.outcome for result in results] == [Outcome.CHANGED]
    ticket.refresh_from_db()
    return ticket


def everything() -> tuple[list, ...]:
    models = (Ticket, Order, Rejection, Negotiation, EvidenceFile, TicketEvent, Refund)
    return tuple(list(model.objects.order_by("pk").values()) for model in models)


def refused(call: Callable[[], Any], error: type[Refused] = Refused, *, pointer: str = "") -> str:
    """The refusal's text; nothing has moved, no file is left."""
    before, kept = everything(), files()
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error
    assert raised.value.pointer == pointer
    assert everything() == before and files() == kept
    return raised.value.message
