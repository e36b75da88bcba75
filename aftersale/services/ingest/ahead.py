"""The locks of a whole list before any of it is written, for a list that is one transaction with
its caller's work (docs/locking.md).

By itself a list is saved in transactions of its own, each with its locks in order. Within one
transaction the second would take its locks while the first one's are held: versions of one key,
halves of what was refused, what another process has inserted meanwhile. Here they are all taken
at once, in order, and what is written then waits for nobody.
"""

from collections.abc import Sequence

from aftersale.models import Order, Ticket
from aftersale.records.schemas import OrderRecord, TicketRecord
from aftersale.services.shared import locks


def lock_for_orders(records: Sequence[OrderRecord], *, shop_pk: int) -> None:
    numbers = {record.order_no for record in records}
    orders = Order.objects.filter(shop=shop_pk, order_no__in=numbers)
    # Nobody else inserts orders meanwhile where this list does.
    locks.lock_arrivals([shop_pk], shared=orders.count() == len(numbers))
    list(locks.lock_orders(orders.values_list("pk", flat=True)).values_list("pk"))


def lock_for_tickets(records: Sequence[TicketRecord], *, shop_pk: int) -> None:
    numbers = {record.order_no for record in records}
    orders = Order.objects.filter(shop=shop_pk, order_no__in=numbers)
    if orders.count() < len(numbers):
        locks.lock_arrivals([shop_pk], shared=False)
    stored = Ticket.objects.filter(
        shop=shop_pk, ticket_no__in={record.ticket_no for record in records}
    )
    of_stored = stored.exclude(order=None).values_list("order", flat=True)
    of_named = orders.values_list("pk", flat=True)
    list(locks.lock_orders({*of_named, *of_stored}).values_list("pk"))
    list(locks.lock_tickets(stored.values_list("pk", flat=True)).values_list("pk"))
