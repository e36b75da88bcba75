"""Monitoring's tables, one subject a file."""

from .alert import Alert, AlertKind, AlertMail, AlertSubscription
from .figures import DeskCount, DeskDay, StaleMoment

__all__ = [
    "Alert",
    "AlertKind",
    "AlertMail",
    "AlertSubscription",
    "DeskCount",
    "DeskDay",
    "StaleMoment",
]
