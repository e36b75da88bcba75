"""The content of revisions as people read it: labels for its keys, words for its values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from aftersale.admin.kit import columns, hours
from aftersale.domain.labels import REASONS
from aftersale.domain.money import format_yuan
from aftersale.domain.punctuation import COMMA, SEMICOLON
from aftersale.models import OrderStatus, Shop
from aftersale.services.shared.shown import EMPTY, format_time
from strategies.models import (
    ExecutionTime,
    FastRefundRuleKind,
    PaidTime,
    ProductCondition,
    Scenario,
    Strategy,
)
from strategies.wording.conditions import idle_switches

_MONEY = {"single_amount_cap", "daily_cap"}
_CHOICES = {
    "scenario": Scenario,
    "execution_time": ExecutionTime,
    "paid_time": PaidTime,
    "product_condition": ProductCondition,
}
_HIDDEN = {"id", "shop", "revision"}


def shown_content(content: Mapping[str, Any], shop: Shop | None = None) -> dict[Any, Any]:
    """Label -> value of a strategy's content, in the order of the strategy's fields; times are
    on the shop's clock."""
    labels = {field.name: field.verbose_name for field in Strategy._meta.fields}
    labels["breaker"] = _("circuit breaker")
    left_out = _HIDDEN | without_effect(content)
    keys = [key for key in labels if key in content and key not in left_out]
    return {labels[key]: shown(key, content[key], shop) for key in keys}


def without_effect(content: Mapping[str, Any]) -> set[str]:
    """Keys that decide nothing here, as they belong to another kind of scenario or execution time
    (SPEC T1, T7). Shown, they would look like conditions."""
    scenario = content.get("scenario", "")
    found = idle_switches(scenario)
    if scenario == Scenario.PRE_SHIP_REFUND:
        found.add("order_statuses")
    if content.get("execution_time") != ExecutionTime.OFF_HOURS:
        found.add("paid_time")
    if content.get("execution_time") != ExecutionTime.WINDOWS:
        found.add("windows")
    return found


def shown(key: str, value: Any, shop: Shop | None = None) -> Any:
    """One value of a strategy's content; money in it is fen."""
    if value in (None, "", [], {}):
        return EMPTY
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key in _MONEY:
        return format_yuan(value)
    if key in _CHOICES:
        return dict(_CHOICES[key].choices).get(value, value)
    if key in ("valid_from", "valid_until"):
        return _at(value, shop)
    if key == "windows":
        return hours.intervals(value)
    if key == "order_statuses":
        return str(COMMA).join(str(dict(OrderStatus.choices).get(word, word)) for word in value)
    if key == "buyer_reasons":
        return str(COMMA).join(str(columns.word(REASONS, word)) for word in value)
    if key == "breaker":
        return breaker(value)
    return str(COMMA).join(value) if isinstance(value, list) else value


def surroundings(content: Mapping[str, Any]) -> dict[Any, Any]:
    """Label -> value of a rulebook's settings besides strategies."""
    shown_values = {
        _("time zone"): content.get("timezone"),
        _("working hours"): hours.working_hours(content.get("working_hours") or {}),
        _("special days"): hours.special_days(content.get("special_days") or {}),
        _("buyer limit"): _buyer_limit(content.get("buyer_limit") or {}),
        _("opted into fast refund"): str(COMMA).join(
            f"{_at(start)} – {_at(end) if end else ''}"
            for start, end in content.get("fast_refund_periods") or []
        ),
        _("fast-refund rules"): str(SEMICOLON).join(
            str(_rule(rule)) for rule in content.get("fast_refund_rules") or []
        ),
    }
    return {label: value or EMPTY for label, value in shown_values.items()}


def _at(text: str, shop: Shop | None = None) -> str:
    return format_time(datetime.fromisoformat(text), shop)


def _buyer_limit(limit: Mapping[str, Any]) -> Any:
    parts = []
    if limit.get("count") is not None:
        parts.append(_("%(count)s automatic refunds") % {"count": limit["count"]})
    if limit.get("amount") is not None:
        parts.append(format_yuan(limit["amount"]))
    if not parts:
        return ""
    return _("at most %(what)s in %(days)s days") % {
        "what": _(" and ").join(str(part) for part in parts),
        "days": limit["days"],
    }


def _rule(rule: Mapping[str, Any]) -> Any:
    since = _at(rule["from"]) if rule.get("from") else _("the beginning")
    if rule["kind"] == FastRefundRuleKind.APPLIED_WITHIN_HOURS:
        return _("from %(since)s: applied within %(hours)s hours of payment") % {
            "since": since,
            "hours": rule["value"],
        }
    return _("from %(since)s: paid amount below %(amount)s") % {
        "since": since,
        "amount": format_yuan(rule["value"]),
    }


def breaker(value: Mapping[str, Any]) -> Any:
    parts = []
    if value.get("hits") is not None:
        parts.append(_("%(hits)s hits") % {"hits": value["hits"]})
    if value.get("amount") is not None:
        parts.append(format_yuan(value["amount"]))
    return _("more than %(what)s in %(minutes)s minutes") % {
        "what": _(" or ").join(str(part) for part in parts),
        "minutes": value["minutes"],
    }


def tripped(strategy: Strategy) -> Any:
    """Reason and time of the circuit breaker's opening (SPEC G3); empty while it is closed."""
    at = strategy.breaker_opened_by
    if not at:
        return ""
    return _("%(at)s: %(hits)s hits, %(amount)s within %(minutes)s minutes") % {
        "at": format_time(strategy.breaker_opened_at, strategy.shop),
        "hits": at["hits"],
        "amount": format_yuan(at["amount"]),
        "minutes": at["minutes"],
    }
