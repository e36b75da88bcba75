"""The payer of the trials, put in the sandbox's place in every program that starts."""

import os
import time
from pathlib import Path

from django.apps import AppConfig

from tests.chaos.book import Book

BOOK = "PAYER_BOOK"
HANGS_SECONDS = 600


class ChaosConfig(AppConfig):
    name = "tests.chaos"

    def ready(self) -> None:
        from aftersale.platforms.sandbox_payments import Sandbox

        Sandbox.pay, Sandbox.status = pay, status


def book() -> Book:
    return Book(Path(os.environ[BOOK]))


def pay(_sandbox: object, request: object) -> object:
    """Once per key, whoever asks; hangs where it was told to, and is sent before its deadline, as
    the platforms' connectors do it."""
    from aftersale.platforms.payments import Paid

    if book().is_told_to_hang():
        time.sleep(HANGS_SECONDS)
    if request.deadline is not None:
        request.deadline.check()
    book().pay(request.key, request.ticket_no, request.amount)
    return Paid()


def status(_sandbox: object, request: object) -> object:
    from aftersale.platforms.payments import NeverSeen, Paid

    return Paid() if book().knows(request.key) else NeverSeen()
