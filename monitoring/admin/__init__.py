"""Pages of monitoring; django-q2's own pages are registered anew, for operators only."""

from monitoring.admin import queue

__all__ = ["queue"]
