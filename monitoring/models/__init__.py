"""Monitoring's tables, one subject a file."""

from .alert import Alert, AlertNotice, AlertSubscription
from .alert_kind import AlertKind
from .figures import DeskCount, DeskDay, StaleMoment
from .robot import Refusal, Robot, Service
from .weekly import WeeklyNote, WeeklyReader

__all__ = [
    "Alert",
    "AlertKind",
    "AlertNotice",
    "AlertSubscription",
    "DeskCount",
    "DeskDay",
    "Refusal",
    "Robot",
    "Service",
    "StaleMoment",
    "WeeklyNote",
    "WeeklyReader",
]
