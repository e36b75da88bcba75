"""A decision's trace in words: what each strategy asked said, and on which figures (SPEC E8).

Everything comes from the rulebook revision that the decision names and the facts that it kept,
never from the strategy or the order as they are now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.admin.columns import moment, word, yuan
from aftersale.models import OrderStatus
from aftersale.words import REASONS
from strategies.engine.rulebook import compile_rulebook
from strategies.engine.trace import expand_trace
from strategies.models import Condition, Decision, Outcome, ProductCondition


@dataclass
class Asked:
    """One line of a trace; `failed` is None where the strategy hit."""

    scenario: str
    strategy: str
    content: Mapping[str, Any]
    failed: str | None


def trace_of(decision: Decision) -> list[Asked]:
    content = decision.rulebook.content
    lines = expand_trace(
        compile_rulebook(content),
        ticket_type=decision.type,
        order_status=decision.order_status,
        labels=decision.labels,
        spent=decision.spent,
        trace=decision.trace,
    )
    known = {(entry["scenario"], entry["name"]): entry for entry in content.get("strategies", [])}
    return [
        Asked(scenario, name, known[scenario, name], failed) for scenario, name, failed in lines
    ]


def used_before(decision: Decision, asked: list[Asked]) -> dict[int, int]:
    """What the strategies that failed their daily cap had approved that day, in fen (SPEC E4)."""
    ids = [line.content["id"] for line in asked if line.failed == Condition.DAILY_CAP]
    if not ids:
        return {}
    zone = ZoneInfo(decision.rulebook.content.get("timezone") or decision.shop.timezone)
    local = timezone.localtime(decision.decided_at, zone)
    start = datetime(local.year, local.month, local.day, tzinfo=zone)
    sums = (
        Decision.objects.filter(
            strategy__in=ids,
            decided_at__gte=start,
            decided_at__lt=start + timedelta(days=1),
            pk__lt=decision.pk,
        )
        .exclude(outcome=Outcome.MANUAL)
        .values_list("strategy")
        .annotate(Sum("amount"))
    )
    return dict(sums)


def words(decision: Decision, line: Asked, used: Mapping[int, int]) -> str:
    """Why the condition failed, with the figures it was held against."""
    if line.failed is None:
        return ""
    explain = _EXPLANATIONS[Condition(line.failed)]
    if line.failed == Condition.DAILY_CAP:
        return _("%(used)s used before, %(amount)s more would exceed %(cap)s") % {
            "used": yuan(used.get(line.content["id"], 0)),
            "amount": yuan(decision.amount),
            "cap": yuan(line.content["daily_cap"]),
        }
    return explain(decision, line.content)


def _validity(decision: Decision, entry: Mapping[str, Any]) -> str:
    return _("applied at %(at)s, valid %(from)s to %(until)s") % {
        "at": moment(decision.applied_at, decision.shop),
        "from": _day(decision, entry["valid_from"]),
        "until": _day(decision, entry["valid_until"]),
    }


def _day(decision: Decision, at: str | None) -> str:
    return moment(datetime.fromisoformat(at), decision.shop) if at else _("open")


def _execution_time(decision: Decision, entry: Mapping[str, Any]) -> str:
    at = moment(decision.applied_at, decision.shop)
    if entry["execution_time"] == "windows":
        windows = ", ".join(f"{start}–{end}" for start, end in entry["windows"])
        return _("applied at %(at)s, runs %(windows)s") % {"at": at, "windows": windows}
    return _("applied at %(at)s, within working hours") % {"at": at}


def _paid_time(decision: Decision, entry: Mapping[str, Any]) -> str:
    if decision.paid_at is None:
        return _("time of payment unknown")
    return _("paid at %(at)s, within working hours") % {
        "at": moment(decision.paid_at, decision.shop)
    }


def _order_status(decision: Decision, entry: Mapping[str, Any]) -> str:
    return _("the order was “%(status)s”") % {
        "status": dict(OrderStatus.choices).get(decision.order_status, decision.order_status)
    }


def _single_amount(decision: Decision, entry: Mapping[str, Any]) -> str:
    return _("%(amount)s is above %(cap)s") % {
        "amount": yuan(decision.amount),
        "cap": yuan(entry["single_amount_cap"]),
    }


def _time_limit(decision: Decision, entry: Mapping[str, Any]) -> str:
    since = {
        OrderStatus.PENDING_SHIPMENT: decision.paid_at,
        OrderStatus.SHIPPED: decision.shipped_at,
        OrderStatus.DELIVERED: decision.delivered_at,
    }.get(OrderStatus(decision.order_status))
    if since is None:
        return _("the time from which it counts is unknown")
    return _("applied at %(at)s, more than %(hours)s hours after %(since)s") % {
        "at": moment(decision.applied_at, decision.shop),
        "hours": entry["time_limit_hours"],
        "since": moment(since, decision.shop),
    }


def _label_printed(decision: Decision, entry: Mapping[str, Any]) -> str:
    return _("printed at %(at)s") % {"at": moment(decision.label_printed_at, decision.shop)}


def _product(decision: Decision, entry: Mapping[str, Any]) -> str:
    products = ", ".join(decision.products)
    if entry["product_condition"] == ProductCondition.EXCLUDE:
        return _("%(products)s: one of them is excluded") % {"products": products}
    return _("%(products)s: not all of them are listed") % {"products": products}


def _buyer_reason(decision: Decision, entry: Mapping[str, Any]) -> str:
    return _("the buyer's reason “%(reason)s” is not among those chosen") % {
        "reason": word(REASONS, decision.reason)
    }


def _buyer_guard(decision: Decision, entry: Mapping[str, Any]) -> str:
    if decision.buyer_blocked:
        return _("the buyer is on the block list")
    return _("the buyer had %(count)s automatic refunds, %(sum)s in all") % {
        "count": decision.buyer_count or 0,
        "sum": yuan(decision.buyer_sum or 0),
    }


_EXPLANATIONS = {
    Condition.ENABLED: lambda decision, entry: _("switched off at that moment"),
    Condition.VALIDITY: _validity,
    Condition.EXECUTION_TIME: _execution_time,
    Condition.PAID_TIME: _paid_time,
    Condition.ORDER_STATUS: _order_status,
    Condition.SINGLE_AMOUNT: _single_amount,
    Condition.TIME_LIMIT: _time_limit,
    Condition.LABEL_PRINTED: _label_printed,
    Condition.PRODUCT: _product,
    Condition.BUYER_REASON: _buyer_reason,
    Condition.BUYER_GUARD: _buyer_guard,
    Condition.DAILY_CAP: lambda decision, entry: "",
}
