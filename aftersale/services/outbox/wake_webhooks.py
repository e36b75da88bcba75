"""Waking the cluster that delivers. Rows say what is due; this only makes it soon (docs/adr/0004).

The outbox is written by the database, so nothing is lost where nobody wakes: the sweep finds it.
"""

from collections.abc import Iterable
from typing import Any

from aftersale.models import TicketEvent, WebhookEndpoint
from config.queue import TELL, wake

TASK = "aftersale.tasks.tell"


def wake_teller(shop_ids: Iterable[int]) -> None:
    """Asks for a run where one of the shops has an endpoint that is switched on, once the caller's
    transaction has committed."""
    if WebhookEndpoint.objects.filter(shop_id__in=list(shop_ids), enabled=True).exists():
        wake(TASK, cluster=TELL)


def on_ticket_event(sender: object, *, instance: TicketEvent, **_: Any) -> None:
    wake_teller([instance.ticket.shop_id])


def on_tickets_waiting(sender: object, *, shop_ids: Iterable[int], **_: Any) -> None:
    """For batches, which write their events by SQL, without a signal for each."""
    wake_teller(shop_ids)
