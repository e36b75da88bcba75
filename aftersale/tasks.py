"""The desk's background tasks: each calls one service."""

from django.utils import timezone

from aftersale.services import payer
from aftersale.services.payer_wake import wake_payer


def pay() -> None:
    """Carries out due refunds; goes on in a task of its own while more are due.

    Idempotent; may run any number of times, at once too.
    """
    if payer.run(clock=timezone.now):
        wake_payer()
