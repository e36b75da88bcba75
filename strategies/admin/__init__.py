"""The automation's pages in the admin; the desk's ticket page and workbench get theirs from
here."""

from strategies.admin.records.decision import DecisionAdmin
from strategies.admin.records.operators import (
    EvaluatorLaneAdmin,
    FastRefundRuleAdmin,
    HeartbeatAdmin,
)
from strategies.admin.records.rulebook import RulebookRevisionAdmin
from strategies.admin.records.strategy import (
    StrategyAdmin,
    StrategyRevisionAdmin,
    StrategyUsageAdmin,
)

from . import first_steps, shop_settings
from .why_people import why_people

__all__ = [
    "DecisionAdmin",
    "EvaluatorLaneAdmin",
    "FastRefundRuleAdmin",
    "HeartbeatAdmin",
    "RulebookRevisionAdmin",
    "StrategyAdmin",
    "StrategyRevisionAdmin",
    "StrategyUsageAdmin",
    "first_steps",
    "shop_settings",
    "why_people",
]
