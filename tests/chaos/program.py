"""A cluster, or the watch, that pays outside: python -m tests.chaos.program qcluster.

The sandbox's payments are rows of the database that dies. Here they are lines of the file in
PAYER_BOOK, which no failover takes back.
"""

import fcntl
import json
import os
import sys
import time
from pathlib import Path

import django
from django.core.management import call_command

BOOK = "PAYER_BOOK"


def pay(_sandbox: object, request: object) -> object:
    """Once per key, whoever asks."""
    from aftersale.platforms.payments import Paid

    with Path(os.environ[BOOK]).open("a+") as book:
        fcntl.flock(book, fcntl.LOCK_EX)
        if request.key not in _keys(book):
            line = [time.time(), request.key, request.ticket_no, request.amount]
            book.write(json.dumps(line) + "\n")
    return Paid()


def status(_sandbox: object, request: object) -> object:
    from aftersale.platforms.payments import NeverSeen, Paid

    with Path(os.environ[BOOK]).open("a+") as book:
        fcntl.flock(book, fcntl.LOCK_SH)
        return Paid() if request.key in _keys(book) else NeverSeen()


def _keys(book: object) -> set[str]:
    book.seek(0)
    return {json.loads(line)[1] for line in book}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from aftersale.platforms.sandbox_payments import Sandbox

    Sandbox.pay, Sandbox.status = pay, status
    call_command(sys.argv[1])
