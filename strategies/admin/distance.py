"""By how much a strategy's condition failed: what a person asks first of a case (SPEC E8).

Empty where a condition knows no near or far.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.admin.columns import yuan
from aftersale.models import OrderStatus
from strategies.models import Condition, Decision

from .explain import Asked

DAY_MINUTES = 24 * 60


def distance(decision: Decision, line: Asked, used: Mapping[int, int]) -> str:
    entry = line.content
    if line.failed == Condition.SINGLE_AMOUNT:
        return _("%(over)s over the single-amount cap") % {
            "over": yuan(decision.amount - entry["single_amount_cap"])
        }
    if line.failed == Condition.DAILY_CAP:
        total = used.get(entry["id"], 0) + decision.amount
        return _("%(over)s over the daily cap") % {"over": yuan(total - entry["daily_cap"])}
    if line.failed == Condition.TIME_LIMIT:
        return _time_limit(decision, entry)
    if line.failed == Condition.VALIDITY:
        return _validity(decision, entry)
    if line.failed == Condition.EXECUTION_TIME and entry["execution_time"] == "windows":
        return _windows(decision, entry)
    if line.failed == Condition.LABEL_PRINTED and decision.label_printed_at is not None:
        since = decision.decided_at - decision.label_printed_at
        return _("printed %(span)s before") % {"span": span(since)}
    if line.failed == Condition.BUYER_GUARD and not decision.buyer_blocked:
        return _buyer_guard(decision)
    return ""


def span(length: timedelta) -> str:
    """A length of time in its two largest units."""
    minutes = max(int(length.total_seconds()) // 60, 1)
    days, hours = minutes // DAY_MINUTES, minutes // 60 % 24
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes % 60}
    return _("%(minutes)d min") % {"minutes": minutes}


def _time_limit(decision: Decision, entry: Mapping[str, Any]) -> str:
    since = {
        OrderStatus.PENDING_SHIPMENT: decision.paid_at,
        OrderStatus.SHIPPED: decision.shipped_at,
        OrderStatus.DELIVERED: decision.delivered_at,
    }.get(OrderStatus(decision.order_status))
    if since is None:
        return ""
    late = decision.applied_at - since - timedelta(hours=entry["time_limit_hours"])
    return _("%(span)s too late") % {"span": span(late)}


def _validity(decision: Decision, entry: Mapping[str, Any]) -> str:
    start, end = entry["valid_from"], entry["valid_until"]
    if start and decision.applied_at < (starts := datetime.fromisoformat(start)):
        return _("%(span)s before it began") % {"span": span(starts - decision.applied_at)}
    if not end:
        return ""
    return _("%(span)s after it had ended") % {
        "span": span(decision.applied_at - datetime.fromisoformat(end))
    }


def _windows(decision: Decision, entry: Mapping[str, Any]) -> str:
    """To the nearest window's edge, on the shop's wall clock."""
    zone = ZoneInfo(decision.rulebook.content.get("timezone") or decision.shop.timezone)
    local = timezone.localtime(decision.applied_at, zone)
    at = local.hour * 60 + local.minute
    away = []
    for start, end in entry["windows"]:
        away += [(_minute(start) - at) % DAY_MINUTES, (at - _minute(end)) % DAY_MINUTES]
    if not away:
        return ""
    return _("%(span)s outside") % {"span": span(timedelta(minutes=min(away)))}


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")[:2]
    return int(hours) * 60 + int(minutes)


def _buyer_guard(decision: Decision) -> str:
    limit = decision.rulebook.content.get("buyer_limit") or {}
    count, amount = limit.get("count"), limit.get("amount")
    if count is not None and (decision.buyer_count or 0) >= count:
        return _("at most %(count)s in %(days)s days") % {"count": count, "days": limit["days"]}
    if amount is None:
        return ""
    over = (decision.buyer_sum or 0) + decision.amount - amount
    return _("%(over)s over the buyer's limit") % {"over": yuan(over)}
