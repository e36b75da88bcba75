"""Waking a shop's reader up. Rows say what is due; this only makes it soon (docs/adr/0004)."""

from config.queue import PULL, wake


def wake_reader(account_pk: int) -> None:
    """Commits or rolls back with the caller's transaction."""
    wake("aftersale.tasks.read_platform", account_pk, cluster=PULL)
