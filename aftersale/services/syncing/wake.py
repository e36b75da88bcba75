"""Waking a shop's reader up. Rows say what is due; this only makes it soon (docs/adr/0004)."""

from config.queue import PULL, wake


def wake_reader(account_pk: int) -> None:
    """Asks for a run of the reader, once the caller's transaction has committed."""
    wake("aftersale.tasks.read_platform", account_pk, cluster=PULL)
