"""Erasing a buyer (SPEC P7): a random stand-in takes the place of the number everywhere, notes and
pictures go, money and decisions stay.

First the texts of the whole shop and of its people, without a lock; then, in one transaction, all
that is decided on: the lock of arrivals alone, the shop, the evaluator's lane, the buyer's orders
and tickets, as in docs/locking.md. So nothing of the buyer arrives or is decided meanwhile, and
whoever comes after finds the stand-in at the door (services/buyers). Files are deleted last, each
before its row: what a crash leaves is found again (`pictures.py`).
"""

from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from aftersale.domain.multilingual import said as _
from aftersale.models import (
    OPEN_STATES,
    Actor,
    AuditKind,
    BlockedBuyer,
    ErasedBuyer,
    EvidenceFile,
    ImportRow,
    Order,
    PlatformFacts,
    PlatformStep,
    PlatformSubject,
    Shop,
    StepKind,
    Ticket,
    TicketEvent,
    TicketEventKind,
)
from aftersale.services.access.rights import Right, require
from aftersale.services.buyers import erased
from aftersale.services.buyers.named import named_buyer
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import NotFound
from aftersale.signals import buyer_erased, shop_changed

from . import pictures
from .people import sweep_people
from .places import is_held, places
from .rewriting import Rewriting
from .sweep import sweep
from .words import without_words


class Erased(NamedTuple):
    """The stand-in, and how many rows of the buyer were found."""

    stand_in: str
    orders: int
    tickets: int
    pictures: int


def erase(*, shop_id: int, buyer: str, user: User, now: datetime) -> Erased:
    """Erases a buyer of the shop; one who was erased before is looked for again.

    Raises NotFound where nothing is held of such a buyer.
    """
    require(user, shop_id, Right.CHANGE_SHOP)
    buyer = named_buyer(buyer)
    known = erased.stand_ins([(shop_id, buyer)]).get((shop_id, buyer), "")
    if not known:
        _must_be_held(shop_id, buyer)
    rewrite = Rewriting(buyer, known or erased.new_stand_in())
    if not is_stand_in(shop_id, buyer):
        sweep(shop_id, rewrite)
        sweep_people(shop_id, rewrite)
    with transaction.atomic():
        done, to_delete = _erase(shop_id, rewrite, user, now)
    pictures.delete(to_delete)
    return done


def is_stand_in(shop_id: int, buyer: str) -> bool:
    return bool(erased.erased_since([(shop_id, buyer)]))


def _must_be_held(shop_id: int, buyer: str) -> None:
    if not is_held([shop_id], buyer):
        raise NotFound(_("Nothing is held of such a buyer in this shop."), pointer="buyer")


def _erase(
    shop_id: int, rewrite: Rewriting, user: User, now: datetime
) -> tuple[Erased, list[EvidenceFile]]:
    locks.lock_arrivals([shop_id], shared=False)
    shop = locks.lock_shop(shop_id)
    # Keeps evaluators out: the block list and the sums of buyers change with the orders.
    shop_changed.send(Shop, shop_id=shop_id, user=user, now=now)
    rewrite = Rewriting(rewrite.buyer, _remember(shop, rewrite, user, now))
    names = [rewrite.buyer, rewrite.stand_in]
    orders = list(Order.objects.filter(shop=shop_id, buyer__in=names).values_list("pk", flat=True))
    list(locks.lock_orders(orders).values_list("pk"))
    tickets = list(
        Ticket.objects.filter(Q(buyer__in=names) | Q(order__in=orders), shop=shop_id).values_list(
            "pk", flat=True
        )
    )
    list(locks.lock_tickets(tickets).values_list("pk"))
    for place in places():
        for name in place.buyers:
            rows = place.model._default_manager.filter(**{place.shop: shop_id, name: rewrite.buyer})
            rows.update(**{name: rewrite.stand_in})
    buyer_erased.send(Shop, shop_id=shop_id)
    Order.objects.filter(pk__in=orders).update(digest=b"")
    BlockedBuyer.objects.filter(shop=shop_id, buyer=rewrite.stand_in).update(note="")
    _forget_words(shop_id, tickets, orders, rewrite, user, now)
    files = EvidenceFile.objects.filter(ticket__in=tickets)
    files.update(name="")
    done = Erased(rewrite.stand_in, len(orders), len(tickets), files.count())
    _write_down(shop, done, user, now)
    return done, list(pictures.deletable(files))


def _remember(shop: Shop, rewrite: Rewriting, user: User, now: datetime) -> str:
    """The buyer's stand-in; another one where somebody has erased the buyer meanwhile."""
    same = ErasedBuyer.objects.filter(shop=shop)
    known = same.filter(stand_in=rewrite.buyer) or same.filter(
        digest=erased.digest(shop, rewrite.buyer)
    )
    # Whatever has come since is erased as well.
    if known.update(erased_at=now, erased_by=user):
        return known.get().stand_in
    ErasedBuyer.objects.create(
        shop=shop,
        digest=erased.digest(shop, rewrite.buyer),
        stand_in=rewrite.stand_in,
        erased_at=now,
        erased_by=user,
    )
    return rewrite.stand_in


def _forget_words(
    shop_id: int,
    tickets: list[int],
    orders: list[int],
    rewrite: Rewriting,
    user: User,
    now: datetime,
) -> None:
    """Notes, pictures' addresses, and where history and the platform's facts repeat them."""
    own = Ticket.objects.filter(pk__in=tickets)
    own.update(note="", evidence=[], digest=b"")
    for event in TicketEvent.objects.filter(ticket__in=tickets).exclude(note=""):
        fresh = rewrite(without_words(event.note))
        if fresh != event.note:
            TicketEvent.objects.filter(pk=event.pk).update(note=fresh)
    notes = PlatformStep.objects.filter(order__in=orders, kind=StepKind.NOTE)
    for step in notes.exclude(state__in=OPEN_STATES):
        PlatformStep.objects.filter(pk=step.pk).update(details=step.details | {"text": ""})
    numbers = {
        PlatformSubject.TICKET: list(own.values_list("ticket_no", flat=True)),
        PlatformSubject.ORDER: list(
            Order.objects.filter(pk__in=orders).values_list("order_no", flat=True)
        ),
    }
    for subject, found in numbers.items():
        PlatformFacts.objects.filter(shop=shop_id, subject=subject, number__in=found).delete()
    rows = ImportRow.objects.filter(
        file_import__shop=shop_id,
        key__in=[number for found in numbers.values() for number in found],
        cells__has_key="note",
    )
    for row in rows:
        ImportRow.objects.filter(pk=row.pk).update(cells=row.cells | {"note": ""})
    TicketEvent.objects.bulk_create(
        TicketEvent(
            ticket_id=pk,
            at=now,
            kind=TicketEventKind.NOTE,
            actor=Actor.PERSON,
            user=user,
            note=_("The buyer's number, note and pictures were erased."),
        )
        for pk in tickets
    )


def _write_down(shop: Shop, done: Erased, user: User, now: datetime) -> None:
    note = _("%(orders)d orders, %(tickets)d tickets, %(pictures)d pictures of the desk") % {
        "orders": done.orders,
        "tickets": done.tickets,
        "pictures": done.pictures,
    }
    trail.record(
        AuditKind.BUYER_ERASED,
        now=now,
        user=user,
        shop_id=shop.pk,
        note=note,
        filters={"buyer": done.stand_in},
    )
