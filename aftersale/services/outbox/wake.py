"""Waking the payer up. Rows say what is due; this only makes it soon (docs/adr/0004)."""

from config.queue import PAY, wake


def wake_payer() -> None:
    """Asks for a run of the payer, once the caller's transaction has committed."""
    wake("aftersale.tasks.pay", cluster=PAY)
