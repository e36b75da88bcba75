"""Risks to read before a strategy is enabled (SPEC T2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from strategies.models import ExecutionTime, ProductCondition, Scenario, Strategy
from strategies.services.rulebook_content import strategy_content
from strategies.strategy_record import DEFAULT_DAILY_CAP
from strategies.wording.conditions import switches

_LOW_PRICED = {Scenario.POST_SHIP_REFUND, Scenario.POST_SHIP_WAIVE_RETURN}
# In fen. Amounts above it are called high; none is refused.
_HIGH = 100_000
_HIGH_FOR_LOW_PRICED = 10_000


def risks_of(strategy: Strategy, *, now: datetime) -> list[str]:
    """The risks of a strategy's scenario, and those of its own settings, in plain words."""
    content = strategy_content(strategy)
    return [
        *scenario_risks(strategy.scenario),
        *setting_risks(content, now=now),
        *missing_limits(content),
    ]


def scenario_risks(scenario: str) -> list[str]:
    """Risks of every strategy of the scenario."""
    risks = [_("Money is refunded without anybody looking; a mistake is the merchant's loss.")]
    if scenario == Scenario.PRE_SHIP_REFUND:
        risks.append(
            _(
                "What counts is the shipping status here, not where the parcel is: an order that "
                "was shipped but not yet reported is refunded all the same."
            )
        )
    elif scenario == Scenario.POST_SHIP_RETURN:
        risks.append(
            _(
                "The return is promised before anybody has looked at the case. The refund follows "
                "when the goods are confirmed received: look at them before you confirm."
            )
        )
    else:
        risks.append(_("The buyer has, or will get, the goods and keeps them."))
    return risks


def setting_risks(content: Mapping[str, Any], *, now: datetime) -> list[str]:
    """Dangerous or implausible settings of a strategy's content, which may be incomplete."""
    scenario = content["scenario"]
    single, daily = content.get("single_amount_cap") or 0, content.get("daily_cap") or 0
    every_product = content["product_condition"] == ProductCondition.ALL
    risks = []
    risks += [
        str(switch.danger) for switch in switches(scenario) if not content.get(switch.key, True)
    ]
    if scenario in _LOW_PRICED and every_product:
        risks.append(
            _("It is meant for low-priced goods, but no products are chosen: it takes all of them.")
        )
    high = _HIGH_FOR_LOW_PRICED if scenario in _LOW_PRICED else _HIGH
    if single > high:
        risks.append(
            _("The single-amount cap is high: more than %(amount)s a ticket.")
            % {"amount": _whole_yuan(high)}
        )
    if daily > DEFAULT_DAILY_CAP:
        risks.append(
            _("The daily cap is high: more than %(amount)s may leave in a day.")
            % {"amount": _whole_yuan(DEFAULT_DAILY_CAP)}
        )
    if (
        every_product
        and content["execution_time"] == ExecutionTime.ALL_DAY
        and not content["buyer_reasons"]
    ):
        risks.append(_("It works all day, for all goods and for whatever reason."))
    if content["product_condition"] == ProductCondition.INCLUDE and not (
        content["products"] or content["categories"]
    ):
        risks.append(_("It takes listed goods only, but none are listed: it takes nothing."))
    return risks + _validity_risks(content, now)


def missing_limits(content: Mapping[str, Any]) -> list[str]:
    """Limits that are not set and would make a mistake smaller."""
    missing = []
    if content.get("time_limit_hours") is None:
        missing.append(_("No time limit: it takes tickets however late they were applied for."))
    if not content.get("breaker"):
        missing.append(_("No circuit breaker: only the daily cap stops a wave of tickets."))
    return missing


def _validity_risks(content: Mapping[str, Any], now: datetime) -> list[str]:
    start, end = (_parse_time(content.get(key)) for key in ("valid_from", "valid_until"))
    if start and end and end <= start:
        return [_("Its validity ends before it begins: it takes nothing.")]
    if end and end <= now:
        return [_("Its validity is over: it takes nothing any more.")]
    return []


def _parse_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _whole_yuan(fen: int) -> str:
    return f"¥{fen // 100:,}"
