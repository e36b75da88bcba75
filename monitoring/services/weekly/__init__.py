"""The weekly note: what changed, and what to look at (SPEC M6)."""

from .note import write
from .readers import choose, newest, reads

__all__ = ["choose", "newest", "reads", "write"]
