"""Monitoring's tables, one subject a file."""

from .alert import Alert, AlertKind, AlertMail, AlertSubscription

__all__ = ["Alert", "AlertKind", "AlertMail", "AlertSubscription"]
