"""Removing the demo shops, once a merchant has looked at them (SPEC P1)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from django.apps import apps
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext

from aftersale.domain.multilingual import said as _
from aftersale.models import AuditEntry, AuditKind, EvidenceFile, Order, Shop, Ticket
from aftersale.services.access import second_factor, sessions
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import NotAllowed


@transaction.atomic
def remove(*, user: User, now: datetime) -> int:
    """Deletes all demo shops with all that is theirs, and shuts their people out; returns how many.

    The audit trail keeps its entries, and the people stay as inactive accounts, which it names.
    Workers that were about to decide or pay find nothing to do.
    """
    if not (user.is_active and user.is_superuser):
        raise NotAllowed(gettext("Only operators do this."))
    shops = list(Shop.objects.filter(is_demo=True).order_by("pk"))
    keys = [shop.pk for shop in shops]
    locks.lock_arrivals(keys, shared=False)
    for key in keys:
        locks.lock_shop(key)
    # Decisions, payments and approvals under way end first, and none begins.
    for rows in (Order.objects, Ticket.objects):
        of_shops = rows.filter(shop__in=keys).order_by("pk")
        list(of_shops.select_for_update(of=("self",)).values_list("pk", flat=True))
    pictures = [row.file for row in EvidenceFile.objects.filter(ticket__shop__in=keys)]
    for model, path in _of_shops():
        model._base_manager.filter(**{f"{path}__in": keys})._raw_delete("default")
    Shop.objects.filter(pk__in=keys).delete()
    for person in User.objects.filter(groups__name=second_factor.DEMO, is_active=True):
        person.is_active = False
        person.set_unusable_password()
        person.save(update_fields=["is_active", "password"])
        sessions.end_all(person)
    for shop in shops:
        note = _("Demo shop removed: %(name)s") % {"name": shop.name}
        trail.record(AuditKind.CHANGED, user=user, now=now, subject=shop.code, note=note)
    transaction.on_commit(partial(_delete_files, pictures))
    return len(shops)


def _of_shops() -> Iterator[tuple[type[models.Model], str]]:
    """Each model whose rows belong to a shop, and the way to it; those that name others first."""
    ways: dict[type[models.Model], str] = {}
    level: dict[type[models.Model], str] = {Shop: ""}
    while level:
        found: dict[type[models.Model], str] = {}
        for model in apps.get_models(include_auto_created=True):
            for field in model._meta.concrete_fields:
                parent = field.remote_field.model if field.remote_field else None
                if parent in level and model not in (*ways, *level, Shop, AuditEntry):
                    found.setdefault(model, "__".join(filter(None, [field.name, level[parent]])))
        ways |= found
        level = found
    # A row that names several others names one that is further from the shop, too: the foreign
    # keys are checked at the end, so only the way to the shop must be there still.
    return reversed(list(ways.items()))


def _delete_files(pictures: list[FieldFile]) -> None:
    for picture in pictures:
        picture.delete(save=False)
