"""The automation's tables, one subject a file."""

from .advice import AdviceRun
from .choices import (
    ExecutionTime,
    FastRefundRuleKind,
    Outcome,
    PaidTime,
    ProductCondition,
    Scenario,
    Source,
    Why,
)
from .decision import Decision
from .heartbeat import Heartbeat
from .past_edition import PastEdition
from .rulebook import EvaluatorLane, FastRefundRule, RulebookRevision
from .strategy import MOST_PER_SCENARIO, Strategy, StrategyRevision, StrategyUsage
from .tally import DecisionTally
from .trial import NOT_ASKED, UNDER_WAY, TrialEvaluation, TrialKind, TrialRun, TrialStatus

__all__ = [
    "MOST_PER_SCENARIO",
    "NOT_ASKED",
    "UNDER_WAY",
    "AdviceRun",
    "Decision",
    "DecisionTally",
    "EvaluatorLane",
    "ExecutionTime",
    "FastRefundRule",
    "FastRefundRuleKind",
    "Heartbeat",
    "Outcome",
    "PaidTime",
    "PastEdition",
    "ProductCondition",
    "RulebookRevision",
    "Scenario",
    "Source",
    "Strategy",
    "StrategyRevision",
    "StrategyUsage",
    "TrialEvaluation",
    "TrialKind",
    "TrialRun",
    "TrialStatus",
    "Why",
]
