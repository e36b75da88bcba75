"""Erasing by age, as a task (SPEC P7): notes, pictures and buyers' numbers that are too old.

A request counts from the moment its last state began, an order from its last version; open
requests are never touched. The number is replaced by the stand-in of an order whose buyer is not
known (SPEC O11), for that order alone: what is this old belongs to nobody any more. In batches,
each a short transaction with the locks of docs/locking.md.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from aftersale.domain.identifiers import ERASED, UNNAMED
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    AuditKind,
    EvidenceFile,
    Order,
    PlatformFacts,
    PlatformSubject,
    Shop,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from aftersale.services.shared import locks, trail
from aftersale.services.tickets.lifecycle import FINAL
from aftersale.signals import buyer_erased

from . import pictures
from .places import places
from .words import without_words

_OVER = [*FINAL, TicketStatus.REJECTED]
_BATCH = 200
_LONGEST_NUMBER = 64


def erase_old(*, now: datetime, enough: Callable[[], bool]) -> bool:
    """Goes through the shops until `enough` says so; True where something went and more may be
    left: pictures that can't be deleted are passed by, and wait for the next run."""
    return any(_erase_old_of(shop, now, enough) for shop in Shop.objects.order_by("pk"))


def erase_left_pictures(*, enough: Callable[[], bool]) -> bool:
    """Deletes what was left of erased buyers' pictures; True where something went and more may be
    left. One that can't be deleted is passed by, and waits for the next run."""
    deleted = 0
    for batch in _batches(pictures.left_of_erased()):
        deleted += _erase_pictures(batch)
        if enough():
            return deleted > 0
    return False


def _erase_old_of(shop: Shop, now: datetime, enough: Callable[[], bool]) -> bool:
    before = months_before(now, shop.retention_months)
    counts = {"tickets": 0, "orders": 0, "pictures": 0}
    try:
        for what, batches, erase in (
            ("tickets", _old_words(shop, before), _erase_words),
            ("pictures", _old_pictures(shop, before), _erase_pictures),
            ("orders", _old_names(shop, _names_before(shop, before, now)), _erase_names),
        ):
            for batch in batches:
                counts[what] += erase(batch)
                if enough():
                    return any(counts.values())
        return False
    finally:
        if counts["orders"]:
            buyer_erased.send(Shop, shop_id=shop.pk)
        if any(counts.values()):
            note = _(
                "Older than %(months)d months: notes of %(tickets)d tickets, buyers of %(orders)d"
                " orders, %(pictures)d pictures of the desk"
            ) % {"months": shop.retention_months, **counts}
            trail.record(AuditKind.BUYER_ERASED, now=now, shop_id=shop.pk, note=note)


def months_before(now: datetime, months: int) -> datetime:
    """The same day and hour so many months earlier; of a shorter month its last day."""
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    day = now.day
    while True:
        try:
            return now.replace(year=years, month=month + 1, day=day)
        except ValueError:
            day -= 1


def _names_before(shop: Shop, before: datetime, now: datetime) -> datetime:
    """Orders that the buyer limit still counts keep their buyer (SPEC G1)."""
    return min(before, now - timedelta(days=shop.buyer_limit_days or 0))


def _old_words(shop: Shop, before: datetime) -> Iterator[list[int]]:
    old = Ticket.objects.filter(_over(before), shop=shop).exclude(note="", evidence=[])
    return _batches(old)


def _old_pictures(shop: Shop, before: datetime) -> Iterator[list[int]]:
    files = EvidenceFile.objects.filter(
        _over(before, "ticket__"), ticket__shop=shop, uploaded_at__lt=before
    )
    return _batches(pictures.deletable(files))


def _old_names(shop: Shop, before: datetime) -> Iterator[list[int]]:
    living = Ticket.objects.filter(order=OuterRef("pk")).exclude(_over(before))
    old = Order.objects.filter(~Exists(living), shop=shop, updated_at__lt=before)
    return _batches(old.exclude(_nameless()))


def _nameless() -> Q:
    return Q(buyer__startswith=UNNAMED) | Q(buyer__startswith=ERASED)


def _over(before: datetime, path: str = "") -> Q:
    return Q(
        **{
            f"{path}status__in": _OVER,
            f"{path}status_at__lt": before,
            f"{path}updated_at__lt": before,
        }
    )


def _batches(rows: QuerySet[Any]) -> Iterator[list[int]]:
    last = 0
    while pks := list(
        islice(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True), _BATCH)
    ):
        yield pks
        last = pks[-1]


@transaction.atomic
def _erase_words(pks: list[int]) -> int:
    found = Ticket.objects.filter(pk__in=pks)
    locks.lock_orders_of(found)
    # Under the lock: one may have come to life again.
    locked = [ticket for ticket in locks.lock_tickets(pks) if ticket.status in _OVER]
    own = Ticket.objects.filter(pk__in=[ticket.pk for ticket in locked])
    own.update(note="", evidence=[])
    for event in TicketEvent.objects.filter(ticket__in=own).exclude(note=""):
        fresh = without_words(event.note)
        if fresh != event.note:
            TicketEvent.objects.filter(pk=event.pk).update(note=fresh)
    for ticket in locked:
        PlatformFacts.objects.filter(
            shop=ticket.shop_id, subject=PlatformSubject.TICKET, number=ticket.ticket_no
        ).delete()
    return len(locked)


def _erase_pictures(pks: list[int]) -> int:
    return pictures.delete(EvidenceFile.objects.filter(pk__in=pks))


@transaction.atomic
def _erase_names(pks: list[int]) -> int:
    locked = list(locks.lock_orders(pks))
    list(locks.lock_tickets(Ticket.objects.filter(order__in=pks).values_list("pk", flat=True)))
    for place in places():
        if place.order:
            of_them = place.model._default_manager.filter(**{f"{place.order}__in": pks})
            for name in place.buyers:
                for order in locked:
                    of_them.filter(**{place.order: order.pk, name: order.buyer}).update(
                        **{name: (UNNAMED + order.order_no)[:_LONGEST_NUMBER]}
                    )
    return len(locked)
