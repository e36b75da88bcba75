"""The automation's pages in the admin; the desk's ticket page and workbench get theirs from
here."""

from . import shop_settings
from .decision import DecisionAdmin
from .operations import EvaluatorLaneAdmin, FastRefundRuleAdmin, HeartbeatAdmin
from .rulebook import RulebookRevisionAdmin
from .strategy import StrategyAdmin, StrategyRevisionAdmin, StrategyUsageAdmin
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
    "shop_settings",
    "why_people",
]
