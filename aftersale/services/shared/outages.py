"""Errors of the database itself, not of what was asked of it: a row that met one is tried again.

`InternalError` is how a server that takes no changes refuses one.
"""

from django.db import InterfaceError, InternalError, OperationalError

OF_THE_DATABASE = (OperationalError, InterfaceError, InternalError)
