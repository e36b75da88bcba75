"""Old tickets in files instead of the database, with their orders and all that belongs to them
(SPEC O12)."""

from .run import archive_old, due_shops

__all__ = ["archive_old", "due_shops"]
