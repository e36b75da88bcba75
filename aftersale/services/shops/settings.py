"""A shop's settings: hours, special days, fast refund, guards, commission return.

Each call saves one section of the settings: one event that says in words what changed, and, where
decisions depend on it, the signal that makes a new rulebook. `seen` is the section as the person
saw it, from the function of this module that reads it: where somebody else has saved meanwhile
the call raises Stale and says what became of it. Everything wrong is Refused with the pointer of
the field, in the words of the shop record (INTERFACES, shop).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import pgettext
from pydantic import ValidationError

from aftersale.domain.identifiers import clean_identifier
from aftersale.domain.money import plain_yuan
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.working_week import DAY, WEEKDAYS, days_in_words, span
from aftersale.models import ApprovalLimit, AuditKind, FastRefundPeriod, Role, Shop
from aftersale.records.errors import explain
from aftersale.records.schemas import ShopRecord
from aftersale.services.access.rights import ROLES, Right, require, shops_of
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import NotFound, Refused, Stale
from aftersale.services.shops.settings_history import (
    approval_changes,
    archive_changes,
    commission_changes,
    day_changes,
    hours_changes,
    interval,
    limit_changes,
    retention_changes,
)
from aftersale.signals import shop_changed

# Months that personal data may be kept: open requests need theirs, and nothing is kept for ever.
SHORTEST_RETENTION, LONGEST_RETENTION = 3, 120
# Months that tickets stay in the database: as far as trial runs and figures look back, at least.
SHORTEST_ARCHIVE, LONGEST_ARCHIVE = 14, 120

Intervals = Sequence[Sequence[str]]
Content = dict[str, Any]
# The roles that approve at all, the highest first (SPEC P1).
APPROVERS = [role for role in Role if role in ROLES[Right.HANDLE_TICKETS]]


def hours_of(shop: Shop) -> Content:
    """The time zone and the weekly hours."""
    return {"timezone": shop.timezone, "working_hours": shop.working_hours}


def special_days_of(shop: Shop, days: Iterable[str]) -> dict[str, Any]:
    """The hours of these dates; None where a date has none of its own."""
    return {day: shop.special_days.get(day) for day in days}


def buyer_limit_of(shop: Shop) -> Content:
    """The amount is in fen; all None is off (SPEC G1)."""
    return {
        "days": shop.buyer_limit_days,
        "count": shop.buyer_limit_count,
        "amount": shop.buyer_limit_amount,
    }


def commission_return_of(shop: Shop) -> Content:
    """SPEC W4's settings."""
    opened = shop.wallet_opened_at
    return {
        "wallet_opened_at": opened.isoformat() if opened else None,
        "categories": shop.commission_categories,
        "days": shop.commission_days,
    }


def retention_of(shop: Shop) -> Content:
    """For how long personal data are kept (SPEC P7)."""
    return {"months": shop.retention_months}


def archive_of(shop: Shop) -> Content:
    """After how many months old tickets go to files (SPEC O12); None: never."""
    return {"archive_months": shop.archive_months}


def approval_limits_of(shop: Shop) -> Content:
    """Up to how many fen each role that approves does so alone; None: any amount (SPEC G4)."""
    kept = dict(shop.approval_limits.values_list("role", "amount"))
    return {role.value: kept.get(role) for role in APPROVERS}


@transaction.atomic
def set_hours(
    *,
    shop_id: int,
    timezone: str,
    working_hours: Mapping[str, Intervals],
    seen: Content,
    user: User,
    now: datetime,
) -> None:
    """Sets the week's working hours and the zone on whose clock they are read (SPEC T7)."""
    shop = _enter(shop_id, Right.CHANGE_SHOP, user=user)
    record = _checked(timezone=timezone, working_hours=working_hours)
    hours = record.model_dump(mode="json", include={"working_hours"})["working_hours"]
    hours = {day: hours[day] for day in WEEKDAYS if hours.get(day)}
    _refuse_overlaps_in_the_week(hours)
    before, after = hours_of(shop), {"timezone": record.timezone, "working_hours": hours}
    if changes := _changes(seen, before, after, hours_changes):
        shop.timezone, shop.working_hours = record.timezone, hours
        shop.save(update_fields=["timezone", "working_hours"])
        _written(shop, changes, user=user, now=now)


@transaction.atomic
def set_special_days(
    *,
    shop_id: int,
    days: Mapping[str, Intervals | None],
    seen: Mapping[str, Any],
    user: User,
    now: datetime,
) -> None:
    """Gives dates hours of their own: none of them is a day off, None an ordinary day again."""
    shop = _enter(shop_id, Right.CHANGE_SHOP, user=user)
    given = {day: hours for day, hours in days.items() if hours is not None}
    record = _checked(special_days=given)
    hours = record.model_dump(mode="json", include={"special_days"})["special_days"]
    for day, intervals in hours.items():
        _refuse_overlaps(day, intervals, pointer=f"special_days.{day}")
    before = special_days_of(shop, days)
    after = {day: hours.get(day) for day in days}
    if changes := _changes(dict(seen), before, after, day_changes):
        kept = {day: own for day, own in shop.special_days.items() if day not in days}
        kept |= {day: own for day, own in after.items() if own is not None}
        shop.special_days = _checked(special_days=kept).model_dump(
            mode="json", include={"special_days"}
        )["special_days"]
        shop.save(update_fields=["special_days"])
        _written(shop, changes, user=user, now=now)


@transaction.atomic
def opt_in(*, shop_id: int, user: User, now: datetime) -> None:
    """Opts the shop into fast refund from now on, with no end (SPEC F1)."""
    shop = _enter(shop_id, Right.CHANGE_SHOP, user=user)
    periods = shop.fast_refund_periods
    current = periods.filter(starts_at__lte=now).exclude(ends_at__lte=now).first()
    if current is not None and current.ends_at is None:
        return
    # A period without an end takes in whatever a file has announced for later.
    later = periods.filter(starts_at__gt=now)
    changes = [_("Opted into fast refund"), *_taken_out(shop, later)]
    later.delete()
    if current is None:
        periods.create(starts_at=now)
    else:
        current.ends_at = None
        current.save(update_fields=["ends_at"])
    _written(shop, changes, user=user, now=now)


@transaction.atomic
def opt_out(*, shop_id: int, user: User, now: datetime) -> None:
    """Ends fast refund for orders paid from now on; past periods are kept (SPEC F1)."""
    shop = _enter(shop_id, Right.CHANGE_SHOP, user=user)
    periods = shop.fast_refund_periods
    later = periods.filter(starts_at__gte=now)
    changes = [_("Opted out of fast refund"), *_taken_out(shop, later)]
    deleted, _rows = later.delete()
    running = periods.exclude(ends_at__lte=now)
    if running.update(ends_at=now) or deleted:
        _written(shop, changes, user=user, now=now)


@transaction.atomic
def set_buyer_limit(
    *,
    shop_id: int,
    days: int | None,
    count: int | None,
    amount: int | None,
    seen: Content,
    user: User,
    now: datetime,
) -> None:
    """Limits a buyer's automatic refunds in so many days; the amount is in fen (SPEC G1).

    All None switches the limit off.
    """
    shop = _enter(shop_id, Right.CHANGE_STRATEGIES, user=user)
    if days is None and (count is not None or amount is not None):
        raise Refused(_("Say in how many days the limit counts."), pointer="buyer_limit.days")
    if days is not None:
        if count is None and amount is None:
            raise Refused(
                _("Give a number of refunds, an amount, or both."), pointer="buyer_limit.count"
            )
        limit = {
            "days": days,
            "count": count,
            "amount": None if amount is None else plain_yuan(amount),
        }
        _checked(buyer_limit=limit)
    after = {"days": days, "count": count, "amount": amount}
    if changes := _changes(seen, buyer_limit_of(shop), after, limit_changes):
        shop.buyer_limit_days, shop.buyer_limit_count = days, count
        shop.buyer_limit_amount = amount
        shop.save(update_fields=["buyer_limit_days", "buyer_limit_count", "buyer_limit_amount"])
        _written(shop, changes, user=user, now=now)


@transaction.atomic
def set_commission_return(
    *,
    shop_id: int,
    wallet_opened_at: datetime | None,
    categories: Sequence[str],
    days: int | None,
    seen: Content,
    user: User,
    now: datetime,
) -> None:
    """Sets for what commission comes back through windows (SPEC W4)."""
    shop = _enter(shop_id, Right.CHANGE_SHOP, user=user)
    categories = list(dict.fromkeys(clean_identifier(category) for category in categories))
    if days is None and categories:
        raise Refused(
            _("Say within how many days after completion commission comes back."),
            pointer="commission_return.days",
        )
    if days is not None:
        _checked(commission_return={"categories": categories, "days": days})
    after = {
        "wallet_opened_at": wallet_opened_at.isoformat() if wallet_opened_at else None,
        "categories": categories,
        "days": days,
    }
    zone = ZoneInfo(shop.timezone)
    if changes := _changes(
        seen,
        commission_return_of(shop),
        after,
        lambda before, after: commission_changes(before, after, zone),
    ):
        shop.wallet_opened_at = wallet_opened_at
        shop.commission_categories, shop.commission_days = categories, days
        shop.save(update_fields=["wallet_opened_at", "commission_categories", "commission_days"])
        # No decision depends on it.
        _event(shop, changes, user=user, now=now)


@transaction.atomic
def set_retention(*, shop_id: int, months: int, seen: Content, user: User, now: datetime) -> None:
    """Sets after how many months personal data are erased (SPEC P7)."""
    shop = _enter(shop_id, Right.CHANGE_SHOP, user=user)
    if not SHORTEST_RETENTION <= months <= LONGEST_RETENTION:
        raise Refused(
            _("Between %(least)d and %(most)d months.")
            % {"least": SHORTEST_RETENTION, "most": LONGEST_RETENTION},
            pointer="months",
        )
    after = {"months": months}
    if changes := _changes(seen, retention_of(shop), after, retention_changes):
        shop.retention_months = months
        shop.save(update_fields=["retention_months"])
        # No decision depends on it.
        _event(shop, changes, user=user, now=now)


@transaction.atomic
def set_archive(
    *, shop_id: int, months: int | None, seen: Content, user: User, now: datetime
) -> None:
    """Sets after how many months old tickets go to files (SPEC O12); None is off. What is in files
    already stays there."""
    shop = _enter(shop_id, Right.CHANGE_SHOP, user=user)
    if months is not None and not SHORTEST_ARCHIVE <= months <= LONGEST_ARCHIVE:
        raise Refused(
            _("Between %(least)d and %(most)d months.")
            % {"least": SHORTEST_ARCHIVE, "most": LONGEST_ARCHIVE},
            pointer="archive_months",
        )
    after = {"archive_months": months}
    if changes := _changes(seen, archive_of(shop), after, archive_changes):
        shop.archive_months = months
        shop.save(update_fields=["archive_months"])
        # No decision depends on it.
        _event(shop, changes, user=user, now=now)


@transaction.atomic
def set_approval_limits(
    *,
    shop_id: int,
    limits: Mapping[str, int | None],
    seen: Content,
    user: User,
    now: datetime,
) -> None:
    """Sets up to how many fen each role approves alone; None: any amount. All None is off.

    What waits for a second person goes on waiting (SPEC G4).
    """
    shop = _enter(shop_id, Right.CHANGE_SHOP, user=user)
    after = {role.value: limits.get(role) for role in APPROVERS}
    if changes := _changes(seen, approval_limits_of(shop), after, approval_changes):
        shop.approval_limits.all().delete()
        ApprovalLimit.objects.bulk_create(
            ApprovalLimit(shop=shop, role=role, amount=amount)
            for role, amount in after.items()
            if amount is not None
        )
        # No decision of the automation depends on it.
        _event(shop, changes, user=user, now=now)


def _taken_out(shop: Shop, later: Iterable[FastRefundPeriod]) -> list[str]:
    zone = ZoneInfo(shop.timezone)
    return [
        _("Taken out, had not begun: from %(start)s")
        % {"start": f"{period.starts_at.astimezone(zone):%Y-%m-%d %H:%M}"}
        for period in later
    ]


def _enter(shop_id: int, right: Right, *, user: User) -> Shop:
    """The shop, locked: sections are compared and saved one after the other."""
    if not shops_of(user).filter(pk=shop_id).exists():
        raise NotFound(_("There is no such shop."))
    require(user, shop_id, right)
    return locks.lock_shop(shop_id)


def _checked(**fields: Any) -> ShopRecord:
    """The fields as a record of a file would have to have them."""
    try:
        return ShopRecord.model_validate({"code": "-", "name": "-", **fields})
    except ValidationError as error:
        wrong = explain(error)[0]
        raise Refused(wrong.message, pointer=wrong.pointer) from None


def _refuse_overlaps(name: str, intervals: Intervals, *, pointer: str) -> None:
    for first, second in pairwise(sorted(intervals, key=span)):
        if span(second)[0] < span(first)[1]:
            raise Refused(
                _("%(day)s: %(first)s and %(second)s overlap.")
                % {"day": name, "first": interval(first), "second": interval(second)},
                pointer=pointer,
            )


def _refuse_overlaps_in_the_week(hours: Mapping[str, Intervals]) -> None:
    for number, day in enumerate(WEEKDAYS):
        name, pointer = days_in_words([number], alone=True), f"working_hours.{day}"
        _refuse_overlaps(name, hours.get(day, ()), pointer=pointer)
        own = sorted(hours.get(day, ()), key=span)
        before = sorted(hours.get(WEEKDAYS[number - 1], ()), key=span)
        if own and before and span(before[-1])[1] - DAY > span(own[0])[0]:
            raise Refused(
                _("%(before)s %(first)s runs into %(day)s %(second)s.")
                % {
                    "before": days_in_words([(number - 1) % 7], alone=True),
                    "first": interval(before[-1]),
                    "day": name,
                    "second": interval(own[0]),
                },
                pointer=pointer,
            )


Words = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]


def _changes(
    seen: Mapping[str, Any], present: Mapping[str, Any], after: Mapping[str, Any], words: Words
) -> list[str]:
    """The changes of saving, in words; raises Stale if the person saw other settings."""
    if meanwhile := words(seen, present):
        raise Stale(
            _("Somebody else has saved meanwhile, and nothing of yours was: %(changes)s")
            % {"changes": pgettext("between changes", "; ").join(meanwhile)}
        )
    return words(present, after)


def _written(shop: Shop, changes: Sequence[str], *, user: User, now: datetime) -> None:
    _event(shop, changes, user=user, now=now)
    shop_changed.send(Shop, shop_id=shop.pk, user=user, now=now)


def _event(shop: Shop, changes: Sequence[str], *, user: User, now: datetime) -> None:
    note = joined("\n", changes)
    trail.record(AuditKind.CHANGED, shop_id=shop.pk, user=user, now=now, note=note)
