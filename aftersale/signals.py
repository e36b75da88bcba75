"""What the desk tells the rest of the program. Sent inside the transaction that causes it."""

from django.dispatch import Signal

# shop_ids: the shops in which tickets now wait for the automation.
tickets_waiting = Signal()

# shop_id, user, now: something of the shop that decisions depend on has changed (hours, guards,
# pause, block list, fast-refund periods).
shop_changed = Signal()

# shop_ids: the shops in which something has happened that people are told of (SPEC M4): a circuit
# breaker opened, a refund failed, a parcel is to be stopped.
to_be_told = Signal()
