"""How much a shop holds of a buyer, for whoever is about to give it out or erase it (SPEC P7)."""

from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import Q

from aftersale.domain.multilingual import said as _
from aftersale.models import BlockedBuyer, EvidenceFile, Order, Ticket
from aftersale.services.access.rights import Right, require
from aftersale.services.buyers import erased
from aftersale.services.buyers.named import named_buyer
from aftersale.services.shared.errors import NotFound
from aftersale.services.tickets.lifecycle import FINAL

from .erase import is_stand_in
from .places import is_held


class Held(NamedTuple):
    """`buyer`: the number, or the stand-in of one who was erased before."""

    buyer: str
    orders: int
    tickets: int
    open: int
    notes: int
    pictures: int
    blocked: bool
    was_erased: bool


def held(*, shop_id: int, buyer: str, user: User) -> Held:
    """Raises NotFound where nothing is held of such a buyer."""
    require(user, shop_id, Right.CHANGE_SHOP)
    buyer = named_buyer(buyer)
    here = erased.here(shop_id, buyer)
    if not is_held([shop_id], here):
        raise NotFound(_("Nothing is held of such a buyer in this shop."), pointer="buyer")
    tickets = Ticket.objects.filter(Q(buyer=here) | Q(order__buyer=here), shop=shop_id)
    return Held(
        buyer=here,
        orders=Order.objects.filter(shop=shop_id, buyer=here).count(),
        tickets=tickets.count(),
        open=tickets.exclude(status__in=FINAL).count(),
        notes=tickets.exclude(note="", evidence=[]).count(),
        pictures=EvidenceFile.objects.filter(ticket__in=tickets).count(),
        blocked=BlockedBuyer.objects.filter(shop=shop_id, buyer=here).exists(),
        was_erased=is_stand_in(shop_id, here),
    )
