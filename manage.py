#!/usr/bin/env python
"""Django's command line; a mistake in the settings gets one sentence, not a traceback."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import OperationalError, ProgrammingError
    except ImportError:
        sys.exit("Django is not installed here: run `make install`, then .venv/bin/python.")

    try:
        settings.DEBUG  # noqa: B018  reads the settings
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    try:
        execute_from_command_line(sys.argv)
    except ProgrammingError:
        from config.database import lacks_migrations

        if not lacks_migrations():
            raise
        sys.exit("The database's tables are not up to date: run `manage.py migrate` first.")
    except OperationalError:
        from config.database import why_unreachable

        reason = why_unreachable()
        if reason is None:
            raise
        sys.exit(reason)


if __name__ == "__main__":
    main()
