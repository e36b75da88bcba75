"""Shops: their records, the pause switch, the block list (SPEC O7, F1, G1, G2)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import clean_identifier
from aftersale.domain.multilingual import joined
from aftersale.models import (
    HANDS_OFF,
    AuditEntry,
    AuditKind,
    BlockedBuyer,
    FastRefundPeriod,
    Fund,
    FundKind,
    Shop,
    Ticket,
    TicketFlag,
    TicketStatus,
)
from aftersale.platforms.payment_registry import sends
from aftersale.records.schemas import ShopRecord
from aftersale.services.access.rights import Right, require
from aftersale.services.buyers import erased
from aftersale.services.buyers.named import named_buyer
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.shared.outcomes import CHANGED, NEW, UNCHANGED, Result
from aftersale.services.shops import settings_history
from aftersale.signals import shop_changed, tickets_waiting
from config import acting

_PAUSE = ["automation_paused_at", "automation_paused_by", "automation_paused_token"]

# Tickets that are set waiting by one statement when a shop resumes.
_RESUME_BATCH = 5_000


class KnownShop(NamedTuple):
    """The shop's data that records naming it by its code need."""

    id: int
    platform: str
    # Tickets from before it may have been paid: a backup was restored, and nobody can be asked
    # (SPEC G6).
    in_doubt_until: datetime | None = None

    @classmethod
    def of(cls, shop: Shop) -> "KnownShop":
        return cls(shop.pk, shop.platform, None if sends(shop.connector) else shop.lost_until)


def known(codes: Iterable[str]) -> dict[str, KnownShop]:
    """The shops that exist among `codes`."""
    rows = Shop.objects.filter(code__in=list(codes))
    columns = ("code", "platform", "connector", "lost_until")
    return {shop.code: KnownShop.of(shop) for shop in rows.only(*columns)}


def upsert(record: ShopRecord, *, now: datetime) -> Result:
    """Writes a shop as its record has it.

    Keys that the record leaves out take their defaults in a new shop and change nothing in one
    that is there. `automation_paused: true` pauses; `false` never resumes (SPEC O7). The lists of
    fast-refund periods and of blocked buyers are the shop's lists from then on; what they were
    before is in the audit trail.
    """
    with transaction.atomic():
        shop = _lock(code=record.code)
        if shop is None:
            if create(record, user=None, now=now):
                return NEW
            # Another process has made it meanwhile.
            shop = _lock(code=record.code)
            assert shop is not None
        changes = _changes(shop, record)
        blocked = _blocked(shop, record)
        pauses = record.automation_paused and not shop.automation_paused
        if not changes and not blocked and not pauses:
            return UNCHANGED
        if changes:
            _entry(shop, AuditKind.CHANGED, now, note=joined("\n", changes))
        for kind, buyer in blocked:
            _entry(shop, kind, now, filters={"buyer": buyer})
        if pauses:
            shop.automation_paused_at = now
            _entry(shop, AuditKind.PAUSED, now)
        shop.save()
        shop_changed.send(Shop, shop_id=shop.pk, user=None, now=now)
        return CHANGED


@transaction.atomic
def create(record: ShopRecord, *, user: User | None, now: datetime) -> Shop | None:
    """Makes the shop; None where there is one with its code."""
    shop = Shop(code=record.code, automation_paused_at=now if record.automation_paused else None)
    for name, value in _columns(record).items():
        setattr(shop, name, value)
    try:
        with transaction.atomic():
            shop.save()
    except IntegrityError:
        if not Shop.objects.filter(code=record.code).exists():
            raise
        return None
    Fund.objects.bulk_create([Fund(shop=shop, kind=kind) for kind in FundKind])
    _periods(shop, record, ZoneInfo(record.timezone))
    _blocked(shop, record)
    _entry(shop, AuditKind.CREATED, now, user=user)
    if shop.automation_paused:
        _entry(shop, AuditKind.PAUSED, now, user=user)
    shop_changed.send(Shop, shop_id=shop.pk, user=user, now=now)
    return shop


def pause(*, shop_id: int, user: User, now: datetime) -> None:
    """Stops all automatic refunds of the shop but fast refund (SPEC G2)."""
    require(user, shop_id, Right.CHANGE_STRATEGIES)
    with transaction.atomic():
        shop = _get(shop_id)
        if shop.automation_paused:
            return
        shop.automation_paused_at, shop.automation_paused_by = now, user
        shop.automation_paused_token_id = acting.token()
        shop.save(update_fields=_PAUSE)
        _entry(shop, AuditKind.PAUSED, now, user=user)
        shop_changed.send(Shop, shop_id=shop_id, user=user, now=now)


def resume(*, shop_id: int, user: User, now: datetime) -> None:
    """Lets the automation go on; it looks at all tickets under review again (SPEC E1)."""
    require(user, shop_id, Right.CHANGE_STRATEGIES)
    with transaction.atomic():
        shop = _get(shop_id)
        if not shop.automation_paused:
            return
        shop.automation_paused_at = shop.automation_paused_by = None
        shop.automation_paused_token_id = None
        shop.save(update_fields=_PAUSE)
        _entry(shop, AuditKind.RESUMED, now, user=user)
        # Before the tickets: receivers of the signal may lock the evaluator's lane.
        shop_changed.send(Shop, shop_id=shop_id, user=user, now=now)
        if _set_waiting(shop_id):
            tickets_waiting.send(Shop, shop_ids={shop_id})
        wake_payer()  # the refunds that the pause held back


def look_again(*, shop_id: int, user: User | None, now: datetime) -> None:
    """Has all tickets under review evaluated again, as after a change of strategies (SPEC E1).

    Those that were open before the shop was connected to its platform are among them from now on.
    `user` None is the operator's console.
    """
    if user is not None:
        require(user, shop_id, Right.CHANGE_STRATEGIES)
    with transaction.atomic():
        shop = _get(shop_id)
        if _set_waiting(shop_id, old_ones=True):
            _entry(shop, AuditKind.LOOKED_AGAIN, now, user=user)
            tickets_waiting.send(Shop, shop_ids={shop_id})


def block_buyer(*, shop_id: int, buyer: str, user: User, now: datetime, note: str = "") -> bool:
    """No strategy refunds this buyer from now on (SPEC G1). False: it was on the list before."""
    require(user, shop_id, Right.CHANGE_STRATEGIES)
    buyer = checked_buyer(buyer, note)
    return bool(block_buyers(shop_id=shop_id, notes={buyer: note}, user=user, now=now))


def checked_buyer(buyer: str, note: str) -> str:
    """The buyer as SPEC O9 reads it, if the two can stand on the block list; else Refused."""
    buyer = named_buyer(buyer)
    for pointer, text, most in (("buyer", buyer, 64), ("note", note, 500)):
        if len(text) > most:
            raise Refused(_("At most %(most)d characters.") % {"most": most}, pointer=pointer)
    return buyer


def block_buyers(
    *, shop_id: int, notes: Mapping[str, str], user: User, now: datetime
) -> frozenset[str]:
    """Checked buyers, with why; those who were not on the list before. The rules change once,
    however many there are."""
    require(user, shop_id, Right.CHANGE_STRATEGIES)
    with transaction.atomic():
        shop = _get(shop_id)
        # Erased buyers are blocked by their stand-ins (SPEC P7).
        given = {stored: buyer for buyer, stored in _stored(shop_id, notes).items()}
        known = BlockedBuyer.objects.filter(shop=shop, buyer__in=given)
        added = given.keys() - set(known.values_list("buyer", flat=True))
        fresh = [buyer for buyer in given if buyer in added]
        BlockedBuyer.objects.bulk_create(
            BlockedBuyer(shop=shop, buyer=buyer, note=notes[given[buyer]], created_by=user)
            for buyer in fresh
        )
        kind = AuditKind.BUYER_BLOCKED
        AuditEntry.objects.bulk_create(
            trail.entry(kind, shop_id=shop_id, user=user, now=now, filters={"buyer": buyer})
            for buyer in fresh
        )
        if fresh:
            shop_changed.send(Shop, shop_id=shop_id, user=user, now=now)
    return frozenset(given[buyer] for buyer in fresh)


def unblock_buyer(*, shop_id: int, buyer: str, user: User, now: datetime) -> None:
    require(user, shop_id, Right.CHANGE_STRATEGIES)
    with transaction.atomic():
        shop = _get(shop_id)
        buyer = erased.here(shop_id, clean_identifier(buyer))
        deleted, _rows = BlockedBuyer.objects.filter(shop=shop, buyer=buyer).delete()
        if deleted:
            _entry(shop, AuditKind.BUYER_UNBLOCKED, now, user=user, filters={"buyer": buyer})
            shop_changed.send(Shop, shop_id=shop_id, user=user, now=now)


def _stored(shop_id: int, buyers: Iterable[str]) -> dict[str, str]:
    """The numbers as they are stored: of erased buyers their stand-ins."""
    given = list(buyers)
    found = erased.stand_ins((shop_id, buyer) for buyer in given)
    return {buyer: found.get((shop_id, buyer), buyer) for buyer in given}


def _lock(**key: Any) -> Shop | None:
    pk = Shop.objects.filter(**key).values_list("pk", flat=True).first()
    return None if pk is None else locks.lock_shop(pk)


def _get(shop_id: int) -> Shop:
    shop = _lock(pk=shop_id)
    if shop is None:
        raise NotFound(_("There is no such shop."))
    return shop


def _entry(
    shop: Shop, kind: AuditKind, now: datetime, *, user: User | None = None, **more: Any
) -> None:
    trail.record(kind, shop_id=shop.pk, user=user, now=now, **more)


def _set_waiting(shop_id: int, *, old_ones: bool = False) -> bool:
    """Sets tickets waiting under the orders' locks, in batches in key order, like all locks on
    several tickets."""
    concerned = Q(status=TicketStatus.PENDING_REVIEW, awaiting_evaluation=False)
    if old_ones:
        concerned |= Q(flags__contains=[TicketFlag.BEFORE_CONNECTION])
    locks.lock_orders_of(Ticket.objects.filter(concerned, shop=shop_id, order__isnull=False))
    if old_ones:
        _release_old_ones(shop_id)
    idle = Ticket.objects.filter(
        shop=shop_id,
        status=TicketStatus.PENDING_REVIEW,
        order__isnull=False,
        awaiting_evaluation=False,
    ).exclude(flags__overlap=HANDS_OFF)
    last, found = 0, False
    while True:
        pks = list(
            idle.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_RESUME_BATCH]
        )
        if not pks:
            return found
        locked = list(locks.lock_tickets(pks).values_list("pk", flat=True))
        # Asked again under the lock: a ticket may have been decided meanwhile.
        if idle.filter(pk__in=locked).update(awaiting_evaluation=True):
            found = True
        last = pks[-1]


def _release_old_ones(shop_id: int) -> None:
    flag = TicketFlag.BEFORE_CONNECTION
    old_ones = Ticket.objects.filter(shop=shop_id, flags__contains=[flag])
    while pks := list(old_ones.order_by("pk").values_list("pk", flat=True)[:_RESUME_BATCH]):
        locked = list(locks.lock_tickets(pks).values_list("pk", flat=True))
        Ticket.objects.filter(pk__in=locked).update(
            flags=Func(F("flags"), Value(flag.value), function="array_remove")
        )


def _columns(record: ShopRecord) -> dict[str, Any]:
    """The columns that the record's keys stand for."""
    limit, commission = record.buyer_limit, record.commission_return
    plain = record.model_dump(mode="json", include={"working_hours", "special_days"})
    return {
        "name": record.name,
        "platform": record.platform,
        "status": record.status,
        "timezone": record.timezone,
        "working_hours": plain["working_hours"],
        "special_days": plain["special_days"],
        "buyer_limit_days": limit.days if limit else None,
        "buyer_limit_count": limit.count if limit else None,
        "buyer_limit_amount": limit.amount if limit else None,
        "wallet_opened_at": record.wallet_opened_at,
        "commission_categories": list(commission.categories) if commission else [],
        "commission_days": commission.days if commission else None,
    }


_KEYS = {"buyer_limit": "buyer_limit_", "commission_return": "commission_"}


def _given(record: ShopRecord, column: str) -> bool:
    return any(
        column == key or column.startswith(_KEYS.get(key, "\0")) for key in record.model_fields_set
    )


def _changes(shop: Shop, record: ShopRecord) -> list[str]:
    """Sets what differs on the shop, which the caller saves, and says what did."""
    changes = []
    zone = ZoneInfo(record.timezone)
    for column, value in _columns(record).items():
        before = getattr(shop, column)
        if _given(record, column) and before != value:
            setattr(shop, column, value)
            changes += settings_history.column_changes(column, before, value, zone)
    if "fast_refund_periods" in record.model_fields_set:
        changes += _periods(shop, record, zone)
    return changes


def _periods(shop: Shop, record: ShopRecord, zone: ZoneInfo) -> list[str]:
    before = sorted(shop.fast_refund_periods.values_list("starts_at", "ends_at"))
    after = sorted(record.fast_refund_periods)
    if before == after:
        return []
    # All at once: moving a period could otherwise collide with the one open period allowed.
    shop.fast_refund_periods.all().delete()
    FastRefundPeriod.objects.bulk_create(
        [FastRefundPeriod(shop=shop, starts_at=start, ends_at=end) for start, end in after]
    )
    shown = [settings_history.spans(periods, zone) for periods in (before, after)]
    return [settings_history.change(FastRefundPeriod._meta.verbose_name_plural, *shown)]


def _blocked(shop: Shop, record: ShopRecord) -> list[tuple[AuditKind, str]]:
    """Sets the block list; the buyers that came on it and that left it."""
    if "blocked_buyers" not in record.model_fields_set:
        return []
    before = set(shop.blocked_buyers.values_list("buyer", flat=True))
    after = set(_stored(shop.pk, record.blocked_buyers).values())
    if before == after:
        return []
    shop.blocked_buyers.filter(buyer__in=before - after).delete()
    BlockedBuyer.objects.bulk_create(
        [BlockedBuyer(shop=shop, buyer=buyer) for buyer in sorted(after - before)]
    )
    blocked = [(AuditKind.BUYER_BLOCKED, buyer) for buyer in sorted(after - before)]
    return blocked + [(AuditKind.BUYER_UNBLOCKED, buyer) for buyer in sorted(before - after)]
