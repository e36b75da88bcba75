"""Entries of a shop's wallet and deposit come in, and are never changed (SPEC W3)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from aftersale.models import Fund, FundEntry
from aftersale.records import FundEntryRecord
from aftersale.services import locks
from aftersale.services.outcomes import NEW, UNCHANGED, Result, refused, unknown_shop
from aftersale.services.shops import KnownShop


def save_fund_entries(
    records: Sequence[FundEntryRecord], *, shops: Mapping[str, KnownShop], now: datetime
) -> list[Result]:
    """Adds entries and their amounts, in fen, to the funds' balances; answers for each.

    The same entry again changes nothing; the same number with other content is refused.
    """
    results: list[Result | None] = [None] * len(records)
    by_fund: dict[tuple[int, str], list[int]] = {}
    for position, record in enumerate(records):
        shop = shops.get(record.shop)
        if shop is None:
            results[position] = unknown_shop()
        else:
            by_fund.setdefault((shop.id, record.fund), []).append(position)
    # One transaction a fund: none ever holds one fund and waits for another.
    for (shop_pk, kind), positions in by_fund.items():
        with transaction.atomic():
            fund = locks.lock_fund(shop_pk, kind)
            done = _add(fund, [records[position] for position in positions])
        for position, result in zip(positions, done, strict=True):
            results[position] = result
    return [result for result in results if result is not None]


def _add(fund: Fund, records: Sequence[FundEntryRecord]) -> list[Result]:
    stored = {
        entry.entry_no: (entry.amount, entry.at, entry.note)
        for entry in FundEntry.objects.filter(
            fund=fund, entry_no__in={record.entry_no for record in records}
        )
    }
    results, added = [], []
    balance = fund.balance
    for record in records:
        content = (record.amount, record.at, record.note)
        if record.entry_no not in stored:
            stored[record.entry_no] = content
            balance += record.amount
            added.append(
                FundEntry(
                    fund=fund,
                    entry_no=record.entry_no,
                    amount=record.amount,
                    at=record.at,
                    note=record.note,
                    balance_after=balance,
                )
            )
            results.append(NEW)
        elif stored[record.entry_no] == content:
            results.append(UNCHANGED)
        else:
            results.append(
                refused(
                    "entry_no",
                    _("expected the entry as it was, or another number: entries never change"),
                )
            )
    FundEntry.objects.bulk_create(added)
    total = sum(entry.amount for entry in added)
    if total:
        Fund.objects.filter(pk=fund.pk).update(balance=F("balance") + total)
    return results
