"""Words of people about a case, with the buyer's number and a telephone number in each of them."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from aftersale.models import (
    AfterSaleWindow,
    AuditEntry,
    BlockedBuyer,
    Negotiation,
    Order,
    Rejection,
    ReturnFreight,
    Ticket,
    TicketEvent,
)
from aftersale.services.privacy.places import places
from tests.admin.scene import AT, Scene

PHONE = "13800138000"


def talk_everywhere(scene: Scene, words: str = PHONE) -> set[str]:
    """In every column of words that may hold a buyer's data; returns which have rows."""
    ticket, order = scene.row(Ticket), scene.row(Order)
    TicketEvent.objects.create(ticket=ticket, at=AT, kind="internal", actor="person", note="x")
    Rejection.objects.create(
        ticket=ticket, reason="other", explanation="x", from_status="pending_review", at=AT
    )
    Negotiation.objects.create(
        ticket=ticket, round=1, message="x", at=AT, answer_due_at=AT, ended_at=AT
    )
    ReturnFreight.objects.create(ticket=ticket, amount=100, pays=True, text="x", at=AT)
    window = AfterSaleWindow.objects.create(
        shop=scene.shop, order=order, opened_at=AT, agreement="x",
        closes_at=AT + timedelta(hours=72), closed_at=AT + timedelta(hours=72),
    )  # fmt: skip
    Ticket.objects.filter(pk=ticket.pk).update(window=window)
    spoken = set()
    for place in places():
        said = f"{words} {_buyer_of(place.model, order)}".strip()
        rows = place.model._default_manager.filter(Q(**{place.shop: scene.shop}))
        for name in place.texts if place.model is not AuditEntry else ():
            field = place.model._meta.get_field(name)
            if isinstance(field, models.CharField | models.TextField) and rows.update(
                **{name: said}
            ):
                spoken.add(f"{place.model.__name__}.{name}")
    return spoken


def _buyer_of(model: type[models.Model], order: Order) -> str:
    """Words that are about no case name nobody: which buyer they might name, nobody knows."""
    if model is BlockedBuyer:
        return order.buyer.replace("buyer", "blocked")
    about = {"buyer", "ticket", "order", "refund"}
    return order.buyer if about & {field.name for field in model._meta.fields} else ""
