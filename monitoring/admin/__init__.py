"""Pages of monitoring; django-q2's own are registered anew for operators alone."""

from monitoring.admin import queue

__all__ = ["queue"]
