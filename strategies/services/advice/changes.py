"""A rule found for a strategy that exists, as changes of its content (SPEC M6). Amounts in fen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from strategies.advice.attributes import (
    NO_AMOUNT_LIMIT,
    Attribute,
    amount,
    goods,
    hours,
    reasons,
)
from strategies.advice.rule import STATUSES, Goods, Rule, Words, clock
from strategies.engine.vocabulary import PRE_SHIP

BOTH = ["shipped", "delivered"]


class Wider(NamedTuple):
    """A condition that may let more in: what to look at, and the setting that is looked for there;
    None takes all of it or nothing."""

    key: str
    loosened: dict[str, Any]
    attribute: Attribute | None


def narrower(given: Mapping[str, Any], rule: Rule, words: Words) -> dict[str, Any] | None:
    """The keys that the condition changes; None where the strategy has one of the kind already
    with which it cannot be put together."""
    if rule.goods is not None:
        return _fewer_goods(given, rule.goods, words)
    if rule.most_hours is not None:
        present = given["time_limit_hours"]
        if present is not None and present <= rule.most_hours:
            return None
        return {"time_limit_hours": rule.most_hours}
    if rule.window is not None or rule.off_hours is not None:
        if given["execution_time"] != "all_day":
            return None
        if rule.window is not None:
            windows = [list(map(clock, rule.window))]
            return {"execution_time": "windows", "windows": windows}
        return {"execution_time": "off_hours", "paid_time": rule.off_hours}
    if rule.reasons is not None:
        return {"buyer_reasons": sorted(words.reasons[code] for code in rule.reasons)}
    if rule.statuses is not None:
        return {"order_statuses": [STATUSES[code] for code in sorted(rule.statuses)]}
    if rule.most_amount < given["single_amount_cap"]:
        return {"single_amount_cap": max(100, rule.most_amount)}
    switches = {"skip_label_printed": rule.skip_printed, "skip_risky": rule.skip_risky}
    return {key: True for key, on in switches.items() if on and not given[key]} or None


def wider(given: Mapping[str, Any]) -> list[Wider]:
    """The conditions of a strategy that may be looser."""
    found = []
    if given["single_amount_cap"] < NO_AMOUNT_LIMIT:
        most = {"single_amount_cap": NO_AMOUNT_LIMIT}
        found.append(Wider("single_amount_cap", most, amount))
    if given["buyer_reasons"]:
        found.append(Wider("buyer_reasons", {"buyer_reasons": []}, reasons))
    if given["time_limit_hours"] is not None:
        found.append(Wider("time_limit_hours", {"time_limit_hours": None}, hours))
    if given["execution_time"] != "all_day":
        found.append(Wider("execution_time", {"execution_time": "all_day"}, None))
    if given["product_condition"] != "all":
        found.append(Wider("product_condition", {"product_condition": "all"}, goods))
    if given["scenario"] != PRE_SHIP.name and set(given["order_statuses"]) != set(BOTH):
        found.append(Wider("order_statuses", {"order_statuses": BOTH}, None))
    return found


def with_more(
    given: Mapping[str, Any], key: str, rule: Rule, words: Words
) -> dict[str, Any] | None:
    """The keys that let in what the rule found behind the loosened one; None where nothing can
    say so."""
    if key == "single_amount_cap":
        cap = rule.most_amount
        if cap <= given["single_amount_cap"]:
            return None
        return {"single_amount_cap": cap, "daily_cap": max(given["daily_cap"], cap)}
    if key == "buyer_reasons":
        more = {words.reasons[code] for code in rule.reasons or ()}
        return {"buyer_reasons": sorted(more | set(given["buyer_reasons"]))}
    if key == "time_limit_hours":
        most = rule.most_hours
        return {"time_limit_hours": most} if most and most > given["time_limit_hours"] else None
    if key == "product_condition":
        return _more_goods(given, rule.goods, words)
    if key == "execution_time":
        return {"execution_time": "all_day", "windows": []}
    return {"order_statuses": BOTH}


def _names(found: Goods, words: Words) -> tuple[str, set[str]]:
    if found.column == "category":
        return "categories", {words.categories[code] for code in found.listed}
    return "products", {words.products[code] for code in found.listed}


_OTHER = {"categories": "products", "products": "categories"}


def _fewer_goods(given: Mapping[str, Any], found: Goods, words: Words) -> dict[str, Any] | None:
    key, names = _names(found, words)
    present = set(given[key])
    if given["product_condition"] == "all":
        condition = "exclude" if found.excludes else "include"
        return {"product_condition": condition, key: sorted(names), _OTHER[key]: []}
    if given["product_condition"] == "exclude":
        return {key: sorted(present | names)} if found.excludes else None
    if given[_OTHER[key]]:
        return None
    left = present - names if found.excludes else present & names
    return {key: sorted(left)} if left and left != present else None


def _more_goods(
    given: Mapping[str, Any], found: Goods | None, words: Words
) -> dict[str, Any] | None:
    if found is None or found.excludes:
        return None
    key, names = _names(found, words)
    present = set(given[key])
    if given["product_condition"] == "include":
        return {key: sorted(present | names)} if names - present else None
    left = present - names
    if left == present:
        return None
    if not left and not given[_OTHER[key]]:
        return {"product_condition": "all", key: []}
    return {key: sorted(left)}
