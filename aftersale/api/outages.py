"""The 503 that people and programs get while database or disk do not work."""

import errno

import psycopg
import structlog
from django.db import Error, InterfaceError, OperationalError
from django.utils.translation import gettext as _

from aftersale.services.shared.outages import sqlstate

from .problem_codes import ProblemCode as Code

log = structlog.get_logger(__name__)
RETRY_AFTER = {"Retry-After": "10"}

_READ_ONLY, _DISK_FULL = "25006", "53100"
# The connection broke off or was not to be had, the server ends or starts, lacks connections.
_AWAY = ("08", "57P", "53")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def outage(error: BaseException | None) -> tuple[Code, str] | None:
    """The sentence for an error that no request is to blame for; None for other errors."""
    if isinstance(error, Error | psycopg.Error):
        found = _of_the_database(error)
    else:
        found = _of_a_disk(error)
    if found is not None:
        # Without the error's text, which may quote rows.
        log.error(found[0].value, error=type(error).__name__)
    return found


def _of_the_database(error: BaseException) -> tuple[Code, str] | None:
    state = sqlstate(error)
    if state == _READ_ONLY:
        return Code.READ_ONLY, _("The database takes no changes just now: try again in a while.")
    if state == _DISK_FULL:
        return Code.NO_STORAGE, _("The database's disk is full. Try again later.")
    no_connection = isinstance(error, InterfaceError | psycopg.InterfaceError) or (
        isinstance(error, OperationalError | psycopg.OperationalError) and not state
    )
    if no_connection or state.startswith(_AWAY):
        return Code.NO_DATABASE, _("No database just now: try again in a while.")
    return None


def _of_a_disk(error: BaseException | None) -> tuple[Code, str] | None:
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return Code.NO_STORAGE, _("The disk is full. Try again later.")
    return None
