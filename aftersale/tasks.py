"""The desk's background tasks: each calls one service."""

from django.utils import timezone

from aftersale.services import idempotent_calls, payer, windows
from aftersale.services.payer_wake import wake_payer


def pay() -> None:
    """Carries out due refunds; goes on in a task of its own while more are due.

    Idempotent; may run any number of times, at once too.
    """
    if payer.run(clock=timezone.now):
        wake_payer()


def close_windows() -> None:
    """Writes down the end of after-sale windows that have run out (SPEC W2).

    Idempotent; a window is shut on its second whether or not this has run.
    """
    windows.close_due(now=timezone.now())


def forget_calls() -> None:
    """Deletes the answers to calls of the API that are kept no longer. Idempotent."""
    idempotent_calls.forget_old(now=timezone.now())
