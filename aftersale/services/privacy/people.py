"""People's own rows without a buyer's number: saved searches, exports of several shops, and the
admin's notes (SPEC P7).

Such a row has no shop, and another shop may have a buyer of the same number. So it is rewritten

- where it names this shop, and never where it names others alone;
- of members of this shop, of operators, and of those who are members nowhere any more: their row is
  about this shop, or about none that somebody works in;
- of those who have left this shop and are members of others, where none of these has a buyer of
  that number.

Whoever never was in this shop keeps theirs: by erasing a buyer who is called like a word of
theirs, an owner would change what other shops' people have saved.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q

from aftersale.models import (
    AuditEntry,
    AuditKind,
    BlockedBuyer,
    Membership,
    SavedFilter,
    Shop,
    TicketEvent,
)

from .places import is_held
from .rewriting import Rewriting
from .sweep import holding, let_trail_change


def sweep_people(shop_id: int, rewrite: Rewriting) -> None:
    whose = _Whose(shop_id, rewrite.buyer)
    _sweep_saved(whose, rewrite)
    _sweep_trail(whose, rewrite)
    _sweep_notes(whose, rewrite)


class _Whose:
    """Tells whether a row that has no shop is to be rewritten."""

    def __init__(self, shop_id: int, buyer: str) -> None:
        self.shop_id, self.buyer = shop_id, buyer
        others = Shop.objects.exclude(pk=shop_id).values_list("pk", flat=True)
        self._others = {str(pk) for pk in others}
        self._of_person = cache(self._ask)

    def is_ours(self, user_id: int | None, named: Sequence[str] = ()) -> bool:
        """`named` are the shops that the row names."""
        if str(self.shop_id) in named:
            return True
        if not self._others.isdisjoint(named):
            return False
        return user_id is None or self._of_person(user_id)

    def _ask(self, user_id: int) -> bool:
        own = set(Membership.objects.filter(user=user_id).values_list("shop", flat=True))
        if not own or self.shop_id in own:
            return True
        if User.objects.filter(pk=user_id, is_superuser=True).exists():
            return True
        return self._has_left(user_id) and not is_held(own, self.buyer)

    def _has_left(self, user_id: int) -> bool:
        """By the trail, which is kept for 400 days, or by a step on a ticket of the shop."""
        changed = AuditEntry.objects.filter(scope=self.shop_id, kind=AuditKind.MEMBER, whom=user_id)
        steps = TicketEvent.objects.filter(ticket__shop=self.shop_id, user=user_id)
        return changed.exists() or steps.exists()


def _sweep_saved(whose: _Whose, rewrite: Rewriting) -> None:
    found = Q()
    for needle in rewrite.needles:
        found |= Q(name__contains=needle) | Q(query__contains=needle)
    for saved in SavedFilter.objects.filter(found):
        name, query = rewrite(saved.name)[:64], rewrite.query(saved.query)
        if (name, query) == (saved.name, saved.query):
            continue
        if whose.is_ours(saved.user_id, parse_qs(saved.query).get("shop", ())):
            SavedFilter.objects.filter(pk=saved.pk).update(name=name, query=query)


def _sweep_trail(whose: _Whose, rewrite: Rewriting) -> None:
    """Exports of several shops at once."""
    with transaction.atomic():
        let_trail_change()
        for entry in list(holding(AuditEntry.objects.filter(shop=None), "filters", rewrite)):
            fresh = rewrite(entry.filters)
            if fresh != entry.filters and whose.is_ours(entry.user_id, _shops_in(entry.filters)):
                AuditEntry.objects.filter(pk=entry.pk).update(filters=fresh)


def _shops_in(filters: dict[str, Any]) -> list[str]:
    """One shop, or a list of them."""
    named = filters.get("shop", [])
    return [str(one) for one in (named if isinstance(named, list) else [named])]


def _sweep_notes(whose: _Whose, rewrite: Rewriting) -> None:
    """The admin's notes on blocked buyers, from when their title was the number."""
    others = BlockedBuyer.objects.filter(buyer=rewrite.buyer).exclude(shop=whose.shop_id)
    notes = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(BlockedBuyer), object_repr=rewrite.buyer
    ).exclude(object_id__in=[str(pk) for pk in others.values_list("pk", flat=True)])
    ours = [note.pk for note in notes if whose.is_ours(note.user_id)]
    LogEntry.objects.filter(pk__in=ours).update(object_repr=rewrite.stand_in)
