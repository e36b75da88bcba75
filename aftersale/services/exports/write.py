"""Writes planned records by the services that files and calls use (SPEC O6, O11)."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from aftersale.models import CameBy, PlatformSubject, RowOutcome, Shop
from aftersale.platforms.protocol import Fact
from aftersale.services.buyers.erased import stand_ins
from aftersale.services.ingest import save_orders, save_tickets
from aftersale.services.shared import locks
from aftersale.services.shared.outcomes import Outcome, Result
from aftersale.services.shared.sql_arrays import texts
from aftersale.services.shops.shops import KnownShop
from aftersale.services.syncing import facts

from .plan import Planned
from .reading.tables import Problem

_SHOP = "shop"


def save(shop: Shop, planned: Sequence[Planned], *, now: datetime) -> None:
    """Writes what has a record; the outcomes say afterwards what became of it."""
    shops = {_SHOP: KnownShop(shop.pk, shop.platform)}
    for (kind, own_included, exported_at), group in _groups(planned):
        some = list(group)
        records: list[Any] = [one.record for one in some]
        if kind == "order":
            results = save_orders(
                records, shops=shops, now=now, own_included=own_included, exported_at=exported_at
            )
        else:
            results = save_tickets(
                records,
                shops=shops,
                now=now,
                unknown_there={one.number for one in some if one.status_there or one.type_there},
                exported_at=exported_at,
                came_by=CameBy.EXPORT,
            )
        for one, result in zip(some, results, strict=True):
            _answer(one, result)
    tickets = [one for one in planned if one.kind == "ticket" and one.record is not None]
    if tickets:
        _keep_words(shop, tickets, now)
        name_buyers(shop, {one.record.order_no: one.buyer for one in tickets if one.buyer})


def _groups(planned: Sequence[Planned]) -> Any:
    def what(one: Planned) -> tuple[str, bool, datetime | None]:
        return one.kind, one.own_included, one.dated.exported_at if one.dated else None

    return groupby(sorted((one for one in planned if one.record), key=what), key=what)


def _answer(one: Planned, result: Result) -> None:
    if result.outcome == Outcome.REFUSED:
        record = one.record
        one.refuse([Problem(error.pointer, error.message) for error in result.errors])
        one.record = record
    elif result.outcome == Outcome.NEW:
        one.outcome = RowOutcome.NEW
    elif result.outcome == Outcome.OLDER:
        one.outcome = RowOutcome.OLDER
    elif one.outcome != RowOutcome.UNCHANGED and result.outcome == Outcome.UNCHANGED:
        one.outcome = RowOutcome.UNCHANGED
    elif one.outcome == RowOutcome.NEW:
        one.outcome = RowOutcome.CHANGED  # somebody else brought it meanwhile


def _keep_words(shop: Shop, tickets: Sequence[Planned], now: datetime) -> None:
    """The platform's own words for a state or type that is not known here (SPEC O4)."""
    told = {
        one.number: [
            Fact(name, word)
            for name, word in (("status_there", one.status_there), ("type_there", one.type_there))
            if word
        ]
        for one in tickets
    }
    facts.keep(shop.pk, PlatformSubject.TICKET, told, now=now)


def name_buyers(shop: Shop, buyers: dict[str, str]) -> None:
    """Buyers whom only the after-sale file names take the place of their orders' stand-ins."""
    if not buyers:
        return
    with transaction.atomic():
        locks.lock_arrivals([shop.pk], shared=True)
        found = stand_ins((shop.pk, buyer) for buyer in buyers.values())
        _name(shop, {no: found.get((shop.pk, buyer), buyer) for no, buyer in buyers.items()})


def _name(shop: Shop, buyers: dict[str, str]) -> None:
    given: dict[str, Any] = {
        "shop": shop.pk,
        "orders": texts(buyers),
        "buyers": texts(buyers.values()),
    }
    with connection.cursor() as cursor:
        # The orders first, in the order of their keys (docs/locking.md).
        cursor.execute(
            """
            WITH named AS (
              SELECT o.id, k.buyer
                FROM unnest(%(orders)s::text[], %(buyers)s::text[]) AS k(order_no, buyer)
                JOIN aftersale_order o ON o.shop_id = %(shop)s AND o.order_no = k.order_no
               WHERE o.buyer = left('?' || k.order_no, 64)
               ORDER BY o.id FOR NO KEY UPDATE OF o
            )
            UPDATE aftersale_order o SET buyer = n.buyer FROM named n WHERE o.id = n.id
            """,
            given,
        )
        cursor.execute(
            """
            WITH named AS (
              SELECT t.id, coalesce(o.buyer, k.buyer) AS buyer
                FROM unnest(%(orders)s::text[], %(buyers)s::text[]) AS k(order_no, buyer)
                JOIN aftersale_ticket t ON t.shop_id = %(shop)s AND t.order_no = k.order_no
                LEFT JOIN aftersale_order o ON o.id = t.order_id
               WHERE t.buyer IN ('', left('?' || k.order_no, 64))
               ORDER BY t.id FOR NO KEY UPDATE OF t
            )
            UPDATE aftersale_ticket t SET buyer = n.buyer FROM named n WHERE t.id = n.id
            """,
            given,
        )
