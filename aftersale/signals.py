"""Signals of the desk to the other apps, sent inside the transaction that causes them."""

from django.dispatch import Signal

# shop_ids: shops in which tickets now wait for automation.
tickets_waiting = Signal()

# shop_id, user, now: a setting that decisions depend on has changed (hours, guards, pause, block
# list, fast-refund periods).
shop_changed = Signal()

# shop_id: the number of one of the shop's buyers was replaced by a stand-in (SPEC P7).
buyer_erased = Signal()

# shop_ids: shops in which an event raises an alert (SPEC M4): a circuit breaker opened, a refund
# failed, a parcel must be stopped, an API token was made.
to_be_told = Signal()

# shop_id, user_id, now: somebody handles the shop's tickets no more.
left_the_desk = Signal()

# shop, before, now: tickets older than that are about to leave the database (SPEC O12). A receiver
# keeps what it has made of them; one that answers False puts it off.
to_be_archived = Signal()
