"""The texts of a shop without a buyer's number (SPEC P7).

Table by table, before anything is locked: the rows of a large shop take seconds to look through.
Rows that are decided on are not touched here (erase.py).
"""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import BinaryField, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django_q.models import Task

from aftersale.models import AuditEntry, BlockedBuyer, Membership, SavedFilter

from .places import places
from .rewriting import Rewriting


def sweep(shop_id: int, rewrite: Rewriting) -> None:
    """Replaces the number in all texts of the shop, and of its people's saved searches."""
    for place in places():
        for name in place.texts:
            rows = place.model._default_manager.filter(**{place.shop: shop_id})
            _sweep_column(rows, name, rewrite)
    _sweep_people(shop_id, rewrite)
    _sweep_program(rewrite)


def _sweep_column(rows: QuerySet[Any], name: str, rewrite: Rewriting) -> None:
    if isinstance(rows.model._meta.get_field(name), BinaryField):
        found = _holding_bytes(rows, name, rewrite)
    else:
        found = holding(rows, name, rewrite)
    with transaction.atomic():
        _let_trail_change()
        for pk, value in list(found.values_list("pk", name)):
            fresh = rewrite.address(value) if name == "location" else rewrite(value)
            if fresh != value:
                rows.filter(pk=pk).update(**{name: fresh})


def _let_trail_change() -> None:
    """The audit trail is append-only but for its filters, in a transaction that says this."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL afterdesk.erasing = 'on'")


def holding(rows: QuerySet[Any], name: str, rewrite: Rewriting) -> QuerySet[Any]:
    """The rows in whose column the number stands somewhere, as part of a longer word too."""
    found = Q()
    for needle in rewrite.needles:
        found |= Q(as_text__contains=needle)
    return rows.annotate(as_text=Cast(name, TextField())).filter(found)


def _holding_bytes(rows: QuerySet[Any], name: str, rewrite: Rewriting) -> QuerySet[Any]:
    column = connection.ops.quote_name(name)
    table = connection.ops.quote_name(rows.model._meta.db_table)
    needles = [needle.encode("utf-8", "surrogatepass") for needle in rewrite.needles]
    anywhere = " OR ".join(f"position(%s in {table}.{column}) > 0" for _needle in needles)
    return rows.extra(where=[f"({anywhere})"], params=needles)  # noqa: S610 - our own names


def _sweep_people(shop_id: int, rewrite: Rewriting) -> None:
    """Saved searches of the shop's people, and the admin's notes of what they did."""
    people = Membership.objects.filter(shop=shop_id).values("user")
    theirs = Q(user__in=people) | Q(user__is_superuser=True)
    for saved in SavedFilter.objects.filter(theirs):
        fresh = SavedFilter(name=rewrite(saved.name)[:64], query=rewrite.query(saved.query))
        if (fresh.name, fresh.query) != (saved.name, saved.query):
            SavedFilter.objects.filter(pk=saved.pk).update(name=fresh.name, query=fresh.query)
    # Exports of several shops at once.
    _sweep_column(AuditEntry.objects.filter(theirs, shop=None), "filters", rewrite)
    blocked = ContentType.objects.get_for_model(BlockedBuyer)
    for entry in LogEntry.objects.filter(theirs, content_type=blocked, object_repr=rewrite.buyer):
        LogEntry.objects.filter(pk=entry.pk).update(object_repr=rewrite.stand_in)


def _sweep_program(rewrite: Rewriting) -> None:
    """Results of tasks of the queue that failed: an error may quote a row."""
    for task in Task.objects.filter(success=False).iterator():
        if any(needle in str(task.result) for needle in rewrite.needles):
            Task.objects.filter(pk=task.pk).update(result=None)
