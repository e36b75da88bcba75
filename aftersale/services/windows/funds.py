"""Entries of a shop's wallet and deposit come in, and are never changed (SPEC W3)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import is_visible
from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import joined
from aftersale.models import AuditKind, Fund, FundEntry, FundEntryKind, FundKind, RefundAttempt
from aftersale.records.schemas import FundEntryRecord
from aftersale.services.access.rights import Right, require, scoped
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.shared.outcomes import NEW, UNCHANGED, Result, refused, unknown_shop
from aftersale.services.shops.shops import KnownShop

# Fen; as much as a record may bring in.
MOST = 10**11
# The longest note.
MOST_LETTERS = 500


def enter(
    fund: Fund,
    *,
    kind: FundEntryKind,
    amount: int,
    entry_no: str,
    now: datetime,
    note: str = "",
    attempt: RefundAttempt | None = None,
    user: User | None = None,
) -> FundEntry:
    """The next entry of a locked fund, in fen; its balance moves with it.

    The running balance is read after the balance was moved: even without the lock the database
    would refuse a debit of ours that is not covered (fund_entry_covers_our_debit).
    """
    Fund.objects.filter(pk=fund.pk).update(balance=F("balance") + amount)
    fund.refresh_from_db(fields=["balance"])
    return FundEntry.objects.create(
        fund=fund,
        entry_no=entry_no,
        amount=amount,
        at=now,
        note=note,
        kind=kind,
        balance_after=fund.balance,
        attempt=attempt,
        user=user,
    )


def correct(*, fund_id: int, amount: int, note: str, user: User, now: datetime) -> FundEntry:
    """An owner's correction: one more entry, with what it is for; the others stay (SPEC W3)."""
    found = scoped(Fund.objects.all(), user).filter(pk=fund_id).first()
    if found is None:
        raise NotFound(_("There is no such fund."))
    require(user, found.shop_id, Right.CHANGE_SHOP)
    if amount == 0 or abs(amount) > MOST:
        raise Refused(_("Say how much is missing or too much, in yuan."), pointer="amount")
    if not is_visible(note):
        raise Refused(_("Say what is corrected, and why."), pointer="note")
    if len(note.strip()) > MOST_LETTERS:
        raise Refused(_("At most %d characters.") % MOST_LETTERS, pointer="note")
    with transaction.atomic():
        entered = enter(
            locks.lock_fund(found.shop_id, found.kind),
            kind=FundEntryKind.CORRECTION,
            amount=amount,
            entry_no=f"correction-{uuid4().hex}",
            now=now,
            note=note.strip(),
            user=user,
        )
        trail.record(
            AuditKind.CORRECTION,
            shop_id=found.shop_id,
            user=user,
            now=now,
            subject=entered.entry_no,
            note=joined(" · ", [FundKind(found.kind).label, format_yuan(amount), note.strip()]),
        )
        return entered


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
            results[position] = unknown_shop(record.shop)
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


def lock_for_fund_entries(records: Sequence[FundEntryRecord], *, shop_pk: int) -> None:
    """The locks of a list that shares its caller's transaction: both funds, in order."""
    locks.lock_funds(shop_pk)


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
