"""What people and programs are told while database or disk do not work; it goes on by itself."""

import errno

import structlog
from django.db import Error, InterfaceError, OperationalError
from django.utils.translation import gettext as _

from .problem_codes import ProblemCode as Code

log = structlog.get_logger(__name__)
RETRY_AFTER = {"Retry-After": "10"}

_READ_ONLY, _DISK_FULL = "25006", "53100"
# The connection broke off or was not to be had, the server ends or starts, lacks connections.
_AWAY = ("08", "57P", "53")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def outage(error: BaseException | None) -> tuple[Code, str] | None:
    """The sentence for an error that no request is to blame for; None for other errors."""
    found = _of_the_database(error) if isinstance(error, Error) else _of_a_disk(error)
    if found is not None:
        # Without the error's text, which may quote rows.
        log.error(found[0].value, error=type(error).__name__)
    return found


def _of_the_database(error: Error) -> tuple[Code, str] | None:
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    if sqlstate == _READ_ONLY:
        return Code.READ_ONLY, _("The database takes no changes just now: try again in a while.")
    if sqlstate == _DISK_FULL:
        return Code.NO_STORAGE, _("The database's disk is full. Try again later.")
    no_connection = isinstance(error, InterfaceError) or (
        isinstance(error, OperationalError) and sqlstate is None
    )
    if no_connection or (sqlstate or "").startswith(_AWAY):
        return Code.NO_DATABASE, _("No database just now: try again in a while.")
    return None


def _of_a_disk(error: BaseException | None) -> tuple[Code, str] | None:
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return Code.NO_STORAGE, _("The disk is full. Try again later.")
    return None
