"""Trial runs (SPEC M3)."""

from .begin import begin, cancel, content_after, wake_silent
from .run import run

__all__ = ["begin", "cancel", "content_after", "run", "wake_silent"]
